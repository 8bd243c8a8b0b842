/** Things that are sent only after a while, so that they can be taken back until then. What is left when the page goes is sent at once. */
export class Later {
  #waiting = new Map<string, { run: () => void; timer: ReturnType<typeof setTimeout> }>();

  constructor(private readonly waitMs: number) {}

  /** Runs it after the wait, unless it is taken back; one of the same key that still waits is replaced. */
  put(key: string, run: () => void): void {
    this.takeBack(key);
    const timer = setTimeout(() => {
      this.#waiting.delete(key);
      run();
    }, this.waitMs);
    this.#waiting.set(key, { run, timer });
  }

  /** Whether it was still waiting, and so has not happened. */
  takeBack(key: string): boolean {
    const found = this.#waiting.get(key);
    if (!found) return false;
    clearTimeout(found.timer);
    return this.#waiting.delete(key);
  }

  /** Runs all that waits, now. */
  flush(): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { run, timer } of all) {
      clearTimeout(timer);
      run();
    }
  }
}
