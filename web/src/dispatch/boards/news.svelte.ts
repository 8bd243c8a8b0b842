import type { LiveMessage } from '../../api/live.svelte';
import { directory } from './directory.svelte';

/** How long news are gathered before lists are asked for again, in milliseconds. */
const GATHER_MS = 800;

/**
 * What the live stream says that boards care about: lists are asked for again when something of theirs changed. Whoever has the stream
 * hands its messages to `hear`; without it the boards ask every 15 s.
 */
class News {
  deliveries = $state(0);
  pickups = $state(0);
  routes = $state(0);
  #changed = new Set<'deliveries' | 'pickups' | 'routes' | 'clinics' | 'drivers'>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  hear(messages: readonly LiveMessage[]): void {
    for (const message of messages) this.#one(message);
    if (this.#changed.size > 0) this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS);
  }

  #one(message: LiveMessage): void {
    switch (message.type) {
      case 'SNAPSHOT':
        for (const kind of ['deliveries', 'pickups', 'routes'] as const) this.#changed.add(kind);
        return;
      case 'DELIVERY_UPDATED':
        this.#changed.add('deliveries');
        return;
      case 'PICKUP_UPDATED':
        this.#changed.add('pickups');
        return;
      case 'ROUTE_UPDATED':
        this.#changed.add('routes');
        return;
      case 'CLINIC_UPDATED':
        this.#changed.add('clinics');
        return;
      case 'DRIVER_UPDATED':
        this.#changed.add('drivers');
    }
  }

  #tell(): void {
    this.#timer = undefined;
    const changed = this.#changed;
    this.#changed = new Set();
    for (const kind of ['deliveries', 'pickups', 'routes'] as const) if (changed.has(kind)) this[kind] += 1;
    // A directory that cannot be read now keeps what it has; the next message asks again.
    if (changed.has('clinics')) void directory.reloadClinics().catch(() => undefined);
    if (changed.has('drivers')) void directory.reloadDrivers().catch(() => undefined);
  }
}

export const news = new News();
