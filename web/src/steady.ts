/** What this machine's two clocks showed at one moment, in milliseconds. */
export interface Reading {
  /** The wall clock: since 1970, and somebody may set it. */
  wall: number;
  /** The steady clock: nobody sets it, but it stands while a phone sleeps. */
  steady: number;
}

/** So far may the two part before one of them is not believed. */
const APART_MS = 2_000;

export function readClocks(): Reading {
  return { wall: Date.now(), steady: performance.now() };
}

/**
 * How much time passed between two readings, and whether one of the clocks jumped: a phone that was an hour off sets itself right, which
 * is no hour. `mayHaveSlept`: whether the page was out of sight between them, as it is when a phone sleeps; then the wall clock is right.
 */
export function passed(
  from: Reading,
  to: Reading,
  mayHaveSlept: boolean,
): { ms: number; hasJumped: boolean } {
  const wall = to.wall - from.wall;
  const steady = to.steady - from.steady;
  const hasJumped = Math.abs(wall - steady) > APART_MS;
  const isSleep = mayHaveSlept && wall > steady;
  return { ms: hasJumped && !isSleep ? steady : wall, hasJumped };
}
