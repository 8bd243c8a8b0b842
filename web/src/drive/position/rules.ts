/** When a position is kept, and what nearness means. Pure. */
import type { Place } from '../day/day';

export interface Fix {
  coordinates: Place;
  /** By the server's clock, milliseconds since 1970. */
  at: number;
  /** Metres per second. */
  speed: number | null;
  /** Degrees clockwise from north. */
  heading: number | null;
  /** Metres. */
  accuracy: number | null;
}

const EARTH_M = 6_371_008.8;
const USUAL_MS = 30_000;
const NEAR_MS = 10_000;
const USUAL_M = 50;
const NEAR_STOP_M = 1_000;
/** The fence of a clinic, if it has no own one. */
export const FENCE_M = 100;
/** Over this nobody types: m/s. */
export const TYPING_SPEED = 5;
/** A position that is so much worse than a fence says nothing of being within it. */
const VAGUE_M = 150;

export function distanceM(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const dLat = (b.lat - a.lat) * rad;
  const dLng = (b.lng - a.lng) * rad;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLng / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Whether a fix is worth sending after `last`: every 30 s or 50 m, every 10 s within a kilometre of the next stop. */
export function isDue(fix: Fix, last: Fix | undefined, nextStop: Place | undefined): boolean {
  if (!last) return true;
  const waited = fix.at - last.at;
  if (waited <= 0) return false;
  const isNear = nextStop !== undefined && distanceM(fix.coordinates, nextStop) < NEAR_STOP_M;
  // Timers of phones are late by a little: half a second early is on time.
  if (waited >= (isNear ? NEAR_MS : USUAL_MS) - 500) return true;
  // A parked phone's position wanders within its accuracy.
  return distanceM(fix.coordinates, last.coordinates) >= Math.max(USUAL_M, fix.accuracy ?? 0);
}

/** Whether a fix lies within a stop's fence. */
export function isWithin(fix: Fix | undefined, place: Place | null | undefined, radiusM = FENCE_M): boolean {
  if (!fix || !place || (fix.accuracy ?? 0) > VAGUE_M) return false;
  return distanceM(fix.coordinates, place) <= radiusM;
}

/** Whether the phone moves too fast for typing; an old fix says nothing. */
export function isMoving(fix: Fix | undefined, now: number): boolean {
  return fix !== undefined && (fix.speed ?? 0) > TYPING_SPEED && now - fix.at < 20_000;
}
