import { describe, expect, it } from 'vitest';
import type { Stop, StopStatus } from '../records';
import { dropPlace, openStops, peak } from './planning';

const stop = (id: string, status: StopStatus = 'planned', clinicId = id) =>
  ({ id, status, clinicId, deliveryIds: [], pickupIds: [] }) as unknown as Stop;

describe('the load of a van', () => {
  const loads: Record<string, { bring: number; fetch: number }> = {
    a: { bring: 10, fetch: 0 },
    b: { bring: 5, fetch: 20 },
    c: { bring: 5, fetch: 3 },
  };
  const of = (one: Stop) => loads[one.id] ?? { bring: 0, fetch: 0 };
  it('is fullest where it is fullest, not at the start', () => {
    // 20 at the start, 10, 25, 23.
    expect(peak([stop('a'), stop('b'), stop('c')], of)).toBe(25);
    expect(peak([stop('b'), stop('a'), stop('c')], of)).toBe(35);
  });
  it('has what was fetched at stops that are done, and not what was skipped', () => {
    expect(peak([stop('b', 'done'), stop('a')], of)).toBe(30);
    expect(peak([stop('b', 'skipped'), stop('a')], of)).toBe(10);
  });
  it('is nothing without stops', () => expect(peak([], of)).toBe(0));
});

describe('the order of stops', () => {
  const stops = [stop('x', 'done'), stop('a'), stop('b'), stop('c')];
  it('is of those that are ahead', () => {
    expect(openStops({ stops }).map((one) => one.id)).toEqual(['a', 'b', 'c']);
  });
  it('drops before the first stop whose middle is below', () => {
    expect(dropPlace(5, [10, 30, 50])).toBe(0);
    expect(dropPlace(31, [10, 30, 50])).toBe(2);
    expect(dropPlace(99, [10, 30, 50])).toBe(3);
    expect(dropPlace(1, [])).toBe(0);
  });
});
