/** A place on the earth, WGS 84 degrees. */
export interface LngLat {
  lng: number;
  lat: number;
}

/** A place on the world's square: both from 0 to 1, y downwards. */
export interface World {
  x: number;
  y: number;
}

/** West, south, east, north, in degrees. */
export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** The world's square is this many CSS pixels wide at zoom 0. */
export const TILE = 512;
const EARTH_M = 6_371_008.8;
const CIRCUMFERENCE_M = 40_075_016.686;
/** Web Mercator ends here. */
const MOST_LAT = 85.051129;

const RAD = Math.PI / 180;

export function toWorld({ lng, lat }: LngLat): World {
  const held = Math.max(-MOST_LAT, Math.min(MOST_LAT, lat));
  const sin = Math.sin(held * RAD);
  return { x: lng / 360 + 0.5, y: 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI) };
}

export function fromWorld({ x, y }: World): LngLat {
  return { lng: (x - 0.5) * 360, lat: Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) / RAD };
}

/** Great-circle distance. */
export function metresBetween(a: LngLat, b: LngLat): number {
  const dLat = (b.lat - a.lat) * RAD;
  const dLng = (b.lng - a.lng) * RAD;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * RAD) * Math.cos(b.lat * RAD) * Math.sin(dLng / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** How much of the world's square one metre is at a latitude. */
export function worldPerMetre(lat: number): number {
  return 1 / (CIRCUMFERENCE_M * Math.cos(lat * RAD));
}

/** A place moved by metres to the east and the north. */
export function moved(from: LngLat, east: number, north: number): LngLat {
  const lat = Math.max(-MOST_LAT, Math.min(MOST_LAT, from.lat + north / (EARTH_M * RAD)));
  const lng = from.lng + east / (EARTH_M * RAD * Math.cos(from.lat * RAD));
  return { lat, lng: ((((lng + 180) % 360) + 360) % 360) - 180 };
}

/** The smallest bounds around the places; absent when there are none. */
export function boundsOf(places: Iterable<LngLat>): Bounds | undefined {
  let found: Bounds | undefined;
  for (const { lng, lat } of places) {
    if (!found) found = { west: lng, east: lng, south: lat, north: lat };
    else {
      found.west = Math.min(found.west, lng);
      found.east = Math.max(found.east, lng);
      found.south = Math.min(found.south, lat);
      found.north = Math.max(found.north, lat);
    }
  }
  return found;
}

/** What is seen: the middle on the world's square, CSS pixels per world, and the size in CSS pixels. North is up always. */
export class View {
  constructor(
    readonly middle: World,
    readonly scale: number,
    readonly width: number,
    readonly height: number,
  ) {}

  static at(middle: LngLat, zoom: number, width: number, height: number): View {
    return new View(toWorld(middle), TILE * 2 ** zoom, width, height);
  }

  x(world: World): number {
    return (world.x - this.middle.x) * this.scale + this.width / 2;
  }

  y(world: World): number {
    return (world.y - this.middle.y) * this.scale + this.height / 2;
  }

  /** The place under a point of the screen. */
  under(x: number, y: number): LngLat {
    return fromWorld({
      x: this.middle.x + (x - this.width / 2) / this.scale,
      y: this.middle.y + (y - this.height / 2) / this.scale,
    });
  }

  /** Whether a point of the screen is on it, or at most `margin` pixels beside. */
  holds(x: number, y: number, margin = 0): boolean {
    return x >= -margin && y >= -margin && x <= this.width + margin && y <= this.height + margin;
  }

  metresPerPixel(): number {
    return 1 / (worldPerMetre(fromWorld(this.middle).lat) * this.scale);
  }
}
