import { Clinics, type NumberOf, type PinWords } from '../map/clinics';
import { toWorld, type Bounds, type LngLat, type View } from '../map/mercator';
import { boundsOf } from '../map/mercator';
import type { Palette } from '../map/palette';
import type { Plane, Sheet } from '../map/plane';
import { Vans } from '../map/vans';
import { Ways } from '../map/ways';
import type { Moment, Track } from './track';

/** Positions that cannot be true: crosses beside the way. */
class Suspects implements Sheet {
  places: readonly LngLat[] = [];

  draw(context: CanvasRenderingContext2D, view: View, colours: Palette): boolean {
    context.lineWidth = 2;
    context.lineCap = 'round';
    context.strokeStyle = colours.risk;
    context.beginPath();
    for (const place of this.places) {
      const world = toWorld(place);
      const [x, y] = [view.x(world), view.y(world)];
      if (!view.holds(x, y, 8)) continue;
      context.moveTo(x - 4, y - 4);
      context.lineTo(x + 4, y + 4);
      context.moveTo(x + 4, y - 4);
      context.lineTo(x - 4, y + 4);
    }
    context.stroke();
    return false;
  }
}

const KEY = 'replayed';

/** The sheets of a replay: the whole way, its stops, and the van where it was at the slider's moment. */
export class ReplayMap {
  readonly ways = new Ways();
  readonly vans = new Vans();
  readonly #clinics: Clinics;
  readonly #suspects = new Suspects();
  readonly sheets: readonly Sheet[];
  #plane: Plane | undefined;
  #track: Track | undefined;

  constructor(words: PinWords, isStill: () => boolean) {
    this.#clinics = new Clinics(words, isStill);
    this.sheets = [this.ways, this.#suspects, this.#clinics, this.vans];
    this.vans.named = false;
  }

  attach(plane: Plane): void {
    this.#plane = plane;
  }

  bounds(): Bounds | undefined {
    return boundsOf([...(this.#track?.fixes ?? []), ...this.#clinics.numbers.map((of) => of.location)]);
  }

  /** Another day or driver. */
  show(track: Track, stops: NumberOf[], labs: { name: string; location: LngLat }[]): void {
    this.#track = track;
    const origin = labs[0]?.location ?? track.fixes[0];
    if (origin) this.ways.setOrigin(origin);
    this.ways.setDriven(track.fixes);
    this.#suspects.places = track.suspects;
    this.#clinics.setNumbers(stops);
    this.#clinics.setLabs(labs);
    for (const sheet of this.sheets) this.#plane?.stale(sheet);
  }

  /** The van as it was; in a gap it is hollow, at its last known place. */
  move(moment: Moment, driver: { name: string; driverId: string }): void {
    if (moment.kind === 'before') {
      this.vans.keep(new Set());
    } else {
      const place = moment.kind === 'known' ? moment.place : moment.fix;
      this.vans.set(
        {
          key: KEY,
          ...driver,
          coordinates: { lng: place.lng, lat: place.lat },
          timestamp: 0,
          heading: moment.kind === 'known' ? moment.heading : null,
          accuracy: moment.fix.accuracy,
        },
        moment.kind === 'known' ? 0 : Infinity,
      );
    }
    this.#plane?.stale(this.vans);
  }
}
