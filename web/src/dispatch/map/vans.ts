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
  /** Where it was drawn last. */
  x: number;
  y: number;
}

/** How much of a van is shown. */
type Look = 'named' | 'letters' | 'dart';

/** An accuracy that is better than this is not worth a circle. */
const ACCURACY_M = 50;
const BODY_PX = 26;
const ARROW_PX = 44;
/** Up to so many vans on the screen have their name beside them. */
const NAMES = 40;
/** With less room for each van than this, in square pixels, they are darts without letters. */
const ROOM_PX2 = 3_600;
const DART_PX = 18;

/** The sheet of the drivers. */
export class Vans implements Sheet {
  /** Whoever is chosen; the others step back. */
  selected: string | undefined;
  /** How vans are labelled where there is room: not on a wall that everybody sees. */
  named = true;
  /** Larger on a wall. */
  size = 1;
  readonly #vans = new Map<string, Van>();
  /** Kept from frame to frame: nothing is thrown away 60 times a second. */
  readonly #seen: Van[] = [];
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
      x: 0,
      y: 0,
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
    const seen = this.#seen;
    seen.length = 0;
    for (const van of this.#vans.values()) {
      van.x = view.x(van.world);
      van.y = view.y(van.world);
      if (van.key !== this.selected && view.holds(van.x, van.y, ARROW_PX)) seen.push(van);
    }
    const look = this.#look(seen.length, view);
    const base = context.getTransform();
    context.globalAlpha = this.selected === undefined ? 1 : 0.35;
    for (const van of seen) if (van.accuracyM > ACCURACY_M) circle(context, view, colours, van);
    for (const van of seen) this.#draw(context, base, colours, van, look);
    context.globalAlpha = 1;
    const chosen = this.selected === undefined ? undefined : this.#vans.get(this.selected);
    if (chosen) {
      if (chosen.accuracyM > ACCURACY_M) circle(context, view, colours, chosen);
      this.#draw(context, base, colours, chosen, this.named ? 'named' : 'letters');
    }
    return false;
  }

  #look(count: number, view: View): Look {
    if (this.named && count <= NAMES) return 'named';
    return (view.width * view.height) / Math.max(1, count) < ROOM_PX2 ? 'dart' : 'letters';
  }

  #draw(context: CanvasRenderingContext2D, base: DOMMatrix, colours: Palette, van: Van, look: Look): void {
    const { x, y } = van;
    const isKnown = van.freshness !== 'old';
    if (look === 'dart') {
      const sprite = this.#dart(colours, van.freshness, van.heading !== null && isKnown);
      turned(context, base, sprite, x, y, isKnown ? (van.heading ?? 0) : 0);
      return;
    }
    if (van.heading !== null && isKnown)
      turned(context, base, this.#arrow(colours, van.freshness), x, y, van.heading);
    put(context, this.#body(colours, van), x, y);
    if (look === 'named') {
      const label = this.#label(colours, van);
      put(context, label, x, y + (BODY_PX / 2) * this.size + label.height / 2 + 1);
    }
  }

  /** A van where there is little room: a dart that points its way, a dot where the way is not known, a ring for an old place. */
  #dart(colours: Palette, freshness: Freshness, isPointed: boolean): Sprite {
    const size = DART_PX * this.size;
    return this.#sprites.get(`dart|${freshness}|${isPointed}`, colours, size, size, (context) => {
      context.translate(size / 2, size / 2);
      context.scale(this.size, this.size);
      context.beginPath();
      if (isPointed) {
        context.moveTo(0, -7.5);
        context.lineTo(5.5, 6);
        context.lineTo(0, 3);
        context.lineTo(-5.5, 6);
        context.closePath();
      } else context.arc(0, 0, 5, 0, 2 * Math.PI);
      context.lineJoin = 'round';
      if (freshness === 'old') {
        context.fillStyle = colours.surface;
        context.fill();
        context.setLineDash([2.5, 2]);
        context.strokeStyle = colours['ink-faint'];
        context.lineWidth = 1.75;
        context.stroke();
        return;
      }
      context.strokeStyle = colours.surface;
      context.lineWidth = 2.5;
      context.stroke();
      context.fillStyle = freshness === 'fresh' ? colours.accent : colours['ink-faint'];
      context.fill();
    });
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

/** Puts a sprite turned by degrees clockwise. */
function turned(
  context: CanvasRenderingContext2D,
  base: DOMMatrix,
  sprite: Sprite,
  x: number,
  y: number,
  degrees: number,
): void {
  const [sin, cos] = [
    Math.sin((degrees * Math.PI) / 180) * base.a,
    Math.cos((degrees * Math.PI) / 180) * base.a,
  ];
  context.setTransform(cos, sin, -sin, cos, x * base.a, y * base.a);
  context.drawImage(sprite.image, -sprite.width / 2, -sprite.height / 2, sprite.width, sprite.height);
  context.setTransform(base);
}

function circle(context: CanvasRenderingContext2D, view: View, colours: Palette, van: Van): void {
  const radius = van.accuracyM * worldPerMetre(latOf(van.world)) * view.scale;
  if (radius < BODY_PX / 2) return;
  context.beginPath();
  context.arc(van.x, van.y, radius, 0, 2 * Math.PI);
  const alpha = context.globalAlpha;
  context.globalAlpha = alpha * 0.12;
  context.fillStyle = colours.accent;
  context.fill();
  context.globalAlpha = alpha;
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
