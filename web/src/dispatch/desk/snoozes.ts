const KEY = 'pontic.snoozed';
/** What is put aside for good is forgotten after a day: its trouble is over, or another one. */
const FOR_GOOD_MS = 24 * 3_600_000;

/** What is put aside: a card by its key, or, where there are alerts behind it, these. */
export interface Aside {
  key: string;
  alerts: readonly { number: number }[];
}

/**
 * What was put aside at this desk and until when. Of a card with alerts it is those alerts that are put aside, not its key: the next one
 * of the same driver or queue is new trouble. The server remembers alerts; only what has none outlives a reload here.
 */
export class Snoozes {
  #until: Map<string, number>;
  #alerts = new Map<number, number>();

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#until = new Map(read(storage.getItem(KEY)));
  }

  isAside({ key, alerts }: Aside, now: number): boolean {
    if (alerts.length === 0) return (this.#until.get(key) ?? 0) > now;
    return alerts.every(({ number }) => (this.#alerts.get(number) ?? 0) > now);
  }

  /** Puts it aside until then. */
  put({ key, alerts }: Aside, until: number): void {
    for (const { number } of alerts) this.#alerts.set(number, until);
    if (alerts.length > 0) return;
    this.#until.set(key, until);
    this.#keep();
  }

  /** Puts it aside for good: alerts by their numbers, which never come again. */
  close(one: Aside, now: number): void {
    this.put(one, one.alerts.length > 0 ? Infinity : now + FOR_GOOD_MS);
  }

  /** Is there again. */
  back({ key, alerts }: Aside): void {
    for (const { number } of alerts) this.#alerts.delete(number);
    if (this.#until.delete(key)) this.#keep();
  }

  /** Forgets the alerts that are not among these any more: they are dealt with. */
  keepOnly(open: readonly { number: number }[]): void {
    if (this.#alerts.size === 0) return;
    const numbers = new Set(open.map(({ number }) => number));
    for (const number of this.#alerts.keys()) if (!numbers.has(number)) this.#alerts.delete(number);
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
