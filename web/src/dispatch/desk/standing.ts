/** As many alerts the server tells at most when it tells how they stand. */
export const MOST_TOLD = 200;

/**
 * How the alerts stand after the server told the newest: what was known and is not told is dealt with, unless it is older than all that
 * fitted. The newest first.
 */
export function standing<T extends { number: number }>(known: readonly T[], told: readonly T[]): T[] {
  if (told.length < MOST_TOLD) return [...told];
  const oldest = Math.min(...told.map(({ number }) => number));
  return [...told, ...known.filter(({ number }) => number < oldest)];
}
