import { changed, read, write } from './hash';

/** Where on this page we are, by what stands after `#`. Filters stand there too, so that a place can be sent to somebody. */
class Address {
  #hash = $state(globalThis.location?.hash ?? '');
  #read = $derived(read(this.#hash));

  constructor() {
    globalThis.addEventListener?.('hashchange', () => (this.#hash = location.hash));
  }

  /** `['clinics', 'CLI-001']` */
  get path(): string[] {
    return this.#read.path;
  }

  get query(): URLSearchParams {
    return this.#read.query;
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

  /** To another place. */
  go(hash: string): void {
    location.hash = hash;
  }
}

export const address = new Address();
