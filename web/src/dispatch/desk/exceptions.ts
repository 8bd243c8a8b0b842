import type { DriverNow, RouteNow, StopNow } from './now';
import { keyOf, type Alert } from './records';
import { isOpen } from './lateness';

const MINUTE = 60_000;
/** A van that stands at a clinic for longer than this wants an eye. */
export const LONG_STOP_MS = 20 * MINUTE;

/** How much it hurries: 0 now, 1 soon, 2 when there is time. */
export type Weight = 0 | 1 | 2;

/** What can be done about an exception in one step. */
export type ActionKind =
  'call' | 'move' | 'handOver' | 'assign' | 'showStop' | 'showDriver' | 'clinic' | 'delivery' | 'messages';

/** One card of the queue: what, since when, and what to do. */
export interface Exception {
  /** The same for as long as it is the same trouble. */
  key: string;
  /** The alert's code, or `late`, `window_over`, `crossed`, `long_stop`, `route_unfinished` for what the desk sees itself. */
  code: string;
  weight: Weight;
  /** ms since 1970. */
  since: number;
  labId: string;
  /** The alerts behind it, to be closed with it; none for what the desk sees itself. */
  alerts: Alert[];
  driverKey?: string;
  stopKey?: string;
  clinicKey?: string;
  deliveryId?: string;
  pickupId?: string;
  action: ActionKind;
}

/** What exceptions are found in. */
export interface Findings {
  alerts: readonly Alert[];
  routes: readonly RouteNow[];
  drivers: ReadonlyMap<string, DriverNow>;
  stops: ReadonlyMap<string, StopNow>;
  /** Whether that delivery or pickup is on no route yet. */
  isFree: (key: string) => boolean;
  today: (labId: string) => string;
  shows: (labId: string) => boolean;
  /** Since when the desk knows of what it sees itself, by key. */
  knownSince: ReadonlyMap<string, number>;
  now: number;
}

/** By code of an alert: how much it hurries, and what fits. */
const CODES: Record<string, [Weight, ActionKind]> = {
  rush_case: [0, 'assign'],
  rush_pickup: [0, 'assign'],
  driver_silent: [0, 'call'],
  clinic_answered: [0, 'showStop'],
  stop_failed: [1, 'showStop'],
  stop_partly_done: [1, 'showStop'],
  stop_skipped: [1, 'showStop'],
  left_in_van: [1, 'showDriver'],
  delivery_cancelled_with_cases: [1, 'delivery'],
  notice_failed: [1, 'clinic'],
  clinic_closed: [1, 'clinic'],
  quarantined: [1, 'messages'],
  dead_letters: [1, 'messages'],
  subscription_paused: [1, 'messages'],
  endpoint_silent: [1, 'messages'],
  source_silent: [1, 'messages'],
  clinic_silent: [2, 'clinic'],
  unknown_clinic: [2, 'clinic'],
  unknown_driver: [2, 'showDriver'],
  unknown_lab: [2, 'messages'],
};

/** Alerts of these codes are one card a lab: fifty refused messages are one trouble. */
const GROUPED = new Set(['quarantined', 'dead_letters']);

/** Whether all alerts of that code are one card. */
export function isGrouped(code: string): boolean {
  return GROUPED.has(code);
}

/** Reasons of a stop that was left out from this desk: whoever did it knows. */
const OWN_DOING = new Set(['removed', 'moved', 'route_cancelled']);

/** The queue: what hurries first, and of the same hurry the oldest. */
export function exceptions(found: Findings): Exception[] {
  const all = new Map<string, Exception>();
  for (const alert of found.alerts) {
    if (!found.shows(alert.labId) || isSnoozed(alert, found.now) || isOver(alert, found)) continue;
    const made = ofAlert(alert, found);
    const known = all.get(made.key);
    if (known) {
      known.alerts.push(alert);
      known.since = Math.min(known.since, made.since);
    } else all.set(made.key, made);
  }
  for (const route of found.routes) {
    if (!found.shows(route.labId)) continue;
    for (const made of ofRoute(route, found)) all.set(made.key, made);
  }
  return [...all.values()].sort((a, b) => a.weight - b.weight || a.since - b.since);
}

/** Whether somebody has put it off, and that is not over yet. */
function isSnoozed(alert: Alert, now: number): boolean {
  return alert.snoozedUntil !== undefined && Date.parse(alert.snoozedUntil) > now;
}

/** Whether what an alert tells has passed by itself. */
function isOver(alert: Alert, found: Findings): boolean {
  if (alert.code === 'driver_silent') {
    const driver = found.drivers.get(keyOf(alert.labId, text(alert['driverId'])));
    return driver !== undefined && driver.silent === undefined;
  }
  if (alert.code === 'rush_case' || alert.code === 'rush_pickup') {
    const id = text(alert[alert.code === 'rush_case' ? 'deliveryId' : 'id']);
    const stop = stopWith(alert.labId, id, found);
    return stop !== undefined && !isOpen(stop);
  }
  if (alert.code === 'clinic_answered') {
    const stop = found.stops.get(keyOf(alert.labId, text(alert['stopId'])));
    return stop !== undefined && !isOpen(stop);
  }
  return alert.code === 'stop_skipped' && OWN_DOING.has(text(alert['reason']));
}

function ofAlert(alert: Alert, found: Findings): Exception {
  const { code, labId } = alert;
  const of = (field: string) =>
    typeof alert[field] === 'string' ? keyOf(labId, text(alert[field])) : undefined;
  const [weight, action] = CODES[code] ?? [1, 'messages'];
  const made: Exception = {
    key: isGrouped(code) ? `${code}/${labId}` : `${code}/${alert.number}`,
    code,
    weight,
    since: Date.parse(alert.at),
    labId,
    alerts: [alert],
    action,
  };
  if (code === 'driver_silent') {
    // One card a driver, however often he fell silent; since when he was last heard.
    made.key = `${code}/${of('driverId') ?? alert.number}`;
    made.since = Date.parse(text(alert['lastSeen']) || alert.at);
  }
  const stopKey = of('stopId');
  const stop = stopKey === undefined ? undefined : found.stops.get(stopKey);
  const driverKey =
    of('driverId') ?? (stop?.driverId === undefined ? undefined : keyOf(labId, stop.driverId));
  const clinicKey = of('clinicId');
  if (stopKey !== undefined) made.stopKey = stopKey;
  if (driverKey !== undefined) made.driverKey = driverKey;
  if (clinicKey !== undefined) made.clinicKey = clinicKey;
  if (typeof alert['deliveryId'] === 'string') made.deliveryId = alert['deliveryId'];
  if (code === 'rush_pickup') made.pickupId = text(alert['id']);
  if (code.startsWith('rush_')) rush(made, found);
  if (code === 'driver_silent') quiet(made, found);
  return made;
}

/** Of a driver who has nothing left to do it hurries little that he is silent. */
function quiet(made: Exception, found: Findings): void {
  const isHis = (route: RouteNow) => keyOf(route.labId, route.driverId) === made.driverKey;
  for (const route of found.routes) if (isHis(route) && route.stops.some(isOpen)) return;
  made.weight = 2;
  made.action = 'showDriver';
}

/** A RUSH that is on a route already hurries no more than its stop does. */
function rush(made: Exception, found: Findings): void {
  const id = made.pickupId ?? made.deliveryId;
  if (id === undefined || found.isFree(keyOf(made.labId, id))) return;
  made.weight = 2;
  const stop = stopWith(made.labId, id, found);
  if (stop) {
    made.stopKey = stop.key;
    made.action = 'showStop';
  } else made.action = made.deliveryId === undefined ? 'clinic' : 'delivery';
}

/** The stop that brings or fetches it; one that was left out does not. */
function stopWith(labId: string, id: string, found: Findings): StopNow | undefined {
  for (const stop of found.stops.values()) {
    const holds = stop.deliveryIds.includes(id) || stop.pickupIds.includes(id);
    if (stop.labId === labId && holds && stop.status !== 'skipped') return stop;
  }
  return undefined;
}

function* ofRoute(route: RouteNow, found: Findings): Generator<Exception> {
  const driverKey = keyOf(route.labId, route.driverId);
  const base = { labId: route.labId, alerts: [], driverKey };
  const isRunning = route.status === 'planned' || route.status === 'started';
  if (!isRunning) return;
  if (route.date < found.today(route.labId)) {
    const since = Date.parse(route.startedAt ?? `${route.date}T12:00:00Z`);
    const key = `route_unfinished/${route.key}`;
    yield { ...base, key, code: 'route_unfinished', weight: 1, since, action: 'showDriver' };
    return;
  }
  if (route.date > found.today(route.labId)) return;
  const lastServed = route.stops.findLastIndex((stop) => !isOpen(stop));
  for (const [index, stop] of route.stops.entries()) {
    const about = {
      ...base,
      stopKey: stop.key,
      clinicKey: keyOf(stop.labId, stop.clinicId),
    };
    if (stop.status === 'planned' && stop.late) {
      const key = `late/${stop.key}`;
      // Without a prediction it is the clock that says so: since the end of the window.
      const code = stop.eta === undefined ? 'window_over' : 'late';
      const since = found.knownSince.get(key) ?? found.now;
      yield { ...about, key, code, weight: 0, since, action: 'move' };
    }
    const crossed = stop.sightings?.findLast((sight) => sight.what === 'crossed');
    if (stop.status === 'planned' && crossed && index < lastServed + 2) {
      const since = Date.parse(crossed.at);
      yield { ...about, key: `crossed/${stop.key}`, code: 'crossed', weight: 1, since, action: 'showStop' };
    }
    const came = stop.arrivedAt === undefined ? NaN : Date.parse(stop.arrivedAt);
    if (stop.status === 'arrived' && stop.departedAt === undefined && found.now - came > LONG_STOP_MS)
      yield {
        ...about,
        key: `long_stop/${stop.key}`,
        code: 'long_stop',
        weight: 1,
        since: came,
        action: 'call',
      };
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
