import { ask } from './api/client';

const AGAIN_MS = 5 * 60_000;

/** Ages and "in 5 minutes" go by the server's clock: a screen's own may be an hour off, and a demo's runs fast. */
class Clock {
  /** The server's clock when ours showed `#asked`, in milliseconds since 1970, and how many of its seconds pass in one of ours. */
  #told = Date.now();
  #asked = Date.now();
  #rate = 1;
  /** The server's time, moved on every second, in milliseconds since 1970. */
  now = $state(Date.now());

  constructor() {
    setInterval(() => (this.now = this.read()), 1_000);
  }

  /** The server's time at this very moment. */
  read(): number {
    return this.#told + (Date.now() - this.#asked) * this.#rate;
  }

  /** The server's clock shows `told`, and runs so fast. */
  set(told: number, rate = this.#rate): void {
    this.#told = told;
    this.#asked = Date.now();
    this.#rate = rate;
    this.now = this.read();
  }

  /** Asks the server now and then, for as long as the page lives; a server that is away changes nothing. */
  async follow(): Promise<void> {
    await this.#ask();
    setInterval(() => void this.#ask(), AGAIN_MS);
  }

  async #ask(): Promise<void> {
    try {
      const { clock } = await ask<{ clock: { now: string; rate: number } }>('/readyz');
      this.set(Date.parse(clock.now), clock.rate);
    } catch {
      // What was known last holds.
    }
  }
}

export const clock = new Clock();
