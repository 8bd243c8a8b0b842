import { isGrouped, type Exception } from './exceptions';

/** So many are remembered after they left: a lateness may come and go as predictions change. */
const MOST = 500;

/** Which cards were said to those who hear the page: each is said once. */
export class Announced {
  #said: Set<string> | undefined;

  /** The new ones among the cards. What is there when the page opens is not new. */
  news(cards: readonly Exception[]): Exception[] {
    const before = this.#said;
    const said = before ?? new Set<string>();
    const fresh = before ? cards.filter((one) => !before.has(nameOf(one))) : [];
    for (const one of cards) {
      const name = nameOf(one);
      // The last seen is forgotten last.
      said.delete(name);
      said.add(name);
    }
    for (const name of said) {
      if (said.size <= Math.max(MOST, cards.length)) break;
      said.delete(name);
    }
    this.#said = said;
    return fresh;
  }
}

/** A driver who falls silent once more is news; one more refused message is not. */
function nameOf({ key, code, alerts }: Exception): string {
  const newest = isGrouped(code) ? undefined : alerts[0];
  return newest ? `${key} ${newest.number}` : key;
}
