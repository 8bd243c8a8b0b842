import type { Map as Chart, StyleSpecification } from 'maplibre-gl';
import type { Engine } from './engine';
import { toWorld, View, type Bounds, type LngLat } from './mercator';
import { palette, type Palette } from './palette';

/**
 * One sheet over the ground, a canvas of its own. What moves often lies on another sheet than what seldom does, so that a van that moves
 * draws vans, and neither clinics nor the ground.
 */
export interface Sheet {
  /** Draws all of it, in CSS pixels on a clean canvas. Gives true when it wants the next frame too. */
  draw(context: CanvasRenderingContext2D, view: View, colours: Palette): boolean;
}

export interface PlaneOptions {
  style: (colours: Palette) => StyleSpecification;
  /** What the map shows first. */
  bounds?: Bounds | undefined;
  middle?: LngLat | undefined;
  zoom?: number;
  interactive?: boolean;
  /** How the map is called by those who hear the page. */
  label: string;
}

interface Drawn {
  sheet: Sheet;
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
  stale: boolean;
}

const FIT_PADDING_PX = 56;
/** Nobody is helped by one house filling the screen. */
const FIT_ZOOM = 15;
const EASE_MS = 350;
/** The world of a courier desk is a city, not a globe. */
const LEAST_ZOOM = 2;

/** The ground, its camera and gestures (the map library's), and sheets of ours over it. Everything draws once a frame at most, when something changed. */
export class Plane {
  readonly map: Chart;
  view: View;
  colours: Palette;
  /** Told after the camera moved. */
  onview: (() => void) | undefined;
  /** Main-thread time of the last drawing of sheets, milliseconds. */
  drawMs = 0;

  readonly #drawn: Drawn[];
  #frame: number | undefined;
  #moved = true;

  constructor(
    engine: Engine,
    private readonly host: HTMLElement,
    sheets: readonly Sheet[],
    private readonly options: PlaneOptions,
  ) {
    this.colours = palette(host);
    const { bounds, middle, zoom = 11, interactive = true } = options;
    this.map = new engine.Map({
      container: host,
      style: options.style(this.colours),
      interactive,
      attributionControl: false,
      // North stays up: an arrow's direction is then the van's.
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      rollEnabled: false,
      maxPitch: 0,
      minZoom: LEAST_ZOOM,
      renderWorldCopies: false,
      fadeDuration: 0,
      validateStyle: false,
      locale: { 'Map.Title': options.label },
      ...(bounds
        ? { bounds: box(bounds), fitBoundsOptions: { padding: FIT_PADDING_PX, maxZoom: FIT_ZOOM } }
        : { center: middle ? [middle.lng, middle.lat] : [0, 30], zoom: middle ? zoom : LEAST_ZOOM }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.view = this.#look();
    this.#drawn = sheets.map((sheet) => this.#lay(sheet));
    this.#size();
    this.map.on('resize', () => this.#size());
    this.map.on('move', () => (this.#moved = true));
    // In the very frame in which the ground moves.
    this.map.on('render', () => {
      if (!this.#moved) return;
      this.#moved = false;
      this.view = this.#look();
      for (const drawn of this.#drawn) drawn.stale = true;
      this.#draw();
      this.onview?.();
    });
  }

  /** This sheet is drawn in the next frame. */
  stale(sheet: Sheet): void {
    const drawn = this.#drawn.find((one) => one.sheet === sheet);
    if (drawn) drawn.stale = true;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
    });
  }

  /** Another theme, or other tiles. */
  recolour(): void {
    this.colours = palette(this.host);
    this.map.setStyle(this.options.style(this.colours));
    for (const { sheet } of this.#drawn) this.stale(sheet);
  }

  fit(bounds: Bounds | undefined): void {
    if (!bounds) return;
    this.map.fitBounds(box(bounds), { padding: FIT_PADDING_PX, maxZoom: FIT_ZOOM, duration: EASE_MS });
  }

  /** Fits only when some of it is not seen. */
  show(bounds: Bounds | undefined): void {
    if (!bounds) return;
    const { west, south, east, north } = bounds;
    const isSeen = [
      { lng: west, lat: north },
      { lng: east, lat: south },
    ].every((corner) => this.view.holds(this.view.x(toWorld(corner)), this.view.y(toWorld(corner)), -20));
    if (!isSeen) this.fit(bounds);
  }

  /** Brings a place into the middle; closer, when the map shows half a country. */
  centre({ lng, lat }: LngLat, leastZoom = 0): void {
    this.map.easeTo({
      center: [lng, lat],
      zoom: Math.max(this.map.getZoom(), leastZoom),
      duration: EASE_MS,
    });
  }

  zoomBy(steps: number): void {
    this.map.zoomTo(this.map.getZoom() + steps, { duration: EASE_MS });
  }

  remove(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.map.remove();
    for (const { canvas } of this.#drawn) canvas.remove();
  }

  #look(): View {
    const { lng, lat } = this.map.getCenter();
    return View.at({ lng, lat }, this.map.getZoom(), this.host.clientWidth, this.host.clientHeight);
  }

  #lay(sheet: Sheet): Drawn {
    const canvas = document.createElement('canvas');
    canvas.className = 'map-sheet';
    canvas.setAttribute('aria-hidden', 'true');
    this.host.append(canvas);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    return { sheet, canvas, context, stale: true };
  }

  #size(): void {
    const ratio = devicePixelRatio;
    for (const drawn of this.#drawn) {
      drawn.canvas.width = Math.round(this.host.clientWidth * ratio);
      drawn.canvas.height = Math.round(this.host.clientHeight * ratio);
      drawn.canvas.style.width = `${this.host.clientWidth}px`;
      drawn.canvas.style.height = `${this.host.clientHeight}px`;
      this.stale(drawn.sheet);
    }
    this.#moved = true;
    this.map.triggerRepaint();
  }

  #draw(): void {
    const began = performance.now();
    const ratio = devicePixelRatio;
    for (const drawn of this.#drawn) {
      if (!drawn.stale) continue;
      drawn.stale = false;
      const { context, canvas, sheet } = drawn;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      if (sheet.draw(context, this.view, this.colours)) this.stale(sheet);
    }
    this.drawMs = performance.now() - began;
  }
}

function box({ west, south, east, north }: Bounds): [[number, number], [number, number]] {
  return [
    [west, south],
    [east, north],
  ];
}
