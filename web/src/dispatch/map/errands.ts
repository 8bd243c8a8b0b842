/** What is to be done at a clinic today. */
export interface Errand {
  /** Packages to bring. */
  bring: number;
  /** Packages to fetch. */
  fetch: number;
  rush: boolean;
}

interface ToBring {
  labId: string;
  clinicId: string;
  status: string;
  priority: string;
  packageCount: number;
  deliveryDate: string;
}

interface ToFetch {
  labId: string;
  clinicId: string;
  status: string;
  isRush: boolean;
  packageCount: number;
  windowStart: string;
}

const TO_BRING = new Set(['scheduled', 'assigned', 'out_for_delivery']);
const TO_FETCH = new Set(['requested', 'scheduled']);

/**
 * What is open at each clinic, by `labId/clinicId`: all that was to be done up to the end of the day (`today` is a date, `dayEnds` its end in
 * ms). What is planned for later days is not on today's map.
 */
export function errands(
  deliveries: Iterable<ToBring>,
  pickups: Iterable<ToFetch>,
  today: string,
  dayEnds: number,
): Map<string, Errand> {
  const found = new Map<string, Errand>();
  const at = (labId: string, clinicId: string): Errand => {
    const key = `${labId}/${clinicId}`;
    const known = found.get(key);
    if (known) return known;
    const made = { bring: 0, fetch: 0, rush: false };
    found.set(key, made);
    return made;
  };
  for (const delivery of deliveries) {
    if (!TO_BRING.has(delivery.status) || delivery.deliveryDate > today) continue;
    const errand = at(delivery.labId, delivery.clinicId);
    errand.bring += delivery.packageCount;
    errand.rush ||= delivery.priority === 'RUSH';
  }
  for (const pickup of pickups) {
    if (!TO_FETCH.has(pickup.status) || Date.parse(pickup.windowStart) >= dayEnds) continue;
    const errand = at(pickup.labId, pickup.clinicId);
    errand.fetch += pickup.packageCount;
    errand.rush ||= pickup.isRush;
  }
  return found;
}
