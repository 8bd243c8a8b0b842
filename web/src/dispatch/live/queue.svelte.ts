import { timeOfDay } from '../../ages';
import { ask, Problem } from '../../api/client';
import { clock } from '../../clock.svelte';
import { toasts } from '../../design/toasts.svelte';
import { words } from '../../words/words';
import { desk } from '../desk.svelte';
import { exceptions, type Exception } from '../desk/exceptions';
import { Later } from '../desk/later';
import { Snoozes } from '../desk/snoozes';

/** As long as a toast offers the way back. */
const UNDO_MS = 10_000;

/** The queue of exceptions, less what was put aside. */
class Queue {
  /** Bumped when something was put aside here. */
  #turn = $state(0);
  #later = new Later(UNDO_MS);
  #snoozes = new Snoozes(localStorage);
  /** When this desk first saw what it sees itself. */
  #since = new Map<string, number>();

  constructor() {
    this.#snoozes.sweep(clock.read());
    // Whoever leaves the page within the ten seconds meant it.
    addEventListener('pagehide', () => this.#later.flush());
  }

  /** All cards, in their order; to be read after `desk.beat`. */
  list(): Exception[] {
    void this.#turn;
    const now = clock.read();
    const all = exceptions({
      alerts: desk.alerts,
      routes: [...desk.routes.values()],
      drivers: desk.drivers,
      stops: desk.stops,
      isFree: (key) => desk.deliveries.has(key) || desk.pickups.has(key),
      today: (labId) => desk.today(labId),
      shows: (labId) => desk.shows(labId),
      knownSince: this.#since,
      now,
    });
    this.#remember(all);
    this.#snoozes.keepOnly(desk.alerts);
    return all.filter((one) => !this.#snoozes.isAside(one, now));
  }

  #remember(all: Exception[]): void {
    const own = all.filter((one) => one.alerts.length === 0);
    const before = this.#since;
    this.#since = new Map(own.map((one) => [one.key, before.get(one.key) ?? one.since]));
  }

  /** Puts a card aside for some minutes. */
  snooze(one: Exception, minutes: number): void {
    const until = clock.read() + minutes * 60_000;
    const time = timeOfDay(until, desk.zone(one.labId));
    this.#snoozes.put(one, until);
    this.#aside(one, words.dispatch.queue.snoozed(time), () => each(one, 'snooze', { minutes }));
  }

  /** Somebody has dealt with it. */
  close(one: Exception): void {
    this.#snoozes.close(one, clock.read());
    this.#aside(one, words.dispatch.queue.closed, () => each(one, 'close'));
  }

  /** Out of sight at once, sent when the way back is over. */
  #aside(one: Exception, said: string, send: () => Promise<void>): void {
    this.#turn += 1;
    const back = () => {
      this.#snoozes.back(one);
      this.#turn += 1;
    };
    // The same card may come back with another alert while the first is still waiting: both are sent.
    const sending = [one.key, ...one.alerts.map(({ number }) => number)].join(' ');
    this.#later.put(sending, () => {
      send().catch((error: unknown) => {
        back();
        toasts.fault(error instanceof Problem ? error.message : String(error));
      });
    });
    toasts.say(said, () => {
      if (this.#later.takeBack(sending)) back();
    });
  }
}

/** Does it to all alerts behind a card; one that is gone already is as good as done. */
async function each(one: Exception, what: 'close' | 'snooze', body?: object): Promise<void> {
  for (const { number } of one.alerts) {
    try {
      await ask(`/v1/alerts/${number}/${what}`, { method: 'POST', ...(body ? { body } : {}) });
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
  }
  if (one.alerts.length > 0) await desk.refreshAlerts();
}

export const queue = new Queue();
