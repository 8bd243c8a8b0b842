import type { Completion, Deed, Tap } from '../queue/tap';
import type { Day, DriveRoute, DriveStop, Presence, StopStatus } from './day';
import { casesToBring, isOpen, pickupsToFetch } from './day';

/**
 * What the driver sees: the server's answer, and upon it what was tapped and is on its way. A refused tap is not shown as done: the
 * server knows better.
 */
export function shown(day: Day, taps: readonly Tap[]): Day {
  return taps
    .filter((tap) => tap.state !== 'refused')
    .toSorted((a, b) => a.seq - b.seq)
    .reduce(after, day);
}

function after(day: Day, tap: Tap): Day {
  const { deed, at } = tap;
  switch (deed.kind) {
    case 'start':
      return route(day, deed.routeId, (one) =>
        one.status === 'planned' ? { ...one, status: 'started', startedAt: at } : one,
      );
    case 'finish':
      return route(day, deed.routeId, (one) =>
        one.status === 'started' ? { ...one, status: 'finished' } : one,
      );
    case 'presence':
      return { ...day, driver: { ...day.driver, presence: deed.presence } };
    case 'proof':
      return day;
    default:
      return stop(day, deed.stopId, (one) => (isOpen(one) ? acted(one, deed, at) : one));
  }
}

function acted(stop: DriveStop, deed: Extract<Deed, { stopId: string }>, at: string): DriveStop {
  switch (deed.kind) {
    case 'arrive':
      return stop.status === 'planned' ? { ...stop, status: 'arrived', arrivedAt: at } : stop;
    case 'complete':
      return completed(stop, deed.completion, at);
    case 'fail':
      return { ...stop, status: 'failed', closedAt: at, reason: deed.reason };
    case 'skip':
      return { ...stop, status: 'skipped', closedAt: at, reason: deed.reason };
    case 'proof':
      return stop;
  }
}

function completed(stop: DriveStop, done: Completion, at: string): DriveStop {
  const undone = [...done.undoneCases, ...done.undonePickups];
  const isUndone = (id: string) => undone.some((one) => one.id === id);
  const all = casesToBring(stop).length + pickupsToFetch(stop).length;
  return {
    ...stop,
    status: statusOf(all, undone.length),
    arrivedAt: stop.arrivedAt ?? at,
    closedAt: at,
    undone,
    deliveries: stop.deliveries.map((delivery) => ({
      ...delivery,
      cases: delivery.cases.map((one) =>
        isUndone(one.caseId) || one.status === 'cancelled' ? one : { ...one, status: 'delivered' },
      ),
    })),
    pickups: stop.pickups.map((pickup) => ({
      ...pickup,
      status: isUndone(pickup.id) ? 'missed' : pickup.status === 'cancelled' ? 'cancelled' : 'picked_up',
    })),
  };
}

function statusOf(all: number, undone: number): StopStatus {
  if (undone === 0) return 'done';
  return undone >= all ? 'failed' : 'partly_done';
}

function route(day: Day, id: string, change: (route: DriveRoute) => DriveRoute): Day {
  return { ...day, routes: day.routes.map((one) => (one.routeId === id ? change(one) : one)) };
}

function stop(day: Day, id: string, change: (stop: DriveStop) => DriveStop): Day {
  const stops = (one: DriveRoute): DriveRoute => ({
    ...one,
    stops: one.stops.map((stop) => (stop.id === id ? change(stop) : stop)),
  });
  return { ...day, routes: day.routes.map(stops) };
}

/** What a driver is at: as said, else on duty where a route is under way. */
export function presenceOf(day: Day): Presence {
  return day.driver.presence ?? (day.routes.some((one) => one.status === 'started') ? 'on_duty' : 'off_duty');
}

/** A case that was not handed over. */
export interface Left {
  id: string;
  clinicName: string;
  /** What was said at the stop, if anything was. */
  reason: string | null;
}

/** What is still in the van: cases of this route that nobody got, also those that are on a later delivery by now. */
export function stillInVan(route: DriveRoute): Left[] {
  const all = route.stops.flatMap((stop) => {
    const reasons = new Map(stop.undone?.map((one) => [one.id, one.reason]));
    const ids = [
      ...casesToBring(stop).map((one) => one.caseId),
      ...stop.deliveries.flatMap((delivery) => delivery.handedOn ?? []),
    ];
    const said = (id: string) => reasons.get(id) ?? stop.reason ?? null;
    return ids.map((id) => ({ id, clinicName: stop.clinicName, reason: said(id) }));
  });
  const got = new Set(
    route.stops
      .flatMap((stop) => stop.deliveries)
      .flatMap((delivery) => delivery.cases)
      .filter((one) => one.status === 'delivered')
      .map((one) => one.caseId),
  );
  const once = new Map(all.map((one) => [one.id, one]));
  return [...once.values()].filter((one) => !got.has(one.id));
}
