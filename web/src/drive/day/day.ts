/** What `GET /v1/drive` answers: all that a driver's phone needs for the day. */

export interface Place {
  lat: number;
  lng: number;
}

export type StopStatus = 'planned' | 'arrived' | 'done' | 'partly_done' | 'failed' | 'skipped';
export type RouteStatus = 'planned' | 'started' | 'finished' | 'cancelled';

export interface DriveCase {
  caseId: string;
  status: string;
  priority?: string;
  fragile?: boolean;
  /** Kilograms. */
  weight?: number;
}

export interface DriveDelivery {
  deliveryId: string;
  status: string;
  priority?: string;
  requiresSignature?: boolean;
  fragile?: boolean;
  cases: DriveCase[];
  /** Cases that were not handed over: they are in the van, and on a later delivery. */
  handedOn?: string[];
}

export interface DrivePickup {
  id: string;
  pickupId?: string;
  status: string;
  packageCount: number;
  isRush?: boolean;
}

/** What a clinic said of this visit. */
export interface Answer {
  kind: 'closed_until' | 'lock_box' | 'more_to_fetch';
  until?: string | null;
  count?: number | null;
  at?: string;
}

export interface Undone {
  id: string;
  reason: string;
}

export interface DriveStop {
  id: string;
  sequence: number;
  status: StopStatus;
  version?: number;
  clinicId: string;
  clinicName: string;
  address?: string | null;
  location?: Place | null;
  phone?: string | null;
  accessNote?: string | null;
  lockBox?: boolean;
  receivers?: string[];
  windowStart?: string | null;
  windowEnd?: string | null;
  eta?: string | null;
  arrivedAt?: string | null;
  closedAt?: string | null;
  reason?: string | null;
  answers?: Answer[];
  requires?: { signature?: boolean; photo?: boolean; name?: boolean };
  deliveries: DriveDelivery[];
  pickups: DrivePickup[];
  undone?: Undone[];
}

export interface DriveRoute {
  routeId: string;
  date: string;
  status: RouteStatus;
  startedAt?: string | null;
  stops: DriveStop[];
}

export interface Day {
  driver: { driverId: string; labId: string; name: string; presence?: Presence };
  lab: { name: string; timeZone?: string; phone?: string | null; location?: Place | null };
  serverTime: string;
  routes: DriveRoute[];
  reasons: string[];
}

export type Presence = 'on_duty' | 'break' | 'off_duty';

/** Whose phone this is: taps and positions of another driver are not sent in this one's name. */
export function driverKey(day: Day): string {
  return `${day.driver.labId}/${day.driver.driverId}`;
}

/** Whether something is left to do at a stop. */
export function isOpen(stop: DriveStop): boolean {
  return stop.status === 'planned' || stop.status === 'arrived';
}

const CLOSED_DELIVERY = new Set(['delivered', 'cancelled']);
const CLOSED_PICKUP = new Set(['picked_up', 'at_lab', 'cancelled']);

/** The cases that are still to be handed over at a stop. */
export function casesToBring(stop: DriveStop): DriveCase[] {
  return stop.deliveries
    .filter((delivery) => !CLOSED_DELIVERY.has(delivery.status))
    .flatMap((delivery) => delivery.cases)
    .filter((one) => one.status !== 'delivered' && one.status !== 'cancelled');
}

/** The pickups that are still to be fetched at a stop. */
export function pickupsToFetch(stop: DriveStop): DrivePickup[] {
  return stop.pickups.filter((pickup) => !CLOSED_PICKUP.has(pickup.status));
}

/** How many packages are to be fetched: a pickup whose count nobody told is one. */
export function packagesToFetch(stop: DriveStop): number {
  return pickupsToFetch(stop).reduce((sum, pickup) => sum + Math.max(1, pickup.packageCount), 0);
}

export function isRush(stop: DriveStop): boolean {
  return (
    pickupsToFetch(stop).some((pickup) => pickup.isRush) ||
    stop.deliveries.some((one) => !CLOSED_DELIVERY.has(one.status) && isRushWord(one.priority)) ||
    casesToBring(stop).some((one) => isRushWord(one.priority))
  );
}

function isRushWord(priority: string | undefined): boolean {
  return priority?.toLowerCase() === 'rush';
}

export function isFragile(stop: DriveStop): boolean {
  return (
    stop.deliveries.some((one) => !CLOSED_DELIVERY.has(one.status) && one.fragile) ||
    casesToBring(stop).some((one) => one.fragile)
  );
}

/** What must be shown for a stop before it is done. */
export interface Needs {
  signature: boolean;
  photo: boolean;
  name: boolean;
}

/** Nothing is asked for where nothing is handed over. */
export function needsOf(stop: DriveStop): Needs {
  if (casesToBring(stop).length === 0) return { signature: false, photo: false, name: false };
  const signed = stop.deliveries.some(
    (one) => !CLOSED_DELIVERY.has(one.status) && one.requiresSignature === true,
  );
  return {
    signature: stop.requires?.signature === true || signed,
    photo: stop.requires?.photo === true,
    name: stop.requires?.name === true,
  };
}

/** The route that is driven: the one under way, else the first that waits to be started. */
export function currentRoute(day: Day): DriveRoute | undefined {
  return (
    day.routes.find((route) => route.status === 'started') ??
    day.routes.find((route) => route.status === 'planned')
  );
}

/** The open stops in their order. */
export function openStops(route: DriveRoute): DriveStop[] {
  return inOrder(route).filter(isOpen);
}

export function inOrder(route: DriveRoute): DriveStop[] {
  return route.stops.toSorted((a, b) => a.sequence - b.sequence);
}
