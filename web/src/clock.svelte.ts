import { ask } from './api/client';
import { passed, readClocks } from './steady';

const AGAIN_MS = 5 * 60_000;
/** Clocks of phones drift by some seconds a day: so much of the time that passed is not known any more. */
const DRIFT = 1e-4;

/** Ages and "in 5 minutes" go by the server's clock: a screen's own may be an hour off, and a demo's runs fast. */
class Clock {
  /** The server's clock when ours showed `#read`, in milliseconds since 1970, and how many of its seconds pass in one of ours. */
  #told = Date.now();
  #read = readClocks();
  #rate = 1;
  /** By so much may it be off, in milliseconds. */
  #error = Infinity;
  #mayHaveSlept = false;
  #follows = false;
  /** The server's time, moved on every second, in milliseconds since 1970. */
  now = $state(Date.now());

  constructor() {
    setInterval(() => (this.now = this.read()), 1_000);
    globalThis.document?.addEventListener('visibilitychange', () => {
      this.#mayHaveSlept = true;
      this.now = this.read();
    });
  }

  /** The server's time at this very moment. */
  read(): number {
    const now = readClocks();
    const { ms, hasJumped } = passed(this.#read, now, this.#mayHaveSlept);
    this.#told += ms * this.#rate;
    this.#error += Math.abs(ms) * DRIFT;
    this.#read = now;
    this.#mayHaveSlept = globalThis.document?.hidden ?? false;
    if (hasJumped) {
      this.#error = Infinity;
      // Sleep or a clock that was set: the server knows, if it is there.
      if (this.#follows) void this.#ask();
    }
    return this.#told;
  }

  /** What to add to this machine's clock to have the server's, in milliseconds. */
  ahead(): number {
    return this.read() - Date.now();
  }

  /** The server's clock is known to have been so much ahead of this machine's: better than nothing until it is heard. */
  remember(ahead: number): void {
    this.read();
    this.#told = Date.now() + ahead;
    this.now = this.#told;
  }

  /**
   * The server's clock showed `told` in an answer that was on its way for `tripMs`: half of that before, half after. Of two answers that
   * can both be true the quicker one counts, so that the clock does not go to and fro between them.
   */
  hear(told: number, tripMs: number, rate = this.#rate): void {
    const heard = told + (tripMs / 2) * rate;
    const error = (tripMs / 2) * rate;
    const canBoth = Math.abs(heard - this.read()) <= error + this.#error;
    if (canBoth && error >= this.#error && rate === this.#rate) return;
    this.#told = heard;
    this.#error = error;
    this.#rate = rate;
    this.now = heard;
  }

  /** Asks the server now and then, for as long as the page lives; a server that is away changes nothing. */
  async follow(): Promise<void> {
    if (!this.#follows) setInterval(() => void this.#ask(), AGAIN_MS);
    this.#follows = true;
    await this.#ask();
  }

  async #ask(): Promise<void> {
    const asked = performance.now();
    try {
      const { clock } = await ask<{ clock: { now: string; rate: number } }>('/readyz');
      this.hear(Date.parse(clock.now), performance.now() - asked, clock.rate);
    } catch {
      // What was known last holds.
    }
  }
}

export const clock = new Clock();
