import type { HistoryFix } from '../map/history';
import type { LngLat } from '../map/mercator';
import { GAP_MS } from '../map/tail';

/** A time without positions, between two fixes. */
export interface Gap {
  from: number;
  to: number;
}

/** Where a driver was at a moment, as far as it is known. */
export type Moment =
  /** Nothing was heard yet. */
  | { kind: 'before' }
  /** Between two fixes that are near in time: on the line between them. `speed` is that of the fix before. */
  | { kind: 'known'; place: LngLat; fix: HistoryFix; heading: number | null }
  /** In a gap: the last place that is known is `fix`. */
  | { kind: 'gap'; gap: Gap; fix: HistoryFix };

/** The day of a driver: his fixes in order of time, and what is missing between them. */
export class Track {
  readonly fixes: readonly HistoryFix[];
  /** Positions that cannot be true: shown as such, and no part of the way. */
  readonly suspects: readonly HistoryFix[];
  readonly gaps: readonly Gap[];

  constructor(all: readonly HistoryFix[]) {
    this.fixes = all.filter((fix) => !fix.isSuspect);
    this.suspects = all.filter((fix) => fix.isSuspect);
    this.gaps = gapsOf(this.fixes);
  }

  /** When the day begins and ends; absent without positions. */
  get span(): Gap | undefined {
    const [first, last] = [this.fixes[0], this.fixes.at(-1)];
    return first && last && { from: first.at, to: last.at };
  }

  at(moment: number): Moment {
    const index = lastUpTo(this.fixes, moment);
    const fix = this.fixes[index];
    if (!fix) return { kind: 'before' };
    const next = this.fixes[index + 1];
    if (!next) return { kind: 'known', place: fix, fix, heading: fix.heading };
    if (next.at - fix.at > GAP_MS && moment > fix.at)
      return { kind: 'gap', gap: { from: fix.at, to: next.at }, fix };
    return { kind: 'known', place: between(fix, next, moment), fix, heading: fix.heading };
  }
}

/** The times over `gapMs` without a fix. */
export function gapsOf(fixes: readonly { at: number }[], gapMs = GAP_MS): Gap[] {
  const found: Gap[] = [];
  for (let index = 1; index < fixes.length; index += 1) {
    const [before, after] = [fixes[index - 1], fixes[index]];
    if (before && after && after.at - before.at > gapMs) found.push({ from: before.at, to: after.at });
  }
  return found;
}

/** The index of the last one that is not after a moment; -1 before the first. They are in order of time. */
export function lastUpTo(fixes: readonly { at: number }[], moment: number): number {
  let [low, high] = [0, fixes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((fixes[middle]?.at ?? Infinity) <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function between(from: HistoryFix, to: HistoryFix, moment: number): LngLat {
  const whole = to.at - from.at;
  const part = whole > 0 ? Math.min(1, Math.max(0, (moment - from.at) / whole)) : 0;
  return { lng: from.lng + (to.lng - from.lng) * part, lat: from.lat + (to.lat - from.lat) * part };
}
