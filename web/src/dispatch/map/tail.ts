import type { LngLat } from './mercator';

export interface TailPoint extends LngLat {
  /** Milliseconds since 1970. */
  at: number;
}

/** Between two fixes further apart in time nobody knows the way: that is a gap, and no line. */
export const GAP_MS = 120_000;

/** The part of a tail that is at most `ms` older than `now`; the points are in order of time. */
export function trimmed<P extends TailPoint>(tail: readonly P[], now: number, ms: number): readonly P[] {
  let from = 0;
  while (from < tail.length && (tail[from]?.at ?? 0) < now - ms) from += 1;
  return from === 0 ? tail : tail.slice(from);
}

/** The pieces of a way between gaps. A piece of one point is kept: he was there. */
export function pieces<P extends { at: number }>(points: readonly P[], gapMs = GAP_MS): P[][] {
  const found: P[][] = [];
  let piece: P[] = [];
  for (const point of points) {
    const last = piece.at(-1);
    if (last && point.at - last.at > gapMs) {
      found.push(piece);
      piece = [];
    }
    piece.push(point);
  }
  if (piece.length > 0) found.push(piece);
  return found;
}
