import { describe, expect, it } from 'vitest';
import { GAP_MS, pieces, TAIL_MS, trimmed } from './tail';

const point = (at: number) => ({ lng: 0, lat: 0, at });

describe('a tail', () => {
  it('ends after ten minutes', () => {
    const tail = [0, 60_000, 120_000].map(point);
    expect(trimmed(tail, TAIL_MS)).toBe(tail);
    expect(trimmed(tail, TAIL_MS + 1)).toEqual(tail.slice(1));
    expect(trimmed(tail, 2 * TAIL_MS)).toEqual([]);
  });
});

describe('a way', () => {
  it('is one piece while fixes come', () => {
    const way = [0, 30_000, 30_000 + GAP_MS].map(point);
    expect(pieces(way)).toEqual([way]);
  });

  it('is cut where nobody knows it', () => {
    const way = [0, GAP_MS + 1, GAP_MS + 2, 3 * GAP_MS].map(point);
    expect(pieces(way)).toEqual([[way[0]], [way[1], way[2]], [way[3]]]);
  });

  it('of nothing has no pieces', () => {
    expect(pieces([])).toEqual([]);
  });
});
