import { clock } from '../../clock.svelte';
import type { Desk, DriverNow, RouteNow, StopNow } from '../desk.svelte';
import { isOpen } from '../desk/lateness';
import { keyOf } from '../desk/records';
import { Clinics, type NumberOf, type PinOf, type PinWords } from './clinics';
import { dayBounds } from './day';
import type { Errand } from './errands';
import { history, type HistoryFix } from './history';
import { boundsOf, type Bounds, type LngLat } from './mercator';
import { Vans } from './vans';
import { Ways } from './ways';
import type { Plane, Sheet } from './plane';
import { Work } from './work';

/** The tails are drawn anew this often while vans move: a tail is ten minutes long. */
const TAILS_MS = 1_000;
/** Pins and numbers follow the desk within this time. */
const PLACE_MS = 1_000;
const NOWHERE: LngLat = { lng: 0, lat: 30 };

/** What is under the pointer. */
export interface Hit {
  kind: 'driver' | 'stop' | 'clinic';
  key: string;
}

/** Puts what the desk knows onto the sheets of a map, outside of any reactivity: with 500 vans something moves in every frame. */
export class DeskMap {
  readonly vans = new Vans();
  readonly ways = new Ways();
  readonly clinics: Clinics;
  /** From below to above. */
  readonly sheets: readonly Sheet[];
  /** Keeps the chosen driver in the middle. */
  isFollowing = false;

  #plane: Plane | undefined;
  #driven: HistoryFix[] = [];
  #drivenOf: string | undefined;
  #loading: AbortController | undefined;
  #placing: ReturnType<typeof setTimeout> | undefined;
  #tailsDue: ReturnType<typeof setTimeout> | undefined;
  #tailsOf = new Set<string>();
  readonly #work: Work;

  constructor(
    private readonly desk: Desk,
    words: PinWords,
    isStill: () => boolean,
  ) {
    this.clinics = new Clinics(words, isStill);
    this.sheets = [this.ways, this.clinics, this.vans];
    this.#work = new Work(desk, () => this.place());
  }

  attach(plane: Plane): () => void {
    this.#plane = plane;
    this.ways.setOrigin(this.#labs()[0]?.location ?? boundsMiddle(this.bounds()) ?? NOWHERE);
    this.everything();
    const ends = this.desk.onMoved((keys) => this.#moved(keys));
    return () => {
      ends();
      this.#loading?.abort();
      clearTimeout(this.#tailsDue);
      clearTimeout(this.#placing);
      this.#plane = undefined;
    };
  }

  /** Around all that is shown: drivers, and the clinics of today's stops; all clinics when nobody is on the road. */
  bounds(): Bounds | undefined {
    const places: LngLat[] = [];
    for (const driver of this.desk.drivers.values())
      if (driver.coordinates && this.#isShown(driver)) places.push(driver.coordinates);
    for (const route of this.desk.routes.values())
      if (this.desk.shows(route.labId))
        for (const stop of route.stops) {
          const place = this.placeOf(stop);
          if (place) places.push(place);
        }
    if (places.length === 0)
      for (const clinic of this.desk.clinics.values())
        if (clinic.location && this.desk.shows(clinic.labId)) places.push(clinic.location);
    for (const lab of this.#labs()) places.push(lab.location);
    return boundsOf(places);
  }

  placeOf(stop: StopNow): LngLat | undefined {
    return this.desk.clinicOf(stop)?.location ?? stop.location;
  }

  /** Where the chosen one is. */
  chosenPlace(): LngLat | undefined {
    const chosen = this.desk.selected;
    if (!chosen) return undefined;
    if (chosen.kind === 'driver') return this.desk.drivers.get(chosen.key)?.coordinates;
    if (chosen.kind === 'clinic') return this.desk.clinics.get(chosen.key)?.location;
    const stop = this.desk.stops.get(chosen.key);
    return stop && this.placeOf(stop);
  }

  /** Around the chosen driver and all of his stops. */
  wayBounds(): Bounds | undefined {
    const place = this.chosenPlace();
    return boundsOf([...(place ? [place] : []), ...this.clinics.numbers.map((of) => of.location)]);
  }

  /** Another lab, or another picture: all of it is put again. */
  everything(): void {
    const now = clock.read();
    const shown = new Set<string>();
    for (const driver of this.desk.drivers.values()) {
      if (!this.#isShown(driver)) continue;
      shown.add(driver.key);
      this.vans.set(driver, now);
      this.ways.setTail(driver.key, driver.tail, now, this.desk.drivers.size);
    }
    this.vans.keep(shown);
    this.ways.keep(shown);
    this.#place();
    this.#stale(this.clinics);
    this.choose();
  }

  /** The desk changed otherwise than by moving: clinics, stops and work are looked at, soon. */
  place(): void {
    this.#placing ??= setTimeout(() => {
      this.#placing = undefined;
      this.#place();
    }, PLACE_MS);
  }

  #place(): void {
    void this.#work.refresh();
    const errands = this.#work.errands();
    const late = new Set<string>();
    for (const stop of this.desk.stops.values())
      if (stop.late && stop.status === 'planned') late.add(keyOf(stop.labId, stop.clinicId));
    const isChanged = this.clinics.setPins(this.#pins(errands, late), performance.now());
    this.clinics.setLabs(this.#labs());
    this.#number();
    if (isChanged || this.clinics.numbers.length > 0) this.#stale(this.clinics);
  }

  *#pins(errands: Map<string, Errand>, late: ReadonlySet<string>): Iterable<PinOf> {
    for (const [key, { name, labId, location }] of this.desk.clinics)
      if (location && this.desk.shows(labId))
        yield { key, name, location, errand: errands.get(key), late: late.has(key) };
  }

  errandOf(clinicKey: string): Errand | undefined {
    return this.clinics.errandOf(clinicKey);
  }

  /** Somebody else was chosen, or nobody. */
  choose(): void {
    const chosen = this.desk.selected;
    const driver = this.#chosenDriver();
    this.vans.selected = driver?.key;
    this.ways.selected = driver?.key;
    this.clinics.selected = chosen?.kind === 'driver' ? undefined : chosen?.key;
    this.#number();
    if (driver?.key !== this.#drivenOf) void this.#loadDriven(driver);
    for (const sheet of this.sheets) this.#stale(sheet);
  }

  /** Time passed; the look of those who were not heard of changes with it. */
  age(): void {
    const now = clock.read();
    if (this.vans.age(now)) {
      this.#stale(this.vans);
      this.#tails(this.desk.drivers.keys());
    }
  }

  at(x: number, y: number): Hit | undefined {
    const view = this.#plane?.view;
    if (!view) return undefined;
    const van = this.vans.at(view, x, y);
    return van === undefined ? this.clinics.at(view, x, y) : { kind: 'driver', key: van };
  }

  #moved(keys: ReadonlySet<string>): void {
    const now = clock.read();
    let isSeen = false;
    for (const key of keys) {
      const driver = this.desk.drivers.get(key);
      if (!driver || !this.#isShown(driver)) continue;
      this.vans.set(driver, now);
      isSeen = true;
    }
    if (!isSeen) return;
    this.#stale(this.vans);
    this.#tails(keys);
    const chosen = this.#chosenDriver();
    if (chosen && keys.has(chosen.key)) this.#movedOn(chosen);
  }

  /** The chosen one's line grows; whoever is followed stays in the middle. */
  #movedOn(driver: DriverNow): void {
    if (!driver.coordinates || driver.timestamp === undefined) return;
    if ((this.#driven.at(-1)?.at ?? 0) < driver.timestamp)
      this.#driven.push({
        ...driver.coordinates,
        at: driver.timestamp,
        speed: null,
        heading: null,
        accuracy: null,
        isSuspect: false,
      });
    this.#number();
    if (this.isFollowing) this.#plane?.centre(driver.coordinates);
  }

  #tails(keys: Iterable<string>): void {
    for (const key of keys) this.#tailsOf.add(key);
    this.#tailsDue ??= setTimeout(() => {
      this.#tailsDue = undefined;
      const now = clock.read();
      for (const key of this.#tailsOf) {
        const driver = this.desk.drivers.get(key);
        if (driver && this.#isShown(driver)) this.ways.setTail(key, driver.tail, now, this.desk.drivers.size);
      }
      this.#tailsOf.clear();
      this.ways.setDriven(this.#driven);
      this.#stale(this.ways);
    }, TAILS_MS);
  }

  #chosenDriver(): DriverNow | undefined {
    const chosen = this.desk.selected;
    if (chosen?.kind === 'driver') return this.desk.drivers.get(chosen.key);
    const stop = chosen?.kind === 'stop' ? this.desk.stops.get(chosen.key) : undefined;
    const route = stop && this.desk.routes.get(keyOf(stop.labId, stop.routeId));
    return route && this.desk.drivers.get(keyOf(route.labId, route.driverId));
  }

  /** The numbers of the chosen driver's stops, and the line through those that are left. */
  #number(): void {
    const driver = this.#chosenDriver();
    const routes = driver ? this.desk.routesOf(driver) : [];
    const shown = routes.find((route) => route.status === 'started') ?? routes.find(isAhead) ?? routes.at(-1);
    const numbers: NumberOf[] = [];
    const ahead: LngLat[] = driver?.coordinates && shown?.status === 'started' ? [driver.coordinates] : [];
    for (const stop of shown?.stops ?? []) {
      const location = this.placeOf(stop);
      if (!location) continue;
      numbers.push({
        key: stop.key,
        clinicKey: keyOf(stop.labId, stop.clinicId),
        number: stop.sequence,
        location,
        state: stateOf(stop),
        late: stop.late,
      });
      if (isOpen(stop)) ahead.push(location);
    }
    this.clinics.setNumbers(numbers);
    this.ways.setPlanned(ahead);
  }

  async #loadDriven(driver: DriverNow | undefined): Promise<void> {
    this.#loading?.abort();
    this.#drivenOf = driver?.key;
    this.#driven = [];
    this.ways.setDriven([]);
    if (!driver) return;
    const loading = new AbortController();
    this.#loading = loading;
    const { from, to } = dayBounds(this.desk.today(driver.labId), this.desk.zone(driver.labId));
    try {
      const fixes = await history(driver.labId, driver.driverId, from, to, loading.signal);
      const last = fixes.at(-1)?.at ?? 0;
      // What was heard while it loaded stands behind it.
      this.#driven = [
        ...fixes.filter((fix) => !fix.isSuspect),
        ...this.#driven.filter((fix) => fix.at > last),
      ];
    } catch {
      // The tail is there; choosing him again asks again.
      if (!loading.signal.aborted) this.#drivenOf = undefined;
      return;
    }
    this.ways.setDriven(this.#driven);
    this.#stale(this.ways);
  }

  #isShown(driver: DriverNow): boolean {
    return this.desk.shows(driver.labId) && driver.presence !== 'off_duty';
  }

  #labs(): { name: string; location: LngLat }[] {
    return [...this.desk.labs.values()].flatMap(({ id, name, location }) =>
      location && this.desk.shows(id) ? [{ name, location }] : [],
    );
  }

  #stale(sheet: Sheet): void {
    this.#plane?.stale(sheet);
  }
}

function isAhead(route: RouteNow): boolean {
  return route.status === 'planned';
}

function stateOf(stop: StopNow): NumberOf['state'] {
  if (stop.status === 'planned') return 'open';
  if (stop.status === 'arrived') return 'here';
  return stop.status === 'failed' || stop.status === 'skipped' ? 'failed' : 'done';
}

function boundsMiddle(bounds: Bounds | undefined): LngLat | undefined {
  return bounds && { lng: (bounds.west + bounds.east) / 2, lat: (bounds.south + bounds.north) / 2 };
}
