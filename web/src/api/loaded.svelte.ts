import { Problem } from './client';
import { toLogin } from './session.svelte';

/**
 * Something that is asked of the server: what it is, or what was wrong. Asked again, the old one stays until the new one is there; an
 * answer that was overtaken by a newer question is dropped.
 */
export class Loaded<T> {
  value = $state.raw<T>();
  fault = $state.raw<Problem>();
  busy = $state(false);
  #asking: AbortController | undefined;

  constructor(private readonly ask: (signal: AbortSignal) => Promise<T>) {}

  /** Asks; `fresh`: it is something else than before, which is not shown meanwhile. */
  async load(fresh = false): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.busy = true;
    if (fresh) this.value = this.fault = undefined;
    try {
      const value = await this.ask(asking.signal);
      if (asking.signal.aborted) return;
      this.value = value;
      this.fault = undefined;
    } catch (error) {
      if (asking.signal.aborted) return;
      if (error instanceof Problem && error.status === 401) toLogin();
      this.fault = error instanceof Problem ? error : new Problem(0, 'offline');
    }
    this.busy = false;
  }

  /** Asks now and every `ms` while the page is looked at; gives how to stop. */
  every(ms: number): () => void {
    void this.load();
    return this.again(ms);
  }

  /** Asks every `ms` while the page is looked at; gives how to stop. */
  again(ms: number): () => void {
    const timer = setInterval(() => {
      if (!document.hidden && !this.busy) void this.load();
    }, ms);
    return () => {
      clearInterval(timer);
      this.stop();
    };
  }

  /** Asks once for as long as it is looked at; gives how to stop. */
  once(): () => void {
    void this.load();
    return () => this.stop();
  }

  stop(): void {
    this.#asking?.abort();
  }
}
