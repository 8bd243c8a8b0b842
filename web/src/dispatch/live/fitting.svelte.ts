import { clock } from '../../clock.svelte';
import { desk } from '../desk.svelte';
import { Coalesced } from '../desk/coalesce';
import type { Fit, Waiting } from '../desk/tray';
import { fits } from './doing';

/** A minute later vans are elsewhere. */
const STALE_MS = 60_000;

interface Found {
  /** When it was asked. */
  at: number;
  /** Nothing: nobody could say. */
  items: Fit[] | undefined;
}

/** Who would fetch or bring best what waits, asked entry by entry and kept for a minute. */
class Fitting {
  #found = $state.raw<Record<string, Found>>({});
  #wanted = new Map<string, Waiting>();
  #loads = new Coalesced((key) => this.#load(key), 80, 2);

  get isThere(): boolean {
    return desk.mayAct && desk.has('/v1/fit');
  }

  /** The fits of an entry, the best first; none: not known yet. */
  of(key: string): Fit[] | undefined {
    return this.#found[key]?.items;
  }

  /** Asks, unless it is known well enough. */
  want(one: Waiting): void {
    const found = this.#found[one.key];
    if (!this.isThere || (found && Math.abs(clock.read() - found.at) < STALE_MS)) return;
    this.#wanted.set(one.key, one);
    this.#loads.want(one.key);
  }

  /** What was known is stale: a route was changed. */
  forget(): void {
    this.#found = {};
  }

  async #load(key: string): Promise<void> {
    const one = this.#wanted.get(key);
    if (!one) return;
    // Where nobody answers, what was known last stands, and a driver can be chosen by hand.
    const items = await fits(one).catch(() => this.of(key));
    this.#found = { ...this.#found, [key]: { at: clock.read(), items } };
  }
}

export const fitting = new Fitting();
