import { Problem } from '../api/client';
import { toLogin } from '../api/session.svelte';

/** Something that is asked of the server: what it is, or what was wrong; asked again, the old one stays until the new one is there. */
export class Loaded<T> {
  value = $state.raw<T>();
  fault = $state.raw<string>();
  /** Status of the fault; 0: the server was not reached. */
  status = $state<number>();
  busy = $state(false);
  #asking: AbortController | undefined;

  constructor(private readonly ask: (signal: AbortSignal) => Promise<T>) {}

  async load(): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.busy = true;
    try {
      const value = await this.ask(asking.signal);
      if (asking.signal.aborted) return;
      this.value = value;
      this.fault = undefined;
      this.status = undefined;
    } catch (error) {
      if (asking.signal.aborted) return;
      if (error instanceof Problem && error.status === 401) toLogin();
      this.fault = error instanceof Error ? error.message : String(error);
      this.status = error instanceof Problem ? error.status : undefined;
    }
    this.busy = false;
  }

  /** Asks now and every `ms` while the page is looked at; gives how to stop. */
  every(ms: number): () => void {
    void this.load();
    const timer = setInterval(() => {
      if (!document.hidden && !this.busy) void this.load();
    }, ms);
    return () => {
      clearInterval(timer);
      this.#asking?.abort();
    };
  }

  stop(): void {
    this.#asking?.abort();
  }
}
