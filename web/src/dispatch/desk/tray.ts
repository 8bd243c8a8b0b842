import { keyOf, type FreeDelivery, type FreePickup } from './records';

/** What waits at one clinic for a driver: it is one stop, so it is one entry. */
export interface Waiting {
  key: string;
  labId: string;
  clinicId: string;
  deliveries: FreeDelivery[];
  pickups: FreePickup[];
  isRush: boolean;
  /** Promised for a day before today. */
  isOverdue: boolean;
  packages: number;
  /** The end of the first window, in ms; none: any time today. */
  due: number | undefined;
}

/** What is on no route, clinic by clinic: RUSH first, then what is overdue, then by the end of its window. */
export function waiting(
  deliveries: Iterable<FreeDelivery>,
  pickups: Iterable<FreePickup>,
  today: (labId: string) => string,
): Waiting[] {
  const all = new Map<string, Waiting>();
  const at = (labId: string, clinicId: string): Waiting => {
    const key = keyOf(labId, clinicId);
    let found = all.get(key);
    if (!found) {
      found = {
        key,
        labId,
        clinicId,
        deliveries: [],
        pickups: [],
        isRush: false,
        isOverdue: false,
        packages: 0,
        due: undefined,
      };
      all.set(key, found);
    }
    return found;
  };
  for (const delivery of deliveries) {
    const one = at(delivery.labId, delivery.clinicId);
    one.deliveries.push(delivery);
    one.isRush ||= delivery.priority === 'RUSH';
    one.isOverdue ||= delivery.deliveryDate < today(delivery.labId);
    one.packages += delivery.packageCount;
  }
  for (const pickup of pickups) {
    const one = at(pickup.labId, pickup.clinicId);
    const end = Date.parse(pickup.windowEnd);
    one.pickups.push(pickup);
    one.isRush ||= pickup.isRush;
    one.packages += pickup.packageCount;
    one.due = one.due === undefined ? end : Math.min(one.due, end);
  }
  const rank = (one: Waiting) => (one.isRush ? 0 : one.isOverdue ? 1 : 2);
  return [...all.values()].sort(
    (a, b) => rank(a) - rank(b) || (a.due ?? Infinity) - (b.due ?? Infinity) || a.key.localeCompare(b.key),
  );
}

/** Where a visit of a clinic costs least on one route. */
export interface Fit {
  routeId: string;
  driverId: string;
  position: number;
  /** `null`: nothing is known of the route's times. */
  addedMinutes: number | null;
  becomesLate: string[];
  /** Whether the visit itself would be late. */
  late?: boolean;
  eta?: string | null;
}

interface Planned {
  id: string;
  clinicId: string;
  status: string;
}

/** The change of a route that takes on what waits: a new stop at its place, or more work for the stop that is there anyway. */
export function takeOn(
  one: Waiting,
  stops: readonly Planned[],
  position: number,
  newId: string,
): { addStops: object[]; order?: string[] } {
  const work = {
    clinicId: one.clinicId,
    deliveryIds: one.deliveries.map((delivery) => delivery.deliveryId),
    pickupIds: one.pickups.map((pickup) => pickup.id),
  };
  const open = stops.filter((stop) => stop.status === 'planned' || stop.status === 'arrived');
  if (open.some((stop) => stop.clinicId === one.clinicId)) return { addStops: [work] };
  const order = open.map((stop) => stop.id);
  order.splice(Math.max(0, position - 1), 0, newId);
  return { addStops: [{ id: newId, ...work }], order };
}
