/** Requests are numbered as they are sent: an answer to an older one than what is known of its key is dropped. */
export class Order {
  #last = 0;
  #known = new Map<string, number>();
  /** Requests on their way. */
  #open = new Set<number>();

  /** Runs a request, which gets its number; what is known is remembered for as long as an older answer may come. */
  async ask<T>(request: (asked: number) => Promise<T>): Promise<T> {
    const asked = this.#next();
    this.#open.add(asked);
    try {
      return await request(asked);
    } finally {
      this.#open.delete(asked);
      if (this.#open.size === 0) this.#known.clear();
    }
  }

  /** Whether what was asked under that number is news of the key; if so it is what is known of it from here on. */
  isNews(key: string, asked: number): boolean {
    if ((this.#known.get(key) ?? 0) > asked) return false;
    if (this.#open.size > 0) this.#known.set(key, asked);
    return true;
  }

  /** The key was heard of just now: whatever is still on its way is older. */
  heard(key: string): void {
    this.isNews(key, this.#next());
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }
}
