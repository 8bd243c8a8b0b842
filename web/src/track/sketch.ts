import type { Place } from './state';

/** Sides of the sketch, in its own units. */
export const WIDTH = 320;
export const HEIGHT = 160;
/** Room around what is drawn, for marks and their names. */
const MARGIN = 34;

const EARTH_RADIUS_M = 6_371_000;
const RINGS_M = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000];

/** A point of the sketch. */
export interface Point {
  x: number;
  y: number;
}

/** What is drawn: north is up, nothing but the two and how far they are apart. */
export interface Sketch {
  clinic: Point;
  driver: Point;
  /** A circle around the clinic, with its radius in units of the sketch and in metres. */
  ring: { radius: number; metres: number };
}

/** Great-circle distance. */
export function metresBetween(one: Place, other: Place): number {
  const radians = Math.PI / 180;
  const lat = (other.lat - one.lat) * radians;
  const lng = (other.lng - one.lng) * radians;
  const a =
    Math.sin(lat / 2) ** 2 +
    Math.cos(one.lat * radians) * Math.cos(other.lat * radians) * Math.sin(lng / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** Both in the middle of the sketch, as large as they go. */
export function sketch(clinic: Place, driver: Place): Sketch {
  const metres = metresBetween(clinic, driver);
  const shrink = Math.cos((clinic.lat * Math.PI) / 180);
  // East and north of the clinic, as shares of their distance.
  let east = (driver.lng - clinic.lng) * shrink;
  let north = driver.lat - clinic.lat;
  const length = Math.hypot(east, north);
  if (length === 0) [east, north] = [0, 0];
  else [east, north] = [east / length, north / length];
  const wide = (WIDTH - 2 * MARGIN) / Math.max(Math.abs(east), 1e-9);
  const tall = (HEIGHT - 2 * MARGIN) / Math.max(Math.abs(north), 1e-9);
  const apart = length === 0 ? 0 : Math.min(wide, tall);
  const middle = { x: WIDTH / 2, y: HEIGHT / 2 };
  const half = { x: (east * apart) / 2, y: (-north * apart) / 2 };
  const unitsPerMetre = metres > 0 ? apart / metres : 0;
  const ring = RINGS_M.filter((radius) => radius <= Math.max(metres, 100)).at(-1) ?? 100;
  return {
    clinic: { x: middle.x - half.x, y: middle.y - half.y },
    driver: { x: middle.x + half.x, y: middle.y + half.y },
    ring: { radius: ring * unitsPerMetre, metres: ring },
  };
}
