import type { LiveMessage } from '../../api/live.svelte';
import type { Alert, Place, Presence, Route, Stop } from './records';
import { prospect } from './lateness';

/** How long a driver's tail is where there is room for it. */
const TAIL_MS = 10 * 60_000;
const MOST_TAIL = 240;
/** So many have whole tails. With more of them tails are shorter: together no longer than these, which fills a map already. */
const WHOLE_TAILS = 50;

/** How long a tail is among so many drivers, in milliseconds. */
export function tailMs(drivers: number): number {
  return TAIL_MS * Math.min(1, WHOLE_TAILS / Math.max(1, drivers));
}

export interface NextStop {
  id: string;
  clinicId: string;
  clinicName: string;
  eta?: string | null;
  /** Kilometres. */
  distance?: number | null;
}

/** A driver as he is now. */
export interface DriverNow {
  key: string;
  labId: string;
  driverId: string;
  name: string;
  phone?: string;
  shift?: { from: string; to: string };
  capacity?: number;
  presence?: Presence;
  /** False for a stub that an event made. */
  verified?: boolean;
  /** Of the record; absent: nothing but a position is known yet. */
  version?: number;
  coordinates?: Place;
  /** When he was there, in ms. */
  timestamp?: number;
  /** km/h. */
  speed?: number | null;
  /** Degrees from north. */
  heading?: number | null;
  /** Metres. */
  accuracy?: number | null;
  /** Per cent. */
  battery?: number | null;
  routeId?: string | null;
  nextStop?: NextStop | null;
  silent?: { lastSeen: string; likelyCause: string };
  /** The last ten minutes, oldest first. */
  tail: { lng: number; lat: number; at: number }[];
}

export interface StopNow extends Stop {
  key: string;
  /** When the driver is expected, in ms. */
  eta?: number;
  etaSource?: string;
  /** Kilometres. */
  distance?: number;
  /** When he came, else when he is expected, in ms. */
  at?: number;
  late: boolean;
  atRisk: boolean;
}

export interface RouteNow extends Route {
  key: string;
  stops: StopNow[];
}

/** What is predicted of a stop. */
export interface Prediction {
  eta: number;
  source?: string;
  distance?: number;
  routeId: string;
  driverId: string;
}

/** A stop with what is predicted of it, at `now`. */
export function judge(stop: StopNow, now: number): void {
  const { at, late, atRisk } = prospect(stop, stop.eta, now);
  if (at === undefined) delete stop.at;
  else stop.at = at;
  stop.late = late;
  stop.atRisk = atRisk;
}

/** Puts a prediction on a stop. */
export function predict(stop: StopNow, prediction: Prediction | undefined, now: number): void {
  if (prediction) {
    stop.eta = prediction.eta;
    if (prediction.source !== undefined) stop.etaSource = prediction.source;
    if (prediction.distance !== undefined) stop.distance = prediction.distance;
  }
  judge(stop, now);
}

/** The tail with one more place; what is older than `ms` falls off. */
export function trail(tail: DriverNow['tail'], place: Place, at: number, ms: number): void {
  const last = tail.at(-1);
  if (last && last.at >= at) return;
  tail.push({ lng: place.lng, lat: place.lat, at });
  let old = Math.max(0, tail.length - MOST_TAIL);
  while (old < tail.length - 1 && (tail[old]?.at ?? 0) < at - ms) old += 1;
  if (old > 0) tail.splice(0, old);
}

/** What a DRIVER_LOCATION_UPDATE, or a driver of the snapshot, says of where he is among so many. An older one changes nothing. */
export function locate(driver: DriverNow, message: Record<string, unknown>, drivers: number): boolean {
  const at = typeof message['timestamp'] === 'string' ? Date.parse(message['timestamp']) : NaN;
  const place = message['coordinates'] as Place | undefined;
  if (Number.isNaN(at) || !place || (driver.timestamp ?? 0) > at) return false;
  driver.coordinates = place;
  driver.timestamp = at;
  driver.speed = numberOf(message['speed']);
  driver.heading = numberOf(message['heading']);
  driver.accuracy = numberOf(message['accuracy']);
  driver.battery = numberOf(message['battery']) ?? driver.battery ?? null;
  driver.routeId = typeof message['routeId'] === 'string' ? message['routeId'] : null;
  driver.nextStop = (message['nextStop'] as NextStop | null | undefined) ?? null;
  if (driver.silent && Date.parse(driver.silent.lastSeen) < at) delete driver.silent;
  trail(driver.tail, place, at, tailMs(drivers));
  return true;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

interface ToldEta {
  id: string;
  eta: string;
  etaSource?: string;
  distance?: number;
}

/** The predictions in a DRIVER_LOCATION_UPDATE or ETA_UPDATE, by stop id. */
export function predictions(message: Record<string, unknown>): [string, Prediction][] {
  const told = (message['updatedStops'] ?? message['stops'] ?? []) as ToldEta[];
  const routeId = String(message['routeId'] ?? '');
  const driverId = String(message['driverId'] ?? '');
  return told.map(({ id, eta, etaSource, distance }) => [
    id,
    {
      eta: Date.parse(eta),
      routeId,
      driverId,
      ...(etaSource === undefined ? {} : { source: etaSource }),
      ...(distance === undefined ? {} : { distance }),
    },
  ]);
}

/** Who is silent by an alert that nobody closed: unless something was heard since. */
export function hush(driver: DriverNow, alert: Alert | LiveMessage): void {
  const lastSeen = typeof alert['lastSeen'] === 'string' ? alert['lastSeen'] : undefined;
  if (lastSeen === undefined || (driver.timestamp ?? 0) > Date.parse(lastSeen) + 1_000) return;
  driver.silent = { lastSeen, likelyCause: String(alert['likelyCause'] ?? 'unknown') };
}
