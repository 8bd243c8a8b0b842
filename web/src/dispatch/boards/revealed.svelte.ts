import type { Problem } from '../../api/client';
import { problemOf } from '../../faults';

/** So long it is seen, in seconds. */
const SHOWN_S = 60;

/** Something of a patient that was asked for: it is gone after a minute. */
export class Revealed<T> {
  value = $state.raw<T>();
  /** Seconds until it goes. */
  left = $state(0);
  busy = $state(false);
  fault = $state.raw<Problem>();

  constructor(private readonly ask: () => Promise<T>) {}

  async show(): Promise<void> {
    this.busy = true;
    this.fault = undefined;
    try {
      this.value = await this.ask();
      this.left = SHOWN_S;
    } catch (error) {
      this.fault = problemOf(error);
    }
    this.busy = false;
  }

  hide(): void {
    this.value = undefined;
  }

  /** Counts down while it is shown; belongs to an effect. */
  count(): (() => void) | undefined {
    if (this.value === undefined) return undefined;
    const timer = setInterval(() => {
      this.left -= 1;
      if (this.left <= 0) this.hide();
    }, 1_000);
    return () => clearInterval(timer);
  }
}
