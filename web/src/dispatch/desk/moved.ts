type Listen = (keys: Set<string>) => void;

/** Gathers who moved, and tells it once. */
export class Moved {
  #keys = new Set<string>();
  #listeners = new Set<Listen>();

  note(key: string): void {
    this.#keys.add(key);
  }

  /** Calls `listen` with every gathering; gives the way to end that. */
  listen(listen: Listen): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  tell(): void {
    if (this.#keys.size === 0) return;
    const keys = this.#keys;
    this.#keys = new Set();
    for (const listen of this.#listeners) listen(keys);
  }
}
