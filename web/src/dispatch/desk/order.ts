/** Requests are numbered as they are sent: an answer to an older one than what is known of its key is dropped. */
export class Order {
  #last = 0;
  #known = new Map<string, number>();

  /** The number of a request that is sent now. */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  /** Whether what was asked under that number is news of the key; if so it is what is known of it from here on. */
  isNews(key: string, asked: number): boolean {
    if ((this.#known.get(key) ?? 0) > asked) return false;
    this.#known.set(key, asked);
    return true;
  }
}
