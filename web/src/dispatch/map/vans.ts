import { freshness, type Freshness } from './age';
import { initials, shortName } from './initials';
import { toWorld, worldPerMetre, type LngLat, type View, type World } from './mercator';
import type { Palette } from './palette';
import type { Sheet } from './plane';
import { FONT, put, Sprites, type Sprite } from './sprites';

/** What the map needs to know of a driver. */
export interface VanOf {
  key: string;
  driverId: string;
  name: string;
  coordinates?: LngLat;
  timestamp?: number;
  heading?: number | null;
  accuracy?: number | null;
}

interface Van {
  key: string;
  world: World;
  initials: string;
  name: string;
  heading: number | null;
  accuracyM: number;
  at: number;
  freshness: Freshness;
}

/** An accuracy that is better than this is not worth a circle. */
const ACCURACY_M = 50;
const BODY_PX = 26;
const ARROW_PX = 44;
/** Up to so many vans on the screen have their name beside them. */
const NAMES = 40;

/** The sheet of the drivers. */
export class Vans implements Sheet {
  /** Whoever is chosen; the others step back. */
  selected: string | undefined;
  /** How vans are labelled where there is room: not on a wall that everybody sees. */
  named = true;
  /** Larger on a wall. */
  size = 1;
  readonly #vans = new Map<string, Van>();
  readonly #sprites = new Sprites();

  /** A driver moved, or is new. */
  set(of: VanOf, now: number): void {
    if (!of.coordinates || of.timestamp === undefined) {
      this.#vans.delete(of.key);
      return;
    }
    const known = this.#vans.get(of.key);
    const van: Van = known ?? {
      key: of.key,
      world: toWorld(of.coordinates),
      initials: initials(of.name, of.driverId),
      name: shortName(of.name),
      heading: null,
      accuracyM: 0,
      at: 0,
      freshness: 'old',
    };
    van.world = toWorld(of.coordinates);
    van.heading = of.heading ?? null;
    van.accuracyM = of.accuracy ?? 0;
    van.at = of.timestamp;
    van.freshness = freshness(of.timestamp, now);
    this.#vans.set(of.key, van);
  }

  /** Only these are there. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#vans.keys()) if (!keys.has(key)) this.#vans.delete(key);
  }

  /** Time passed: true when somebody's look changed by it. */
  age(now: number): boolean {
    let changed = false;
    for (const van of this.#vans.values()) {
      const then = van.freshness;
      van.freshness = freshness(van.at, now);
      changed ||= then !== van.freshness;
    }
    return changed;
  }

  /** Who is under a point of the screen, the nearest first. */
  at(view: View, x: number, y: number): string | undefined {
    let best: string | undefined;
    let nearest = (BODY_PX / 2) * this.size + 3;
    for (const van of this.#vans.values()) {
      const away = Math.hypot(view.x(van.world) - x, view.y(van.world) - y);
      if (away < nearest) [best, nearest] = [van.key, away];
    }
    return best;
  }

  draw(context: CanvasRenderingContext2D, view: View, colours: Palette): boolean {
    const seen: { van: Van; x: number; y: number }[] = [];
    for (const van of this.#vans.values()) {
      const x = view.x(van.world);
      const y = view.y(van.world);
      if (van.key !== this.selected && view.holds(x, y, ARROW_PX)) seen.push({ van, x, y });
    }
    const named = this.named && seen.length <= NAMES;
    if (this.selected !== undefined) context.globalAlpha = 0.35;
    for (const { van, x, y } of seen) this.#draw(context, view, colours, van, x, y, named);
    context.globalAlpha = 1;
    const chosen = this.selected === undefined ? undefined : this.#vans.get(this.selected);
    if (chosen)
      this.#draw(context, view, colours, chosen, view.x(chosen.world), view.y(chosen.world), this.named);
    return false;
  }

  #draw(
    context: CanvasRenderingContext2D,
    view: View,
    colours: Palette,
    van: Van,
    x: number,
    y: number,
    named: boolean,
  ): void {
    if (van.accuracyM > ACCURACY_M) circle(context, view, colours, van, x, y);
    if (van.heading !== null && van.freshness !== 'old') {
      context.save();
      context.translate(x, y);
      context.rotate((van.heading * Math.PI) / 180);
      put(context, this.#arrow(colours, van.freshness), 0, 0);
      context.restore();
    }
    put(context, this.#body(colours, van), x, y);
    if (named) {
      const label = this.#label(colours, van);
      put(context, label, x, y + (BODY_PX / 2) * this.size + label.height / 2 + 1);
    }
  }

  #body(colours: Palette, van: Van): Sprite {
    const chosen = van.key === this.selected;
    const size = BODY_PX * this.size + 6;
    return this.#sprites.get(`${van.initials}|${van.freshness}|${chosen}`, colours, size, size, (context) => {
      const [fill, edge, ink] = looks(colours, van.freshness, chosen);
      const middle = size / 2;
      context.beginPath();
      context.arc(middle, middle, middle - 3, 0, 2 * Math.PI);
      context.fillStyle = fill;
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = edge;
      // Hollow and broken: nobody knows whether he is still there.
      if (van.freshness === 'old') context.setLineDash([3, 2.5]);
      context.stroke();
      context.fillStyle = ink;
      context.font = `650 ${10.5 * this.size}px ${FONT}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(van.initials, middle, middle + 0.5);
    });
  }

  /** Points north; turned when it is put. */
  #arrow(colours: Palette, freshness: Freshness): Sprite {
    const size = ARROW_PX * this.size;
    return this.#sprites.get(`arrow|${freshness}`, colours, size, size, (context) => {
      const middle = size / 2;
      const reach = 8 * this.size;
      context.beginPath();
      context.moveTo(middle, 1.5);
      context.lineTo(middle + reach, middle - 8 * this.size);
      context.lineTo(middle - reach, middle - 8 * this.size);
      context.closePath();
      context.fillStyle = freshness === 'fresh' ? colours.accent : colours['ink-faint'];
      context.strokeStyle = colours.surface;
      context.lineWidth = 1.5;
      context.lineJoin = 'round';
      context.stroke();
      context.fill();
    });
  }

  #label(colours: Palette, van: Van): Sprite {
    const font = `560 11px ${FONT}`;
    const width = measured(van.name, font) + 8;
    return this.#sprites.get(`name|${van.name}`, colours, width, 15, (context) => {
      context.font = font;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.lineJoin = 'round';
      context.lineWidth = 3.5;
      context.strokeStyle = colours['map-land'];
      context.strokeText(van.name, width / 2, 8);
      context.fillStyle = colours.ink;
      context.fillText(van.name, width / 2, 8);
    });
  }
}

/** Fill, edge and ink of a van's body. */
function looks(colours: Palette, freshness: Freshness, chosen: boolean): [string, string, string] {
  if (freshness === 'old')
    return [colours.surface, chosen ? colours.accent : colours['ink-faint'], colours['ink-soft']];
  const edge = chosen ? colours.ink : colours.surface;
  return freshness === 'fresh'
    ? [colours.accent, edge, colours['accent-ink']]
    : [colours['ink-faint'], edge, colours.surface];
}

function circle(
  context: CanvasRenderingContext2D,
  view: View,
  colours: Palette,
  van: Van,
  x: number,
  y: number,
): void {
  const radius = van.accuracyM * worldPerMetre(latOf(van.world)) * view.scale;
  if (radius < BODY_PX / 2) return;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.save();
  context.globalAlpha *= 0.12;
  context.fillStyle = colours.accent;
  context.fill();
  context.restore();
  context.strokeStyle = colours.accent;
  context.lineWidth = 1;
  context.stroke();
}

function latOf({ y }: World): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

const widths = new Map<string, number>();
let measuring: OffscreenCanvasRenderingContext2D | null | undefined;

/** How wide a text is; asked for the same texts again and again. */
export function measured(text: string, font: string): number {
  const key = `${font}|${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    measuring ??= new OffscreenCanvas(1, 1).getContext('2d');
    if (!measuring) return text.length * 7;
    measuring.font = font;
    width = measuring.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}
