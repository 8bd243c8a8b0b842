import { Problem } from '../../api/client';

/** How often a list is asked for again while nothing is heard of it. */
const AGAIN_MS = 15_000;

/**
 * A list that is asked for, shown, and asked for again. An answer that was overtaken by a newer question is dropped; a question that
 * fails leaves what is shown and says so.
 */
export class Listing<T> {
  items = $state.raw<T[]>([]);
  state = $state<'loading' | 'ready'>('loading');
  fault = $state<Problem>();
  #running: AbortController | undefined;

  constructor(private readonly ask: (signal: AbortSignal) => Promise<T[]>) {}

  /** Asks again; `fresh`: it is another list than before, whose rows are not shown meanwhile. */
  async refresh(fresh = false): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    if (fresh) {
      this.state = 'loading';
      this.items = [];
    }
    try {
      const items = await this.ask(running.signal);
      if (running.signal.aborted) return;
      this.items = items;
      this.fault = undefined;
      this.state = 'ready';
    } catch (error) {
      if (running.signal.aborted) return;
      this.fault = error instanceof Problem ? error : new Problem(0, 'offline');
      this.state = 'ready';
    }
  }

  /** Asks now and every 15 s while the page is seen; gives the end of it. */
  follow(): () => void {
    const timer = setInterval(() => {
      if (!document.hidden) void this.refresh();
    }, AGAIN_MS);
    return () => {
      clearInterval(timer);
      this.#running?.abort();
    };
  }
}
