import { language, words } from '../../words/words';

/** Metres or kilometres, as short as they are true: `200 m`, `2 km`. */
export function kilometres(metres: number): string {
  return metres < 1_000 ? words.map.metres(number(metres)) : words.shell.kilometres(number(metres / 1_000));
}

/** A number as the language writes it. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString(language, { maximumFractionDigits: digits });
}

/** Whether whoever looks wants nothing to move by itself. */
export function isStill(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
