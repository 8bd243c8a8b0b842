import type { Delivery, Pickup, Route, Stop } from '../records';

/** What waits at one clinic and is on no route. */
export interface Work {
  labId: string;
  clinicId: string;
  deliveries: Delivery[];
  pickups: Pickup[];
  isRush: boolean;
  /** Packages to bring, and to fetch. */
  bring: number;
  fetch: number;
  /** Until when somebody waits for it, if a pickup says so. */
  until: string | undefined;
}

/** After every time that is promised. */
const NEVER = '9999';

/** Records by their ids. */
export function byId<T>(records: readonly T[], idOf: (record: T) => string): ReadonlyMap<string, T> {
  return new Map(records.map((record) => [idOf(record), record]));
}

/** Deliveries and pickups by clinic: RUSH first, then what is promised earliest. */
export function byClinic(deliveries: readonly Delivery[], pickups: readonly Pickup[]): Work[] {
  const found = new Map<string, Work>();
  const at = (labId: string, clinicId: string): Work => {
    const key = `${labId}/${clinicId}`;
    const known = found.get(key);
    if (known) return known;
    const made: Work = {
      labId,
      clinicId,
      deliveries: [],
      pickups: [],
      isRush: false,
      bring: 0,
      fetch: 0,
      until: undefined,
    };
    found.set(key, made);
    return made;
  };
  for (const delivery of deliveries) {
    const work = at(delivery.labId, delivery.clinicId);
    work.deliveries.push(delivery);
    work.bring += delivery.packageCount;
    work.isRush ||= delivery.priority === 'RUSH';
  }
  for (const pickup of pickups) {
    const work = at(pickup.labId, pickup.clinicId);
    work.pickups.push(pickup);
    work.fetch += pickup.packageCount;
    work.isRush ||= pickup.isRush;
    if (work.until === undefined || pickup.windowEnd < work.until) work.until = pickup.windowEnd;
  }
  return [...found.values()].sort(
    (a, b) => Number(b.isRush) - Number(a.isRush) || (a.until ?? NEVER).localeCompare(b.until ?? NEVER),
  );
}

/** What is brought to a stop and fetched there, in packages. */
export interface Load {
  bring: number;
  fetch: number;
}

export type LoadOf = (stop: Stop) => Load;

const isOpen = (stop: Stop) => stop.status === 'planned' || stop.status === 'arrived';

/** The most packages that are in the van at a time: what is brought is loaded at the start, what is fetched comes on the way. */
export function peak(stops: readonly Stop[], loadOf: LoadOf): number {
  const open = stops.filter(isOpen).map(loadOf);
  // What was fetched at stops that are done stays in the van.
  const fetched = stops.filter((stop) => !isOpen(stop) && stop.status !== 'skipped').map(loadOf);
  let inVan = sum(open.map((load) => load.bring)) + sum(fetched.map((load) => load.fetch));
  let most = inVan;
  for (const load of open) {
    inVan += load.fetch - load.bring;
    most = Math.max(most, inVan);
  }
  return most;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** The open stops of a route by id, with one of them (or a new one) put at a place. */
export function ordered(stops: readonly Stop[], moved: string, place: number): string[] {
  const others = stops.filter((stop) => isOpen(stop) && stop.id !== moved).map((stop) => stop.id);
  const at = Math.max(0, Math.min(others.length, place));
  return [...others.slice(0, at), moved, ...others.slice(at)];
}

/** The stop that a route already has at a clinic: work for it joins there. */
export function stopAt(route: Route, clinicId: string): Stop | undefined {
  return route.stops.find((stop) => stop.clinicId === clinicId && isOpen(stop));
}

/** Where among the stops something is dropped: before the first whose middle is below. */
export function dropPlace(y: number, middles: readonly number[]): number {
  const below = middles.findIndex((middle) => y < middle);
  return below === -1 ? middles.length : below;
}
