const KEY = 'pontic.snoozed';
/** What is put aside for good is forgotten after a day: its trouble is over, or another one. */
const FOR_GOOD_MS = 24 * 3_600_000;

/** What was put aside at this desk and until when, by the card's key; it outlives a reload. */
export class Snoozes {
  #until: Map<string, number>;

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#until = new Map(read(storage.getItem(KEY)));
  }

  isAside(key: string, now: number): boolean {
    return (this.#until.get(key) ?? 0) > now;
  }

  /** Puts it aside until then. */
  put(key: string, until: number): void {
    this.#until.set(key, until);
    this.#keep();
  }

  /** Puts it aside for good. */
  close(key: string, now: number): void {
    this.put(key, now + FOR_GOOD_MS);
  }

  /** Is there again. */
  back(key: string): void {
    this.#until.delete(key);
    this.#keep();
  }

  /** Forgets what is over. */
  sweep(now: number): void {
    for (const [key, until] of this.#until) if (until <= now) this.#until.delete(key);
    this.#keep();
  }

  #keep(): void {
    this.storage.setItem(KEY, JSON.stringify([...this.#until]));
  }
}

function read(text: string | null): [string, number][] {
  try {
    const json: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(json)) return [];
    return json.filter(
      (entry): entry is [string, number] =>
        Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number',
    );
  } catch {
    return [];
  }
}
