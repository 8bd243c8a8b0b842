import { tailMs } from '../desk/now';
import { freshness } from './age';
import { gridOf } from './grid';
import { toWorld, type LngLat, type View, type World } from './mercator';
import type { Palette } from './palette';
import type { Sheet } from './plane';
import { pieces, trimmed, type TailPoint } from './tail';

/**
 * Lines are kept as paths in a space of their own, whose origin is near: places on the whole world's square would not fit into the 32 bits
 * that canvases calculate with. A path is drawn at any zoom without being made again.
 */
const SPACE = 512 * 2 ** 16;
/** Points nearer to each other than this are one on a tail: about 12 m. */
const NEAR = 12;

interface Tail {
  path: Path2D;
  isStale: boolean;
}

export interface WayPoint extends LngLat {
  at: number;
}

/** The sheet under everything: the grid, everybody's last minutes, and the chosen driver's way. */
export class Ways implements Sheet {
  /** No grid where there are tiles. */
  hasGrid = true;
  origin: LngLat = { lng: 0, lat: 0 };
  selected: string | undefined;
  /** Told when the grid's squares have another size. */
  onstep: ((metres: number) => void) | undefined;
  #anchor: World = { x: 0.5, y: 0.5 };
  readonly #tails = new Map<string, Tail>();
  #driven: Path2D | undefined;
  #gaps: Path2D | undefined;
  #planned: Path2D | undefined;
  #stepM = 0;

  /** Where the space of the paths has its origin. Everything must be set again after it. */
  setOrigin(origin: LngLat): void {
    this.origin = origin;
    this.#anchor = toWorld(origin);
    this.#tails.clear();
    this.setDriven([]);
    this.setPlanned([]);
  }

  /** The tail of one of so many drivers, of fixes up to `now`. */
  setTail(key: string, tail: readonly TailPoint[], now: number, drivers: number): void {
    const shown = trimmed(tail, now, tailMs(drivers));
    const last = shown.at(-1);
    if (!last || shown.length < 2) {
      this.#tails.delete(key);
      return;
    }
    const path = new Path2D();
    for (const piece of pieces(shown)) this.#add(path, piece, NEAR);
    this.#tails.set(key, { path, isStale: freshness(last.at, now) !== 'fresh' });
  }

  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#tails.keys()) if (!keys.has(key)) this.#tails.delete(key);
  }

  /** What was driven; across a gap the line is broken, as nobody knows the way. */
  setDriven(points: readonly WayPoint[]): void {
    this.#driven = undefined;
    this.#gaps = undefined;
    if (points.length < 2) return;
    this.#driven = new Path2D();
    this.#gaps = new Path2D();
    let before: WayPoint | undefined;
    for (const piece of pieces(points)) {
      this.#add(this.#driven, piece, 1);
      const [first] = piece;
      if (before && first) this.#add(this.#gaps, [before, first], 0);
      before = piece.at(-1);
    }
  }

  /** Where he is to go: straight from stop to stop, as the order is what is planned, not the streets. */
  setPlanned(places: readonly LngLat[]): void {
    this.#planned = undefined;
    if (places.length < 2) return;
    this.#planned = new Path2D();
    this.#add(this.#planned, places, 0);
  }

  draw(context: CanvasRenderingContext2D, view: View, colours: Palette): boolean {
    if (this.hasGrid) this.#grid(context, view, colours);
    context.save();
    // Into the paths' space; `zoom` turns pixels of the screen into its units.
    const zoom = view.scale / SPACE;
    context.translate(view.x(this.#anchor), view.y(this.#anchor));
    context.scale(zoom, zoom);
    context.lineJoin = 'round';
    context.lineCap = 'round';
    this.#drawTails(context, colours, zoom);
    this.#drawWay(context, colours, zoom);
    context.restore();
    return false;
  }

  #drawTails(context: CanvasRenderingContext2D, colours: Palette, zoom: number): void {
    context.lineWidth = 2.5 / zoom;
    context.globalAlpha = this.selected === undefined ? 0.38 : 0.1;
    for (const [key, tail] of this.#tails) {
      if (key === this.selected) continue;
      context.strokeStyle = tail.isStale ? colours['ink-faint'] : colours.accent;
      context.stroke(tail.path);
    }
    context.globalAlpha = 1;
  }

  #drawWay(context: CanvasRenderingContext2D, colours: Palette, zoom: number): void {
    if (this.#gaps) {
      context.lineWidth = 2 / zoom;
      context.setLineDash([2 / zoom, 7 / zoom]);
      context.strokeStyle = colours['ink-faint'];
      context.stroke(this.#gaps);
      context.setLineDash([]);
    }
    if (this.#driven) {
      context.lineWidth = 7 / zoom;
      context.strokeStyle = colours['map-land'];
      context.stroke(this.#driven);
      context.lineWidth = 4.5 / zoom;
      context.strokeStyle = colours.accent;
      context.stroke(this.#driven);
    }
    if (this.#planned) {
      context.lineWidth = 1.5 / zoom;
      context.setLineDash([6 / zoom, 4 / zoom]);
      context.strokeStyle = colours['ink-soft'];
      context.stroke(this.#planned);
      context.setLineDash([]);
    }
  }

  #grid(context: CanvasRenderingContext2D, view: View, colours: Palette): void {
    const { stepM, columns, rows } = gridOf(view, this.origin);
    context.beginPath();
    for (const x of columns) {
      context.moveTo(Math.round(x) + 0.5, 0);
      context.lineTo(Math.round(x) + 0.5, view.height);
    }
    for (const y of rows) {
      context.moveTo(0, Math.round(y) + 0.5);
      context.lineTo(view.width, Math.round(y) + 0.5);
    }
    context.lineWidth = 1;
    context.strokeStyle = colours['map-grid'];
    context.stroke();
    if (stepM !== this.#stepM) {
      this.#stepM = stepM;
      this.onstep?.(stepM);
    }
  }

  #add(path: Path2D, places: readonly LngLat[], near: number): void {
    let [lastX, lastY] = [NaN, NaN];
    places.forEach((place, index) => {
      const { x, y } = toWorld(place);
      const [dx, dy] = [(x - this.#anchor.x) * SPACE, (y - this.#anchor.y) * SPACE];
      if (index === 0) path.moveTo(dx, dy);
      else if (index < places.length - 1 && Math.abs(dx - lastX) < near && Math.abs(dy - lastY) < near)
        return;
      else path.lineTo(dx, dy);
      [lastX, lastY] = [dx, dy];
    });
  }
}
