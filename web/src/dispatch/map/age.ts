/** How old what we know of a driver's place is: drawn full, grey from two minutes on, hollow from ten. */
export type Freshness = 'fresh' | 'stale' | 'old';

export const STALE_MS = 2 * 60_000;
export const OLD_MS = 10 * 60_000;

export function freshness(timestamp: number, now: number): Freshness {
  const age = now - timestamp;
  if (age < STALE_MS) return 'fresh';
  return age < OLD_MS ? 'stale' : 'old';
}
