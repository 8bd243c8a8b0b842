import { ask, askAll, Problem } from '../api/client';
import { Live, type LiveMessage } from '../api/live.svelte';
import { me, mayAct, type Me } from '../api/session.svelte';
import { clock } from '../clock.svelte';
import { Coalesced } from './desk/coalesce';
import { Moved } from './desk/moved';
import { hush, locate } from './desk/now';
import { Order } from './desk/order';
import { keyOf, keysOf } from './desk/records';
import type { Alert, Clinic, Delivery, Driver, Lab, Pickup, Route } from './desk/records';
import { Registry, type Counts, type Kind } from './desk/registry';
import { standing } from './desk/standing';

export type { DriverNow, RouteNow, StopNow } from './desk/now';

/** What the desk's panels show. */
export interface Selected {
  kind: 'driver' | 'stop' | 'clinic';
  key: string;
}

const BEAT_MS = 250;
/** With so many drivers nobody reads four times a second, and lists this long take their time. */
const MANY_DRIVERS = 100;
const BEAT_OF_MANY_MS = 1_000;
/** Windows run out, and what was put off comes back, while nothing is heard. */
const JUDGE_MS = 5_000;
const MOST_CLINICS = 10_000;
const MOST_OPEN = 4_000;
const MOST_ALERTS = 400;

/**
 * Everything the dispatcher's screens know, kept up by the live stream. What moves often stands in plain maps and is read after `beat`;
 * a map on the screen listens to `onMoved` instead.
 */
export class Desk extends Registry {
  beat = $state(0);
  alerts = $state.raw<Alert[]>([]);
  selected = $state.raw<Selected | null>(null);
  /** The lab that is shown; `null`: all. */
  lab = $state<string | null>(null);
  me = $state.raw<Me | null>(null);
  /** Whether the first picture is there. */
  ready = $state(false);
  /** Why it is not. */
  fault = $state<string | null>(null);
  /** Paths of the API that this server has. */
  paths = $state.raw<string[]>([]);

  /** Bumped when labs are there: zones are read from templates. */
  #labsTurn = $state(0);

  readonly live = new Live(
    (messages) => this.#hear(messages),
    // A session that has ended is told by nothing but a refusal; `me` leads to the login then.
    () => void me().catch(() => undefined),
  );

  #moved = new Moved();
  #hearers: ((messages: readonly LiveMessage[]) => void)[] = [];
  #beating: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #order = new Order();
  #following: Promise<void> | undefined;
  /** Whether the stream was opened. */
  #isOpen = false;
  /** The labs' days of what is loaded. */
  #days = '';
  #loads = new Coalesced((wish) => this.#load(wish));

  constructor() {
    super(() => clock.read());
  }

  get mayAct(): boolean {
    return this.me !== null && mayAct(this.me);
  }

  /** Whether the live desk is for this role. */
  get sees(): boolean {
    return this.mayAct || this.me?.role === 'viewer';
  }

  /** Whether this server has such a path, as its OpenAPI writes it. */
  has(path: string): boolean {
    return this.paths.includes(path);
  }

  /** Loads who asks, and opens the stream: its snapshot brings the rest. */
  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.#moveOn(), JUDGE_MS);
    await this.retry();
  }

  /** Loads what is not there: after a fault, or at the start. */
  async retry(): Promise<void> {
    this.fault = null;
    await this.#guard(async () => {
      await this.#introduce();
      if (!this.sees) await this.#loadDirectories();
      else if (this.#isOpen) await this.#loadRest();
      else this.live.open();
      this.#isOpen = this.sees;
      await this.#loadPaths();
    });
  }

  async #introduce(): Promise<void> {
    // Which day it is goes by the server's clock.
    this.#following ??= clock.follow();
    if (this.me === null) {
      const who = await me();
      this.lab = who.labId;
      this.me = who;
    }
    await this.#following;
  }

  /** What goes wrong is said, with the way to try again. */
  async #guard(load: () => Promise<void>): Promise<void> {
    try {
      await load();
    } catch (error) {
      this.fault = error instanceof Problem ? error.message : String(error);
    }
  }

  stop(): void {
    this.live.close();
    this.#isOpen = false;
    clearInterval(this.#timer);
    this.#timer = undefined;
    clearTimeout(this.#beating);
  }

  /** Calls `listen` once a frame with the drivers that moved; gives the way to end that. */
  onMoved(listen: (keys: Set<string>) => void): () => void {
    return this.#moved.listen(listen);
  }

  /** Calls `listen` with all that is heard, as it comes; gives the way to end that. */
  onHeard(listen: (messages: readonly LiveMessage[]) => void): () => void {
    this.#hearers = [...this.#hearers, listen];
    return () => (this.#hearers = this.#hearers.filter((one) => one !== listen));
  }

  select(kind: Selected['kind'], key: string): void {
    this.selected = { kind, key };
  }

  unselect(): void {
    this.selected = null;
  }

  /** Whether records of a lab are shown. */
  shows(labId: string): boolean {
    return this.lab === null || this.lab === labId || labId === '-';
  }

  override zone(labId: string): string | undefined {
    void this.#labsTurn;
    return super.zone(labId);
  }

  /** How things stand in the lab that is shown, or in all. */
  counts(): Counts {
    return this.count((labId) => this.shows(labId));
  }

  /** Loads a route now, for instance after it was changed from here: the stream tells of it too, but later. */
  async refreshRoute(labId: string, routeId: string): Promise<void> {
    await this.#load(wish('route', labId, routeId));
  }

  /** Loads the open alerts anew. */
  async refreshAlerts(): Promise<void> {
    await this.#load(ALERTS);
  }

  // What is heard.

  #hear(messages: LiveMessage[]): void {
    for (const message of messages) this.#hearOne(message);
    for (const listen of this.#hearers) listen(messages);
    this.#moved.tell();
    this.#pulse();
  }

  #hearOne(message: LiveMessage): void {
    const labId = String(message['labId'] ?? '');
    const id = (field: string) => String(message[field] ?? '');
    switch (message.type) {
      case 'SNAPSHOT':
        return this.#begin(message);
      case 'DRIVER_LOCATION_UPDATE':
        this.#located(labId, message);
        return this.predicted(labId, message);
      case 'ETA_UPDATE':
        return this.predicted(labId, message);
      case 'ROUTE_UPDATED':
      case 'STOP_ARRIVED':
      case 'STOP_DEPARTED':
      case 'GEOFENCE_ENTER':
      case 'GEOFENCE_EXIT':
      case 'GEOFENCE_CROSSED':
      case 'GEOFENCE_CORRECTED':
        return this.#loads.want(wish('route', labId, id('routeId')));
      case 'DELIVERY_UPDATED':
        return this.#workChanged('delivery', message, 'scheduled', this.deliveries, id('deliveryId'));
      case 'PICKUP_UPDATED':
        return this.#workChanged('pickup', message, 'requested', this.pickups, id('id'));
      case 'CLINIC_UPDATED':
        return this.#loads.want(wish('clinic', labId, id('clinicId')));
      case 'DRIVER_UPDATED':
        return this.#loads.want(wish('driver', labId, id('driverId')));
      case 'DRIVER_SILENT': {
        const driver = this.drivers.get(keyOf(labId, id('driverId')));
        if (driver) hush(driver, message);
        return this.#loads.want(ALERTS);
      }
      case 'RUSH_ALERT': {
        const isCase = message['code'] === 'rush_case';
        this.#loads.want(wish(isCase ? 'delivery' : 'pickup', labId, id(isCase ? 'deliveryId' : 'id')));
        return this.#loads.want(ALERTS);
      }
      case 'ALERT':
      case 'ALERT_CLOSED':
      case 'ALERT_SNOOZED':
        return this.#loads.want(ALERTS);
      case 'ALERTS_OPEN':
        // What was asked before is older than this.
        this.#order.heard(ALERTS);
        return this.#setAlerts(standing(this.alerts, message['alerts'] as Alert[]));
    }
  }

  #begin(snapshot: LiveMessage): void {
    for (const key of this.begin(snapshot)) this.#moved.note(key);
    this.#setAlerts(snapshot['alerts'] as Alert[]);
    void this.#guard(() => this.#loadRest());
  }

  #located(labId: string, message: LiveMessage): void {
    const driverId = String(message['driverId']);
    const known = this.drivers.get(keyOf(labId, driverId));
    if (!known) this.#loads.want(wish('driver', labId, driverId));
    const driver = known ?? this.driver(labId, driverId, driverId);
    if (locate(driver, message, this.drivers.size)) this.#moved.note(driver.key);
  }

  /** A delivery or pickup that is on no route is loaded; any other is none of the tray's. */
  #workChanged(
    kind: 'delivery' | 'pickup',
    message: LiveMessage,
    free: string,
    tray: Map<string, unknown>,
    id: string,
  ): void {
    const labId = String(message['labId']);
    const date = String(message['date'] ?? '');
    const key = keyOf(labId, id);
    const isFree = message['status'] === free && date <= this.today(labId);
    if (!isFree) {
      tray.delete(key);
      this.#order.heard(wish(kind, labId, id));
    }
    // One that was RUSH may be so no more.
    if (isFree || this.isRushWork(key)) this.#loads.want(wish(kind, labId, id));
  }

  // What is loaded.

  /** Loads what a wish names. */
  async #load(wanted: string): Promise<void> {
    await this.#order.ask((asked) =>
      wanted === ALERTS ? this.#loadAlerts(asked) : this.#loadOne(wanted, asked),
    );
    this.#pulse();
  }

  async #loadAlerts(asked: number): Promise<void> {
    // Those that are put off come back when they are due, and nothing is heard then.
    const both = await Promise.all(
      ['open', 'snoozed'].map((status) => askAll<Alert>(`/v1/alerts?status=${status}`, MOST_ALERTS)),
    );
    const alerts = both.flat().sort((a, b) => b.number - a.number);
    if (this.#order.isNews(ALERTS, asked)) this.#setAlerts(alerts);
  }

  async #loadOne(wanted: string, asked: number): Promise<void> {
    const { kind, labId, id } = read(wanted);
    let record: unknown;
    try {
      const names = kind === 'delivery' || kind === 'pickup' ? '&names=0' : '';
      record = await ask(
        `/v1/${PLURAL[kind]}/${encodeURIComponent(id)}?labId=${encodeURIComponent(labId)}${names}`,
      );
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
    if (this.#order.isNews(wanted, asked)) this.put(kind, labId, id, record);
  }

  #setAlerts(alerts: Alert[]): void {
    this.alerts = alerts;
    this.heed(alerts);
  }

  /** What the snapshot does not hold: directories, what is over today, work on no route. */
  async #loadRest(): Promise<void> {
    await this.#loadLabs();
    this.#days = this.daysTold();
    this.forget();
    const days = [...this.labs.keys()].map((labId) => this.today(labId));
    const dates = days.filter((date, index) => days.indexOf(date) === index);
    await Promise.all([
      this.#loadAll<Clinic>('clinic', '/v1/clinics', MOST_CLINICS, (one) => one.id),
      this.#loadAll<Driver>('driver', '/v1/drivers', MOST_OPEN, (one) => one.id),
      this.#loadAll<Delivery>(
        'delivery',
        '/v1/deliveries?status=scheduled',
        MOST_OPEN,
        (one) => one.deliveryId,
        this.deliveries,
      ),
      ...dates.map((date) =>
        // What is on a route already is loaded for its RUSH mark.
        this.#loadAll<Delivery>(
          'delivery',
          `/v1/deliveries?date=${date}`,
          MOST_OPEN,
          (one) => one.deliveryId,
        ),
      ),
      this.#loadAll<Pickup>(
        'pickup',
        '/v1/pickups?status=requested',
        MOST_OPEN,
        (one) => one.id,
        this.pickups,
      ),
      ...dates.map((date) =>
        this.#loadAll<Route>('route', `/v1/routes?date=${date}&status=finished`, MOST_OPEN, (one) => one.id),
      ),
    ]);
    await this.#loadPaths();
    this.fault = null;
    this.ready = true;
    this.#pulse();
  }

  async #loadPaths(): Promise<void> {
    if (this.paths.length > 0) return;
    const api = await ask<{ paths: Record<string, unknown> }>('/openapi.json');
    this.paths = Object.keys(api.paths);
  }

  async #loadLabs(): Promise<void> {
    const labs = await askAll<Lab>('/v1/labs');
    this.labs.clear();
    for (const lab of labs) this.labs.set(lab.id, lab);
    this.#labsTurn += 1;
  }

  /** For roles that read lists, but hear nothing live. */
  async #loadDirectories(): Promise<void> {
    await this.#loadLabs();
    await this.#loadAll<Clinic>('clinic', '/v1/clinics', MOST_CLINICS, (one) => one.id);
    await this.#loadAll<Driver>('driver', '/v1/drivers', MOST_OPEN, (one) => one.id);
    this.ready = true;
    this.#pulse();
  }

  /** Loads a list; `tray` loses what is in it no more. */
  async #loadAll<T extends { labId: string }>(
    kind: Kind,
    path: string,
    most: number,
    idOf: (record: T) => string,
    tray?: Map<string, { labId: string }>,
  ): Promise<void> {
    await this.#order.ask(async (asked) => {
      const before = [...(tray ?? [])];
      const records = await askAll<T>(path, most);
      for (const record of records) {
        const id = idOf(record);
        if (this.#order.isNews(wish(kind, record.labId, id), asked)) this.put(kind, record.labId, id, record);
      }
      const there = keysOf(records, idOf);
      for (const [key, { labId }] of before) {
        const id = key.slice(labId.length + 1);
        if (!there.has(key) && this.#order.isNews(wish(kind, labId, id), asked)) tray?.delete(key);
      }
    });
  }

  // What moves on by itself.

  #moveOn(): void {
    this.judgeAll();
    this.live.check(Date.now());
    // A new day has other work, and what was over on the last one is nobody's matter.
    if (this.ready && this.sees && this.#days !== this.daysTold()) void this.#guard(() => this.#loadRest());
    this.#pulse();
  }

  #pulse(): void {
    this.#beating ??= setTimeout(
      () => {
        this.#beating = undefined;
        this.beat += 1;
      },
      this.drivers.size > MANY_DRIVERS ? BEAT_OF_MANY_MS : BEAT_MS,
    );
  }
}

const ALERTS = 'alerts';
const PLURAL: Record<Kind, string> = {
  route: 'routes',
  delivery: 'deliveries',
  pickup: 'pickups',
  clinic: 'clinics',
  driver: 'drivers',
};

function wish(kind: Kind, labId: string, id: string): string {
  return JSON.stringify([kind, labId, id]);
}

function read(wanted: string): { kind: Kind; labId: string; id: string } {
  const [kind, labId, id] = JSON.parse(wanted) as [Kind, string, string];
  return { kind, labId, id };
}

/** The one desk of this page. */
export const desk = new Desk();
