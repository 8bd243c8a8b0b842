import { ask, askAll, type Problem } from '../../../api/client';
import { newId } from '../../../api/id';
import { toasts } from '../../../design/toasts.svelte';
import { words } from '../../../words/words';
import { directory } from '../directory.svelte';
import { problemOf, told } from '../faults';
import { namelessPickup } from '../nameless';
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
import { byClinic, byId, ordered, stopAt, type Work } from './planning';

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
      `/v1/${kind}?labId=${encodeURIComponent(this.labId)}&${query}`;
    try {
      const [routes, deliveries, pickups] = await Promise.all([
        askAll<Route>(of('routes', `date=${this.date}`), MOST),
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
      this.pickups = byId(pickups.flat().map(namelessPickup), (one) => one.id);
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
  get work(): Work[] {
    const deliveries = [...this.deliveries.values()].filter(
      (one) => one.status === 'scheduled' && one.deliveryDate <= this.date,
    );
    const zone = (one: Pickup) => directory.clinicZone(one.labId, one.clinicId);
    const pickups = [...this.pickups.values()].filter(
      (one) => one.status === 'requested' && dateOn(one.windowStart, zone(one)) <= this.date,
    );
    return byClinic(deliveries, pickups);
  }

  get open(): Route[] {
    return this.routes.filter((route) => route.status === 'planned' || route.status === 'started');
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

  /** Puts what waits at a clinic on a route, at a place among its open stops or at the end. */
  async add(route: Route, work: Work, place?: number): Promise<void> {
    const known = stopAt(route, work.clinicId);
    const id = known?.id ?? newId();
    const stop = {
      ...(known ? {} : { id }),
      clinicId: work.clinicId,
      clinicName: directory.clinicName(work.labId, work.clinicId),
      deliveryIds: work.deliveries.map((one) => one.deliveryId),
      pickupIds: work.pickups.map((one) => one.id),
    };
    const order = place === undefined || known ? {} : { order: ordered(route.stops, id, place) };
    const name = directory.clinicName(work.labId, work.clinicId);
    await this.#patch(route, { addStops: [stop], ...order }, text.added(name, this.#driver(route)));
  }

  /** Takes a stop to another place of its route, or to another route. */
  async move(from: Route, stop: Stop, to: Route, place: number): Promise<void> {
    if (from.id === to.id) {
      await this.#patch(to, { order: ordered(to.stops, stop.id, place) });
      return;
    }
    const known = stopAt(to, stop.clinicId);
    const id = known?.id ?? newId();
    const moved = {
      ...(known ? {} : { id }),
      clinicId: stop.clinicId,
      ...(stop.clinicName ? { clinicName: stop.clinicName } : {}),
      deliveryIds: stop.deliveryIds,
      pickupIds: stop.pickupIds,
      ...(stop.windowStart ? { windowStart: stop.windowStart } : {}),
      ...(stop.windowEnd ? { windowEnd: stop.windowEnd } : {}),
    };
    const order = known ? {} : { order: ordered(to.stops, id, place) };
    const name = directory.clinicName(stop.labId, stop.clinicId);
    await this.#patch(to, { addStops: [moved], ...order }, text.added(name, this.#driver(to)));
  }

  /** Takes a stop off its route: its work waits again. */
  async remove(route: Route, stop: Stop): Promise<void> {
    const name = directory.clinicName(stop.labId, stop.clinicId);
    await this.#patch(route, { removeStops: [stop.id] }, text.removed(name));
  }

  async handOver(route: Route, driverId: string): Promise<void> {
    await this.#patch(
      route,
      { driverId },
      text.handedOver(directory.driverName(route.labId, driverId) ?? driverId),
    );
  }

  async cancel(route: Route): Promise<void> {
    await this.#patch(route, { status: 'cancelled' }, text.cancelled);
  }

  async start(route: Route): Promise<void> {
    await this.#run(
      async () => {
        await ask(address('routes', route.id, route.labId, '/start'), { method: 'POST', body: {} });
      },
      text.started(this.#driver(route)),
    );
  }

  async plan(driverId: string): Promise<void> {
    await this.#run(async () => {
      await ask('/v1/routes', {
        method: 'POST',
        body: { id: newId(), labId: this.labId, driverId, date: this.date, stops: [] },
      });
    });
  }

  async #patch(route: Route, body: object, said?: string): Promise<void> {
    await this.#run(async () => {
      await ask(address('routes', route.id, route.labId), {
        method: 'PATCH',
        body,
        headers: { 'if-match': `"${route.version}"` },
      });
    }, said);
  }

  /** What was refused is told, and the day is shown as it is then. */
  async #run(action: () => Promise<void>, said?: string): Promise<void> {
    this.busy = true;
    try {
      await action();
      if (said) toasts.say(said);
    } catch (error) {
      toasts.fault(told(problemOf(error)));
    }
    await this.load();
    this.busy = false;
  }
}
