import type { LiveMessage } from '../../api/live.svelte';

/** How long news are gathered before lists are asked for again, in milliseconds. */
const GATHER_MS = 800;

type Kind = 'deliveries' | 'pickups' | 'routes';

const CHANGES: Record<string, readonly Kind[]> = {
  SNAPSHOT: ['deliveries', 'pickups', 'routes'],
  DELIVERY_UPDATED: ['deliveries'],
  PICKUP_UPDATED: ['pickups'],
  ROUTE_UPDATED: ['routes'],
};

/**
 * What the live stream says that boards care about: lists are asked for again when something of theirs changed. Whoever has the stream
 * hands its messages to `hear`; without it the boards ask every 15 s.
 */
class News {
  deliveries = $state(0);
  pickups = $state(0);
  routes = $state(0);
  #changed = new Set<Kind>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  hear(messages: readonly LiveMessage[]): void {
    for (const { type } of messages) for (const kind of CHANGES[type] ?? []) this.#changed.add(kind);
    if (this.#changed.size > 0) this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS);
  }

  #tell(): void {
    this.#timer = undefined;
    const changed = this.#changed;
    this.#changed = new Set();
    for (const kind of changed) this[kind] += 1;
  }
}

export const news = new News();
