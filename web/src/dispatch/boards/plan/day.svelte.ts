import { ask, askAll, type Problem } from '../../../api/client';
import { newId } from '../../../api/id';
import { toasts } from '../../../design/toasts.svelte';
import { problemOf, told } from '../../../faults';
import { words } from '../../../words/words';
import type { RouteNow, StopNow } from '../../desk/now';
import { isOpen } from '../../desk/lateness';
import { takeOn, waiting, type Waiting } from '../../desk/tray';
import { assign, type Goal, handOver, moveStop } from '../../live/doing';
import { directory, keyOf } from '../directory.svelte';
import {
  address,
  type Delivery,
  OPEN_DELIVERIES,
  OPEN_PICKUPS,
  type Pickup,
  type Route,
  type Stop,
} from '../records';
import { dateOn } from '../zoned';
import { byId, openStops } from './planning';

const MOST = 5_000;
const text = words.boards.plan;

/** One lab's day as it is planned: what is open, the routes, and what is done with them. */
export class PlanDay {
  deliveries = $state.raw(byId<Delivery>([], () => ''));
  pickups = $state.raw(byId<Pickup>([], () => ''));
  routes = $state.raw<Route[]>([]);
  state = $state<'loading' | 'ready'>('loading');
  fault = $state<Problem>();
  /** Something is on its way to the server. */
  busy = $state(false);
  #asked = 0;

  constructor(
    readonly labId: string,
    readonly date: string,
  ) {}

  async load(): Promise<void> {
    const asked = ++this.#asked;
    const of = (kind: string, query: string) =>
      `/v1/${kind}?labId=${encodeURIComponent(this.labId)}&names=0&${query}`;
    try {
      const [routes, deliveries, pickups] = await Promise.all([
        askAll<Route>(`/v1/routes?labId=${encodeURIComponent(this.labId)}&date=${this.date}`, MOST),
        Promise.all([
          askAll<Delivery>(of('deliveries', `date=${this.date}`), MOST),
          ...OPEN_DELIVERIES.map((status) => askAll<Delivery>(of('deliveries', `status=${status}`), MOST)),
        ]),
        Promise.all([
          askAll<Pickup>(of('pickups', `date=${this.date}`), MOST),
          ...OPEN_PICKUPS.map((status) => askAll<Pickup>(of('pickups', `status=${status}`), MOST)),
        ]),
      ]);
      if (asked !== this.#asked) return;
      this.routes = routes
        .map((route) => ({ ...route, stops: [...route.stops].sort((a, b) => a.sequence - b.sequence) }))
        .sort((a, b) => this.#driver(a).localeCompare(this.#driver(b)));
      this.deliveries = byId(deliveries.flat(), (one) => one.deliveryId);
      this.pickups = byId(pickups.flat(), (one) => one.id);
      this.fault = undefined;
    } catch (error) {
      if (asked === this.#asked) this.fault = problemOf(error);
    }
    this.state = 'ready';
  }

  #driver(route: Route): string {
    return directory.driverName(route.labId, route.driverId) ?? '';
  }

  /** What is on no route: of this day, and what is left of days before. */
  get work(): Waiting[] {
    const deliveries = [...this.deliveries.values()].filter(
      (one) => one.status === 'scheduled' && one.deliveryDate <= this.date,
    );
    const zone = (one: Pickup) => directory.clinicZone(one.labId, one.clinicId);
    const pickups = [...this.pickups.values()].filter(
      (one) => one.status === 'requested' && dateOn(one.windowStart, zone(one)) <= this.date,
    );
    return waiting(deliveries, pickups, () => this.date);
  }

  get open(): Route[] {
    return this.routes.filter((route) => route.status === 'planned' || route.status === 'started');
  }

  /** Which plan this is: another text when a route has changed. */
  get edition(): string {
    return this.routes.map((route) => `${route.id} ${route.version}`).join();
  }

  loadOf = (stop: Stop): { bring: number; fetch: number } => ({
    bring: stop.deliveryIds.reduce((all, id) => all + (this.deliveries.get(id)?.packageCount ?? 0), 0),
    fetch: stop.pickupIds.reduce((all, id) => all + (this.pickups.get(id)?.packageCount ?? 0), 0),
  });

  isRush(stop: Stop): boolean {
    return (
      stop.deliveryIds.some((id) => this.deliveries.get(id)?.priority === 'RUSH') ||
      stop.pickupIds.some((id) => this.pickups.get(id)?.isRush === true)
    );
  }

  /** Puts what waits at a clinic on a route, at a place among its open stops (from 1) or at the end. */
  async add(work: Waiting, routeId: string, position = Infinity): Promise<void> {
    await this.#run(() => assign(work, routeId, position));
  }

  /** Takes a stop to another place of its route, or to another route; the stop stays the same one. */
  async move(stop: Stop, goal: Goal): Promise<void> {
    await this.#run(() => moveStop(seen(stop), goal));
  }

  /** Takes a stop off its route: its work waits again. */
  async remove(route: Route, stop: Stop): Promise<void> {
    const name = directory.clinicName(stop.labId, stop.clinicId);
    const position = openStops(route).findIndex((one) => one.id === stop.id) + 1;
    const back = () => this.#putBack(route, stop, position);
    await this.#patch(route, { removeStops: [stop.id] }, text.removed(name), back);
  }

  /** A stop that was taken off comes back as a new one: the old one was left out, and its clinic was told so. */
  async #putBack(route: Route, stop: Stop, position: number): Promise<void> {
    const name = directory.clinicName(stop.labId, stop.clinicId);
    await this.#run(async () => {
      const now = await ask<Route>(address('routes', route.id, route.labId));
      const deliveries = stop.deliveryIds.map((deliveryId) => ({ deliveryId }));
      const pickups = stop.pickupIds.map((id) => ({ id }));
      const work = { clinicId: stop.clinicId, deliveries, pickups } as Waiting;
      const change = takeOn(work, now.stops, position, newId());
      const { windowStart, windowEnd } = stop;
      const addStops = change.addStops.map((one) => ({
        ...one,
        ...(windowStart ? { windowStart } : {}),
        ...(windowEnd ? { windowEnd } : {}),
      }));
      await this.#send(now, { ...change, addStops });
      toasts.say(text.added(name, this.#driver(now)));
    });
  }

  async handOver(route: Route, driverId: string): Promise<void> {
    const stops = route.stops.map(seen);
    const now: RouteNow = { ...route, key: keyOf(route.labId, route.id), stops };
    await this.#run(() => handOver([now], driverId, stops.filter(isOpen).length));
  }

  async cancel(route: Route): Promise<void> {
    await this.#patch(route, { status: 'cancelled' }, text.cancelled);
  }

  async start(route: Route): Promise<void> {
    await this.#run(async () => {
      await ask(address('routes', route.id, route.labId, '/start'), { method: 'POST', body: {} });
      toasts.say(text.started(this.#driver(route)));
    });
  }

  async plan(driverId: string): Promise<void> {
    await this.#run(() =>
      ask('/v1/routes', {
        method: 'POST',
        body: { id: newId(), labId: this.labId, driverId, date: this.date, stops: [] },
      }),
    );
  }

  async #patch(route: Route, body: object, said: string, undo?: () => Promise<void>): Promise<void> {
    await this.#run(async () => {
      await this.#send(route, body);
      toasts.say(said, undo);
    });
  }

  #send(route: Route, body: object): Promise<unknown> {
    return ask(address('routes', route.id, route.labId), {
      method: 'PATCH',
      body,
      headers: { 'if-match': `"${route.version}"` },
    });
  }

  /** What was refused is told, and the day is shown as it is then. */
  async #run(action: () => Promise<unknown>): Promise<void> {
    this.busy = true;
    try {
      await action();
    } catch (error) {
      toasts.fault(told(problemOf(error)));
    }
    await this.load();
    this.busy = false;
  }
}

/** A stop as the plan shows it, in the desk's form: what is done with it goes by the version that was seen. */
export function seen(stop: Stop): StopNow {
  return { ...stop, key: keyOf(stop.labId, stop.id), late: false, atRisk: false };
}
