import { describe, expect, it } from 'vitest';
import type { Delivery, Pickup, Route, Stop, StopStatus } from '../records';
import { byClinic, dropPlace, ordered, peak, stopAt } from './planning';

const delivery = (
  deliveryId: string,
  clinicId: string,
  packageCount: number,
  priority: 'STANDARD' | 'RUSH' = 'STANDARD',
) => ({ deliveryId, labId: 'L', clinicId, packageCount, priority }) as Delivery;
const pickup = (id: string, clinicId: string, packageCount: number, windowEnd: string, isRush = false) =>
  ({ id, labId: 'L', clinicId, packageCount, windowEnd, isRush }) as Pickup;
const stop = (id: string, status: StopStatus = 'planned', clinicId = id) =>
  ({ id, status, clinicId, deliveryIds: [], pickupIds: [] }) as unknown as Stop;

describe('open work by clinic', () => {
  it('counts both ways and puts RUSH first, then what is promised earliest', () => {
    const work = byClinic(
      [delivery('d1', 'A', 2), delivery('d2', 'A', 3), delivery('d3', 'B', 1)],
      [
        pickup('p1', 'A', 4, '2026-06-09T16:00:00Z'),
        pickup('p2', 'C', 1, '2026-06-09T12:00:00Z'),
        pickup('p3', 'D', 1, '2026-06-09T18:00:00Z', true),
      ],
    );
    expect(work.map((one) => one.clinicId)).toEqual(['D', 'C', 'A', 'B']);
    expect(work[2]).toMatchObject({ bring: 5, fetch: 4, isRush: false, until: '2026-06-09T16:00:00Z' });
  });
  it('keeps clinics of two labs apart', () => {
    expect(byClinic([delivery('1', 'A', 1), { ...delivery('2', 'A', 1), labId: 'M' }], [])).toHaveLength(2);
  });
});

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
  it('moves one among those that are open', () => {
    expect(ordered(stops, 'c', 0)).toEqual(['c', 'a', 'b']);
    expect(ordered(stops, 'a', 1)).toEqual(['b', 'a', 'c']);
    expect(ordered(stops, 'a', 99)).toEqual(['b', 'c', 'a']);
    expect(ordered(stops, 'new', 1)).toEqual(['a', 'new', 'b', 'c']);
  });
  it('finds the stop at which a clinic is called at anyway', () => {
    const route = { stops: [stop('1', 'done', 'A'), stop('2', 'planned', 'A')] } as Route;
    expect(stopAt(route, 'A')?.id).toBe('2');
    expect(stopAt(route, 'B')).toBeUndefined();
  });
  it('drops before the first stop whose middle is below', () => {
    expect(dropPlace(5, [10, 30, 50])).toBe(0);
    expect(dropPlace(31, [10, 30, 50])).toBe(2);
    expect(dropPlace(99, [10, 30, 50])).toBe(3);
    expect(dropPlace(1, [])).toBe(0);
  });
});
