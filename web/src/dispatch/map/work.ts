import { askAll } from '../../api/client';
import { freeDelivery, freePickup, type FreeDelivery, type FreePickup } from '../desk/records';
import type { Desk } from '../desk.svelte';
import { dayBounds } from './day';
import { errands, type Errand } from './errands';

const LEAST_MS = 5_000;
const USUAL_MS = 60_000;
const MOST = 6_000;

/**
 * How much is to be brought to and fetched from each clinic. What is on no route the desk knows; what is on one is asked for here, as a
 * route's stops name their deliveries and pickups, but not how many packages those are.
 */
export class Work {
  #deliveries: FreeDelivery[] = [];
  #pickups: FreePickup[] = [];
  #known = new Set<string>();
  #askedAt = -Infinity;
  #isAsking = false;

  constructor(
    private readonly desk: Desk,
    private readonly changed: () => void,
  ) {}

  /** What is open, by `labId/clinicId`. */
  errands(): Map<string, Errand> {
    const all = new Map<string, Errand>();
    for (const lab of this.desk.labs.values()) {
      const isIts = (one: { labId: string }) => one.labId === lab.id;
      const today = this.desk.today(lab.id);
      const found = errands(
        [...this.desk.deliveries.values(), ...this.#deliveries].filter(isIts),
        [...this.desk.pickups.values(), ...this.#pickups].filter(isIts),
        today,
        dayBounds(today, lab.timeZone).to,
      );
      for (const [key, errand] of found) all.set(key, errand);
    }
    return all;
  }

  /** Asks again when it is time to: soon when a stop names work that is not known. */
  async refresh(): Promise<void> {
    const waited = performance.now() - this.#askedAt;
    if (this.#isAsking || waited < LEAST_MS || (waited < USUAL_MS && !this.#isBehind())) return;
    this.#isAsking = true;
    this.#askedAt = performance.now();
    try {
      const [assigned, out, pickups] = await Promise.all([
        askAll<FreeDelivery>('/v1/deliveries?status=assigned', MOST),
        askAll<FreeDelivery>('/v1/deliveries?status=out_for_delivery', MOST),
        askAll<FreePickup>('/v1/pickups?status=scheduled', MOST),
      ]);
      this.#deliveries = [...assigned, ...out].map(freeDelivery);
      this.#pickups = pickups.map(freePickup);
      this.#known = new Set([
        ...this.#deliveries.map((one) => one.deliveryId),
        ...this.#pickups.map((one) => one.id),
      ]);
      this.changed();
    } catch {
      // The counts stay as they were; the next turn asks again.
    } finally {
      this.#isAsking = false;
    }
  }

  #isBehind(): boolean {
    for (const stop of this.desk.stops.values()) {
      if (stop.status !== 'planned') continue;
      if ([...stop.deliveryIds, ...stop.pickupIds].some((id) => !this.#known.has(id))) return true;
    }
    return false;
  }
}
