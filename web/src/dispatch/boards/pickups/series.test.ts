import { describe, expect, it } from 'vitest';
import type { Pickup } from '../records';
import { bySeries, rhythmOf } from './series';

const pickup = (id: string, seriesId: string | undefined, windowStart: string): Pickup => ({
  id,
  pickupId: id,
  labId: 'LAB001',
  clinicId: 'CLI-1',
  status: 'requested',
  windowStart,
  windowEnd: windowStart,
  isRush: false,
  packageCount: 1,
  confirmationNum: 'PN-1',
  source: 'crm.portal',
  version: 1,
  ...(seriesId ? { seriesId } : {}),
});

describe('the rhythm of dates', () => {
  it('tells weekly from every other week, over holidays and the turn of the year', () => {
    expect(rhythmOf(['2026-12-21', '2026-12-28', '2027-01-04'])).toEqual({ kind: 'weekly', days: ['MO'] });
    expect(rhythmOf(['2026-06-10', '2026-06-12', '2026-06-19'])).toEqual({
      kind: 'weekly',
      days: ['WE', 'FR'],
    });
    expect(rhythmOf(['2026-12-21', '2027-01-04', '2027-01-18'])).toEqual({ kind: 'biweekly', days: ['MO'] });
  });
  it('knows every day and working days', () => {
    const from = (first: number, days: number) =>
      Array.from({ length: days }, (_, n) => `2026-06-${String(first + n).padStart(2, '0')}`);
    expect(rhythmOf(from(8, 9))).toEqual({ kind: 'daily' });
    expect(rhythmOf([...from(8, 5), ...from(15, 3)])).toEqual({ kind: 'workdays' });
  });
  it('says nothing of one date', () => {
    expect(rhythmOf(['2026-06-08'])).toEqual({ kind: 'once' });
    expect(rhythmOf([])).toEqual({ kind: 'once' });
  });
});

describe('pickups by series', () => {
  it('puts what comes next first and leaves single pickups out', () => {
    const made = bySeries(
      [
        pickup('b2', 'b', '2026-06-17T12:00:00Z'),
        pickup('single', undefined, '2026-06-01T12:00:00Z'),
        pickup('a1', 'a', '2026-06-11T12:00:00Z'),
        pickup('b1', 'b', '2026-06-10T12:00:00Z'),
      ],
      () => 'UTC',
    );
    expect(made.map((one) => [one.id, one.next.map((next) => next.id)])).toEqual([
      ['b', ['b1', 'b2']],
      ['a', ['a1']],
    ]);
  });
  it('counts days where the clinic is', () => {
    // Monday evening in New York is Tuesday in UTC.
    const made = bySeries(
      [pickup('1', 's', '2026-06-09T01:00:00Z'), pickup('2', 's', '2026-06-16T01:00:00Z')],
      () => 'America/New_York',
    );
    expect(made[0]?.rhythm).toEqual({ kind: 'weekly', days: ['MO'] });
  });
});
