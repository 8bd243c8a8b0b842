import { Crowd } from './crowd';
import type { Errand } from './errands';
import { toWorld, type LngLat, type View, type World } from './mercator';
import type { Palette } from './palette';
import type { Sheet } from './plane';
import { put, FONT, Sprites, type Sprite } from './sprites';
import { measured } from './vans';

/** What the map needs to know of a clinic. */
export interface PinOf {
  key: string;
  name: string;
  location: LngLat;
  errand: Errand | undefined;
  /** A stop there is late. */
  late: boolean;
}

/** A stop of the chosen driver: its number stands on the map. */
export interface NumberOf {
  key: string;
  clinicKey: string;
  number: number;
  location: LngLat;
  state: 'open' | 'here' | 'done' | 'failed';
  late: boolean;
}

interface Pin extends PinOf {
  world: World;
  /** Who is drawn, and takes room, first. */
  rank: number;
  /** When its pulse began, by this machine's clock. */
  pulsed: number | undefined;
}

interface LabMark {
  world: World;
  name: string;
}

export interface PinWords {
  rush: string;
  late: string;
}

const PULSE_MS = 1_400;
const PULSE_PX = 34;
/** From here on names stand beside the pins, as far as there is room. */
const NAME_ZOOM_SCALE = 512 * 2 ** 13;
const HIT_PX = 12;
const DOT_PX = 12;

/** The sheet of the clinics, the labs, and the numbers of a chosen driver's stops. */
export class Clinics implements Sheet {
  selected: string | undefined;
  numbers: (NumberOf & { world: World })[] = [];
  named = true;
  labs: LabMark[] = [];
  readonly #pins = new Map<string, Pin>();
  #order: Pin[] = [];
  readonly #sprites = new Sprites();

  constructor(
    private readonly words: PinWords,
    private readonly isStill: () => boolean,
  ) {}

  /** All clinics there are. One that became RUSH pulses; on the first picture nothing does. Gives whether anything changed. */
  setPins(pins: Iterable<PinOf>, now: number): boolean {
    const isFirst = this.#pins.size === 0;
    const gone = new Set(this.#pins.keys());
    let isChanged = false;
    for (const of of pins) {
      gone.delete(of.key);
      const known = this.#pins.get(of.key);
      if (known && isSame(known, of)) continue;
      const isNewlyRush = of.errand?.rush === true && known?.errand?.rush !== true;
      const pulsed = isNewlyRush && !isFirst && !this.isStill() ? now : known?.pulsed;
      this.#pins.set(of.key, { ...of, world: toWorld(of.location), rank: rankOf(of), pulsed });
      isChanged = true;
    }
    for (const key of gone) this.#pins.delete(key);
    isChanged ||= gone.size > 0;
    if (isChanged)
      this.#order = [...this.#pins.values()].sort((a, b) => b.rank - a.rank || (a.key < b.key ? -1 : 1));
    return isChanged;
  }

  /** What is to be done at a clinic. */
  errandOf(key: string): Errand | undefined {
    return this.#pins.get(key)?.errand;
  }

  setNumbers(numbers: NumberOf[]): void {
    this.numbers = numbers.map((of) => ({ ...of, world: toWorld(of.location) }));
  }

  setLabs(labs: { name: string; location: LngLat }[]): void {
    this.labs = labs.map(({ name, location }) => ({ name, world: toWorld(location) }));
  }

  /** What is under a point: a numbered stop, else a clinic. */
  at(view: View, x: number, y: number): { kind: 'stop' | 'clinic'; key: string } | undefined {
    let nearest = HIT_PX;
    let best: { kind: 'stop' | 'clinic'; key: string } | undefined;
    const look = (kind: 'stop' | 'clinic', key: string, world: World) => {
      const away = Math.hypot(view.x(world) - x, view.y(world) - y);
      if (away < nearest) [best, nearest] = [{ kind, key }, away];
    };
    for (const number of this.numbers) look('stop', number.key, number.world);
    if (!best) for (const pin of this.#order) look('clinic', pin.key, pin.world);
    return best;
  }

  draw(context: CanvasRenderingContext2D, view: View, colours: Palette): boolean {
    const crowd = new Crowd(view.width, view.height);
    const isDim = this.numbers.length > 0;
    const numbered = new Set(this.numbers.map((of) => of.clinicKey));
    let isPulsing = false;
    const small: [number, number, Pin][] = [];
    const large: [number, number, Pin][] = [];
    for (const { world } of this.numbers) crowd.take(view.x(world) - 12, view.y(world) - 12, 24, 24);
    for (const pin of this.#order) {
      if (numbered.has(pin.key)) continue;
      const x = view.x(pin.world);
      const y = view.y(pin.world);
      if (!view.holds(x, y, PULSE_PX)) continue;
      const isLarge = this.#isWorthAPill(pin) && this.#hasRoom(crowd, pin, x, y);
      (isLarge ? large : small).push([x, y, pin]);
    }
    context.globalAlpha = isDim ? 0.3 : 1;
    for (const [x, y, pin] of small) put(context, this.#dot(colours, pin), x, y);
    // Who ranks first is drawn last: on top.
    for (const [x, y, pin] of large.toReversed()) {
      isPulsing = this.#pulse(context, colours, pin, x, y) || isPulsing;
      put(context, this.#pill(colours, pin), x, y);
    }
    if (this.named && view.scale >= NAME_ZOOM_SCALE)
      this.#names(context, colours, crowd, [...large, ...small]);
    context.globalAlpha = 1;
    for (const lab of this.labs) this.#lab(context, view, colours, lab);
    for (const number of this.numbers.toReversed())
      put(context, this.#number(colours, number), view.x(number.world), view.y(number.world));
    return isPulsing;
  }

  #isWorthAPill(pin: Pin): boolean {
    return pin.rank > 0 || pin.key === this.selected;
  }

  #hasRoom(crowd: Crowd, pin: Pin, x: number, y: number): boolean {
    const width = this.#pillWidth(pin);
    const isFree = crowd.take(x - width / 2, y - 9, width, 18);
    // RUSH and the chosen one are never hidden by the rest.
    return isFree || pin.rank > RANK_LATE || pin.key === this.selected;
  }

  #pulse(context: CanvasRenderingContext2D, colours: Palette, pin: Pin, x: number, y: number): boolean {
    if (pin.pulsed === undefined) return false;
    const part = (performance.now() - pin.pulsed) / PULSE_MS;
    if (part >= 1) {
      pin.pulsed = undefined;
      return false;
    }
    context.save();
    context.globalAlpha *= 1 - part;
    context.beginPath();
    context.arc(x, y, 8 + part * PULSE_PX, 0, 2 * Math.PI);
    context.lineWidth = 3;
    context.strokeStyle = colours.rush;
    context.stroke();
    context.restore();
    return true;
  }

  #counts(pin: Pin): string {
    const { bring = 0, fetch = 0 } = pin.errand ?? {};
    return [bring > 0 ? `↓${bring}` : '', fetch > 0 ? `↑${fetch}` : ''].filter(Boolean).join(' ');
  }

  #flag(pin: Pin): string {
    if (pin.errand?.rush) return this.words.rush;
    return pin.late ? this.words.late : '';
  }

  #pillWidth(pin: Pin): number {
    const counts = measured(this.#counts(pin), COUNTS_FONT);
    const flag = this.#flag(pin);
    const flagged = flag ? measured(flag, FLAG_FONT) + 8 : 0;
    return Math.max(18, counts + (counts > 0 ? 10 : 0) + flagged);
  }

  #pill(colours: Palette, pin: Pin): Sprite {
    const counts = this.#counts(pin);
    const flag = this.#flag(pin);
    const isChosen = pin.key === this.selected;
    const isRush = pin.errand?.rush === true;
    const inner = this.#pillWidth(pin);
    const [width, height] = [inner + 8, 26];
    const key = `pill|${counts}|${flag}|${isChosen}|${isRush}`;
    return this.#sprites.get(key, colours, width, height, (context) => {
      context.beginPath();
      context.roundRect(4, 4, inner, height - 8, 9);
      context.fillStyle = colours.surface;
      context.fill();
      const edge = isRush ? colours.rush : pin.late ? colours.late : colours['line-strong'];
      context.strokeStyle = isChosen ? colours.accent : edge;
      context.lineWidth = isChosen ? 3 : isRush || pin.late ? 2 : 1.25;
      context.stroke();
      context.textBaseline = 'middle';
      let x = 9;
      if (flag) {
        context.font = FLAG_FONT;
        context.fillStyle = isRush ? colours.rush : colours.late;
        context.fillText(flag, x, height / 2 + 0.5);
        x += measured(flag, FLAG_FONT) + 4;
      }
      context.font = COUNTS_FONT;
      context.fillStyle = colours.ink;
      context.fillText(counts, x, height / 2 + 0.5);
    });
  }

  #dot(colours: Palette, pin: Pin): Sprite {
    const hasErrand = pin.rank > 0;
    return this.#sprites.get(`dot|${hasErrand}`, colours, DOT_PX, DOT_PX, (context) => {
      context.beginPath();
      context.arc(DOT_PX / 2, DOT_PX / 2, hasErrand ? 4 : 3, 0, 2 * Math.PI);
      context.fillStyle = hasErrand ? colours['ink-soft'] : colours['map-land'];
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = hasErrand ? colours.surface : colours['line-strong'];
      context.stroke();
    });
  }

  #number(colours: Palette, of: NumberOf): Sprite {
    const isChosen = of.key === this.selected;
    const size = 30;
    return this.#sprites.get(
      `n|${of.number}|${of.state}|${of.late}|${isChosen}`,
      colours,
      size,
      size,
      (context) => {
        const isOpen = of.state === 'open' || of.state === 'here';
        context.beginPath();
        context.arc(size / 2, size / 2, 10.5, 0, 2 * Math.PI);
        context.fillStyle = of.state === 'here' ? colours.accent : isOpen ? colours.ink : colours.surface;
        context.fill();
        context.lineWidth = isChosen ? 3 : 2;
        context.strokeStyle = isChosen
          ? colours.accent
          : of.late
            ? colours.late
            : isOpen
              ? colours.surface
              : colours['ink-faint'];
        context.stroke();
        context.fillStyle =
          of.state === 'here' ? colours['accent-ink'] : isOpen ? colours.surface : colours['ink-soft'];
        context.font = `680 11px ${FONT}`;
        context.textAlign = 'center';
        context.textBaseline = 'middle';
        context.fillText(String(of.number), size / 2, size / 2 + 0.5);
        if (!isOpen) badge(context, colours, of.state === 'failed');
      },
    );
  }

  #names(
    context: CanvasRenderingContext2D,
    colours: Palette,
    crowd: Crowd,
    pins: [number, number, Pin][],
  ): void {
    for (const [x, y, pin] of pins) {
      const width = measured(pin.name, NAME_FONT) + 8;
      if (!crowd.take(x - width / 2, y + 10, width, 14)) continue;
      const label = this.#sprites.get(`name|${pin.name}`, colours, width, 15, (on) => {
        on.font = NAME_FONT;
        on.textAlign = 'center';
        on.textBaseline = 'middle';
        on.lineJoin = 'round';
        on.lineWidth = 3;
        on.strokeStyle = colours['map-land'];
        on.strokeText(pin.name, width / 2, 8);
        on.fillStyle = colours['ink-soft'];
        on.fillText(pin.name, width / 2, 8);
      });
      put(context, label, x, y + 17);
    }
  }

  #lab(context: CanvasRenderingContext2D, view: View, colours: Palette, { name, world }: LabMark): void {
    const width = measured(name, LAB_FONT) + 12;
    const mark = this.#sprites.get(`lab|${name}`, colours, Math.max(24, width), 44, (on) => {
      const middle = Math.max(24, width) / 2;
      on.translate(middle, 22);
      on.fillStyle = colours.ink;
      on.strokeStyle = colours.surface;
      on.lineWidth = 2;
      on.lineJoin = 'round';
      on.beginPath();
      // A house: the lab.
      on.moveTo(0, -10);
      on.lineTo(10, -2);
      on.lineTo(10, 9);
      on.lineTo(-10, 9);
      on.lineTo(-10, -2);
      on.closePath();
      on.stroke();
      on.fill();
      on.fillStyle = colours.surface;
      on.fillRect(-2.5, 2, 5, 7);
      on.font = LAB_FONT;
      on.textAlign = 'center';
      on.lineWidth = 3.5;
      on.strokeStyle = colours['map-land'];
      on.strokeText(name, 0, 20);
      on.fillStyle = colours.ink;
      on.fillText(name, 0, 20);
    });
    put(context, mark, view.x(world), view.y(world));
  }
}

const RANK_LATE = 2;
const COUNTS_FONT = `620 11px ${FONT}`;
const FLAG_FONT = `720 9.5px ${FONT}`;
const NAME_FONT = `480 11px ${FONT}`;
const LAB_FONT = `620 11px ${FONT}`;

function rankOf({ errand, late }: PinOf): number {
  if (errand?.rush) return RANK_LATE + 1;
  if (late) return RANK_LATE;
  return errand && errand.bring + errand.fetch > 0 ? 1 : 0;
}

function isSame(a: PinOf, b: PinOf): boolean {
  return (
    a.late === b.late &&
    a.name === b.name &&
    a.location.lat === b.location.lat &&
    a.location.lng === b.location.lng &&
    a.errand?.bring === b.errand?.bring &&
    a.errand?.fetch === b.errand?.fetch &&
    a.errand?.rush === b.errand?.rush
  );
}

/** A tick, or a cross, on the edge of a stop that is over: its colour is not what tells it. */
function badge(context: OffscreenCanvasRenderingContext2D, colours: Palette, isFailed: boolean): void {
  context.beginPath();
  context.arc(23, 7, 6, 0, 2 * Math.PI);
  context.fillStyle = isFailed ? colours.late : colours.good;
  context.fill();
  context.strokeStyle = colours.surface;
  context.lineWidth = 1.6;
  context.lineCap = 'round';
  context.beginPath();
  if (isFailed) {
    context.moveTo(21, 5);
    context.lineTo(25, 9);
    context.moveTo(25, 5);
    context.lineTo(21, 9);
  } else {
    context.moveTo(20.3, 7);
    context.lineTo(22.3, 9);
    context.lineTo(25.7, 5.2);
  }
  context.stroke();
}
