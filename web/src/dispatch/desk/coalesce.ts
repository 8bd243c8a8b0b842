/** Runs a load of many keys: those named within `waitMs` in one go, at most `atOnce` at a time, one load a key at a time. */
export class Coalesced {
  #waiting = new Set<string>();
  #running = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly load: (key: string) => Promise<void>,
    private readonly waitMs = 120,
    private readonly atOnce = 6,
  ) {}

  /** Loads it soon. One that is being loaded is loaded again after that: what is on its way may be older than the wish. */
  want(key: string): void {
    this.#waiting.add(key);
    this.#timer ??= setTimeout(() => this.#go(), this.waitMs);
  }

  #go(): void {
    this.#timer = undefined;
    for (const key of this.#waiting) {
      if (this.#running.size >= this.atOnce) break;
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.add(key);
      void this.load(key)
        // The stream tells of the next change, and a reconnect loads all anew.
        .catch(() => undefined)
        .finally(() => {
          this.#running.delete(key);
          if (this.#waiting.size > 0) this.#timer ??= setTimeout(() => this.#go(), 0);
        });
    }
  }
}
