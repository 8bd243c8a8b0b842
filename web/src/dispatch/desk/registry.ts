import { dateIn } from '../../ages';
import { isOpen } from './lateness';
import { hush, judge, locate, predict, predictions } from './now';
import type { DriverNow, Prediction, RouteNow, StopNow } from './now';
import { freeDelivery, freePickup, keyOf } from './records';
import type { Alert, Clinic, Delivery, Driver, Lab, Pickup, Route, Stop } from './records';
import type { FreeDelivery, FreePickup } from './records';
import { Rush } from './rush';

/** What is loaded one by one. */
export type Kind = 'route' | 'delivery' | 'pickup' | 'clinic' | 'driver';

/** How things stand, in figures. */
export interface Counts {
  onDuty: number;
  silent: number;
  left: number;
  late: number;
  atRisk: number;
  rush: number;
}

/** What the desk knows, in plain maps: 500 drivers move at once, and nothing is drawn because one of them did. */
export class Registry {
  readonly drivers = new Map<string, DriverNow>();
  readonly routes = new Map<string, RouteNow>();
  readonly stops = new Map<string, StopNow>();
  readonly clinics = new Map<string, Clinic>();
  readonly labs = new Map<string, Lab>();
  /** Deliveries and pickups that are on no route, of today and before. */
  readonly deliveries = new Map<string, FreeDelivery>();
  readonly pickups = new Map<string, FreePickup>();

  #predictions = new Map<string, Prediction>();
  /** Routes by driver; made anew when a route changed. */
  #driven: Map<string, RouteNow[]> | undefined;
  #rush = new Rush();

  /** `now` gives the server's time in ms. */
  constructor(private readonly now: () => number) {}

  zone(labId: string): string | undefined {
    return this.labs.get(labId)?.timeZone;
  }

  /** The lab's day. */
  today(labId: string): string {
    return dateIn(this.now(), this.zone(labId));
  }

  /** The days of all labs, to be compared. */
  daysTold(): string {
    return [...this.labs.keys()].map((labId) => `${labId} ${this.today(labId)}`).join();
  }

  clinicOf(stop: Pick<Stop, 'labId' | 'clinicId'>): Clinic | undefined {
    return this.clinics.get(keyOf(stop.labId, stop.clinicId));
  }

  /** Whether something at that stop is RUSH. */
  isRush(stop: Pick<Stop, 'labId' | 'deliveryIds' | 'pickupIds'>): boolean {
    const isRush = (id: string) => this.#rush.has(keyOf(stop.labId, id));
    return stop.deliveryIds.some(isRush) || stop.pickupIds.some(isRush);
  }

  /** Whether a delivery or pickup is RUSH, as far as is known. */
  isRushWork(key: string): boolean {
    return this.#rush.has(key);
  }

  /** The route that a stop is on. */
  routeOf(stop: Pick<Stop, 'labId' | 'routeId'>): RouteNow | undefined {
    return this.routes.get(keyOf(stop.labId, stop.routeId));
  }

  /** What a clinic is called. */
  clinicName(labId: string, clinicId: string, stop?: Pick<Stop, 'clinicName'>): string {
    return this.clinics.get(keyOf(labId, clinicId))?.name ?? stop?.clinicName ?? clinicId;
  }

  driverName(labId: string, driverId: string): string {
    return this.drivers.get(keyOf(labId, driverId))?.name ?? driverId;
  }

  /** The routes of today that a driver drives, in the order of the day, and those he is still on. */
  routesOf(driver: DriverNow): RouteNow[] {
    const today = this.today(driver.labId);
    const mine = (this.#byDriver().get(driver.key) ?? []).filter(
      (route) => route.status !== 'cancelled' && (route.date === today || route.status === 'started'),
    );
    return mine.sort((a, b) => firstMoment(a) - firstMoment(b));
  }

  /** With 500 drivers nobody looks through all routes for each of them. */
  #byDriver(): Map<string, RouteNow[]> {
    if (!this.#driven) {
      this.#driven = new Map();
      for (const route of this.routes.values()) {
        const key = keyOf(route.labId, route.driverId);
        const his = this.#driven.get(key);
        if (his) his.push(route);
        else this.#driven.set(key, [route]);
      }
    }
    return this.#driven;
  }

  count(shows: (labId: string) => boolean): Counts {
    const counts: Counts = { onDuty: 0, silent: 0, left: 0, late: 0, atRisk: 0, rush: 0 };
    for (const driver of this.drivers.values()) {
      if (!shows(driver.labId)) continue;
      if (this.isOnDuty(driver)) counts.onDuty += 1;
      if (driver.silent) counts.silent += 1;
    }
    for (const route of this.routes.values()) {
      if (!shows(route.labId) || route.date !== this.today(route.labId)) continue;
      if (route.status !== 'planned' && route.status !== 'started') continue;
      for (const stop of route.stops) {
        if (!isOpen(stop)) continue;
        counts.left += 1;
        if (stop.status === 'planned' && stop.late) counts.late += 1;
        if (stop.atRisk) counts.atRisk += 1;
      }
    }
    for (const one of this.deliveries.values())
      if (one.priority === 'RUSH' && shows(one.labId)) counts.rush += 1;
    for (const one of this.pickups.values()) if (one.isRush && shows(one.labId)) counts.rush += 1;
    return counts;
  }

  /** On the road, or on a break from it. */
  isOnDuty(driver: DriverNow): boolean {
    if (driver.presence === 'off_duty') return false;
    if (driver.presence === 'break') return true;
    return this.routesOf(driver).some((route) => route.status === 'started');
  }

  /** Begins anew with a snapshot of the stream; gives the drivers in it. */
  begin(snapshot: Record<string, unknown>): string[] {
    this.#driven = undefined;
    this.routes.clear();
    this.stops.clear();
    this.#predictions.clear();
    const before = new Map(this.drivers);
    this.drivers.clear();
    const drivers = snapshot['drivers'] as Record<string, unknown>[];
    for (const told of drivers) {
      const labId = String(told['labId']);
      const driver = this.driver(labId, String(told['driverId']), String(told['name']));
      // A new connection does not shorten the tail.
      driver.tail = before.get(driver.key)?.tail ?? [];
      locate(driver, told, drivers.length);
      for (const [id, prediction] of predictions(told)) this.#predictions.set(keyOf(labId, id), prediction);
    }
    for (const route of snapshot['routes'] as Route[]) this.#putRoute(route);
    return [...this.drivers.keys()];
  }

  /** A driver, made if nobody knows him yet. */
  driver(labId: string, driverId: string, name: string): DriverNow {
    const key = keyOf(labId, driverId);
    let driver = this.drivers.get(key);
    if (!driver) {
      driver = { key, labId, driverId, name, tail: [] };
      this.drivers.set(key, driver);
    }
    driver.name = name;
    return driver;
  }

  /** Takes over the predictions of a DRIVER_LOCATION_UPDATE or ETA_UPDATE. */
  predicted(labId: string, message: Record<string, unknown>): void {
    const now = this.now();
    for (const [id, prediction] of predictions(message)) {
      const key = keyOf(labId, id);
      const merged = { ...this.#predictions.get(key), ...prediction };
      this.#predictions.set(key, merged);
      const stop = this.stops.get(key);
      if (stop) predict(stop, merged, now);
    }
  }

  /** Who is silent and what is RUSH, by the open alerts, newest first. */
  heed(alerts: Alert[]): void {
    this.#rush.heed(alerts);
    // The newest of each driver is taken last, and stays.
    for (const alert of alerts.filter((one) => one.code === 'driver_silent').toReversed()) {
      const driver = this.drivers.get(keyOf(alert.labId, String(alert['driverId'])));
      if (driver) hush(driver, alert);
    }
  }

  /** Judges all open stops anew: windows run out while nothing is heard. */
  judgeAll(): void {
    const now = this.now();
    for (const stop of this.stops.values()) if (isOpen(stop)) judge(stop, now);
  }

  /** Forgets what is over since yesterday, and what was remembered of it. */
  forget(): void {
    for (const [key, route] of this.routes) {
      const isOver = route.status === 'finished' || route.status === 'cancelled';
      if (isOver && route.date < this.today(route.labId)) this.#dropRoute(key);
    }
    for (const key of this.#predictions.keys()) if (!this.stops.has(key)) this.#predictions.delete(key);
    const work = new Set([...this.deliveries.keys(), ...this.pickups.keys()]);
    for (const { labId, deliveryIds, pickupIds } of this.stops.values())
      for (const id of [...deliveryIds, ...pickupIds]) work.add(keyOf(labId, id));
    this.#rush.keep(work);
  }

  /** Takes over a record as it was answered; none: it is there no more. */
  put(kind: Kind, labId: string, id: string, record: unknown): void {
    const key = keyOf(labId, id);
    if (kind === 'route') {
      if (record) this.#putRoute(record as Route);
      else this.#dropRoute(key);
    } else if (kind === 'driver') {
      if (record) this.#putDriver(record as Driver);
    } else if (kind === 'clinic') {
      if (record) this.clinics.set(key, record as Clinic);
    } else if (kind === 'delivery') {
      this.#putDelivery(key, record as Delivery | undefined);
    } else {
      this.#putPickup(key, record as Pickup | undefined);
    }
  }

  #putRoute(record: Route): void {
    const key = keyOf(record.labId, record.id);
    // Answers to what was asked at once come in any order.
    if (record.version < (this.routes.get(key)?.version ?? 0)) return;
    this.#dropRoute(key);
    if (record.status === 'cancelled') return;
    const now = this.now();
    const stops = record.stops.map((stop): StopNow => {
      const stopKey = keyOf(stop.labId, stop.id);
      const known = this.#predictions.get(stopKey);
      // A prediction of another route's or driver's way says nothing of this one's.
      const holds = known?.routeId === record.id && known.driverId === record.driverId;
      if (known && !holds) this.#predictions.delete(stopKey);
      const made: StopNow = { ...stop, key: stopKey, late: false, atRisk: false };
      predict(made, holds ? known : undefined, now);
      this.stops.set(stopKey, made);
      return made;
    });
    stops.sort((a, b) => a.sequence - b.sequence);
    this.routes.set(key, { ...record, key, stops });
  }

  #dropRoute(key: string): void {
    this.#driven = undefined;
    const route = this.routes.get(key);
    for (const stop of route?.stops ?? [])
      if (this.stops.get(stop.key)?.routeId === stop.routeId) this.stops.delete(stop.key);
    this.routes.delete(key);
  }

  #putDriver(record: Driver): void {
    const driver = this.driver(record.labId, record.id, record.name);
    const { phone, shift, capacity, presence, verified, version } = record;
    Object.assign(driver, { phone, shift, capacity, presence, verified, version });
  }

  #putDelivery(key: string, record: Delivery | undefined): void {
    if (record) this.#rush.record(key, record.priority === 'RUSH');
    const isFree = record?.status === 'scheduled' && record.deliveryDate <= this.today(record.labId);
    if (!isFree) return void this.deliveries.delete(key);
    this.deliveries.set(key, freeDelivery(record));
  }

  #putPickup(key: string, record: Pickup | undefined): void {
    if (record) this.#rush.record(key, record.isRush);
    const isFree =
      record?.status === 'requested' &&
      dateIn(Date.parse(record.windowStart), this.zone(record.labId)) <= this.today(record.labId);
    if (!isFree) return void this.pickups.delete(key);
    this.pickups.set(key, freePickup(record));
  }
}

function firstMoment(route: RouteNow): number {
  const first = route.stops[0];
  const text = route.startedAt ?? first?.windowStart ?? first?.windowEnd ?? `${route.date}T23:00:00Z`;
  return Date.parse(text);
}
