import { describe, expect, it } from 'vitest';
import type { HistoryFix } from '../map/history';
import { GAP_MS } from '../map/tail';
import { gapsOf, lastUpTo, Track } from './track';

const fix = (at: number, lng = 0, isSuspect = false): HistoryFix => ({
  at,
  lng,
  lat: 0,
  speed: 30,
  heading: 90,
  accuracy: null,
  isSuspect,
});

describe('the last fix up to a moment', () => {
  const fixes = [10, 20, 20, 30].map((at) => fix(at));

  it('is found by halves', () => {
    expect([9, 10, 15, 20, 29, 30, 99].map((at) => lastUpTo(fixes, at))).toEqual([-1, 0, 0, 2, 2, 3, 3]);
    expect(lastUpTo([], 5)).toBe(-1);
  });
});

describe('gaps', () => {
  it('are over 120 s, not at 120 s', () => {
    expect(gapsOf([fix(0), fix(GAP_MS)])).toEqual([]);
    expect(gapsOf([fix(0), fix(GAP_MS + 1), fix(GAP_MS + 2)])).toEqual([{ from: 0, to: GAP_MS + 1 }]);
    expect(gapsOf([])).toEqual([]);
  });
});

describe('a track', () => {
  const track = new Track([fix(1_000, 0), fix(11_000, 10), fix(12_000, 99, true), fix(11_000 + 200_000, 20)]);

  it('leaves out what cannot be true, and keeps it aside', () => {
    expect(track.fixes.map((one) => one.lng)).toEqual([0, 10, 20]);
    expect(track.suspects.map((one) => one.lng)).toEqual([99]);
    expect(track.span).toEqual({ from: 1_000, to: 211_000 });
  });

  it('says nothing before its first fix', () => {
    expect(track.at(999)).toEqual({ kind: 'before' });
    expect(new Track([]).at(5)).toEqual({ kind: 'before' });
    expect(new Track([]).span).toBeUndefined();
  });

  it('is on the line between fixes that are near in time', () => {
    const moment = track.at(6_000);
    expect(moment.kind === 'known' && moment.place).toEqual({ lng: 5, lat: 0 });
  });

  it('stands at the last known place in a gap, and says that it is one', () => {
    const moment = track.at(60_000);
    expect(moment.kind).toBe('gap');
    expect(moment.kind === 'gap' && [moment.fix.lng, moment.gap]).toEqual([
      10,
      { from: 11_000, to: 211_000 },
    ]);
    expect(track.at(11_000).kind).toBe('known');
    expect(track.at(211_000).kind).toBe('known');
  });

  it('goes nowhere after its last fix', () => {
    const moment = track.at(999_999);
    expect(moment.kind === 'known' && moment.place.lng).toBe(20);
  });
});
