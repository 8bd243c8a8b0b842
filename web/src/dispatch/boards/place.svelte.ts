import { changed, read, write } from './hash';

/** Where on the page we are: `#/deliveries?date=2026-06-09&open=…`. Filters stand in the address, so that it can be sent to somebody. */
class Place {
  #hash = $state(globalThis.location?.hash ?? '');
  #read = $derived(read(this.#hash));

  constructor() {
    globalThis.addEventListener?.('hashchange', () => (this.#hash = location.hash));
  }

  /** `['clinics', 'CLI-001']` */
  get path(): string[] {
    return this.#read.path;
  }

  get(name: string): string {
    return this.#read.query.get(name) ?? '';
  }

  /** Changes filters in place; an empty text takes one away. */
  set(change: Record<string, string>): void {
    const hash = write(changed(this.#read, change));
    if (hash === location.hash) return;
    history.replaceState(history.state, '', hash);
    this.#hash = hash;
  }
}

export const place = new Place();
