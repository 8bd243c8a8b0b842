import { describe, expect, it } from 'vitest';
import { GAP_MS, pieces, trimmed } from './tail';
import { tailMs } from '../desk/now';

const point = (at: number) => ({ lng: 0, lat: 0, at });

const TEN = 10 * 60_000;

describe('a tail', () => {
  it('is shorter in a crowd, and together no longer than the map has room for', () => {
    expect([1, 50, 100, 500].map((drivers) => tailMs(drivers) / 60_000)).toEqual([10, 10, 5, 1]);
  });

  it('ends after ten minutes', () => {
    const tail = [0, 60_000, 120_000].map(point);
    expect(trimmed(tail, TEN, TEN)).toBe(tail);
    expect(trimmed(tail, TEN + 1, TEN)).toEqual(tail.slice(1));
    expect(trimmed(tail, 2 * TEN, TEN)).toEqual([]);
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
