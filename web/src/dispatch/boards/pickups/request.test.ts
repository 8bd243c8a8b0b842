import { describe, expect, it } from 'vitest';
import { requestOf, type Wish } from './request';

const wish: Wish = {
  labId: 'LAB001',
  clinicId: 'CLI-1',
  date: '2026-06-10',
  from: '09:00',
  to: '11:00',
  packages: 2,
  rush: false,
  notes: '',
  name: '',
  phone: '',
  repeats: 'never',
  days: [],
  skipWeekends: false,
  ends: 'never',
  until: '',
  count: 10,
  skipDates: [],
};
const ID = 'abcdef01-0000-4000-8000-000000000000';

describe('a pickup that the desk asks for', () => {
  it('means the clinic’s wall clock', () => {
    expect(requestOf(wish, ID, 'America/Chicago')).toEqual({
      id: ID,
      source: 'dispatch.desk',
      detailType: 'PickupRequested',
      detail: {
        pickupId: 'DESK-ABCDEF01',
        labId: 'LAB001',
        clinicId: 'CLI-1',
        windowStart: '2026-06-10T14:00:00.000Z',
        windowEnd: '2026-06-10T16:00:00.000Z',
        packageCount: 2,
        isRush: false,
      },
    });
  });

  it('repeats only as it was asked to', () => {
    const detail = (change: Partial<Wish>) =>
      (requestOf({ ...wish, ...change }, ID, 'UTC') as { detail: Record<string, unknown> }).detail[
        'recurrence'
      ];
    expect(detail({ days: ['MO'] })).toBeUndefined();
    expect(detail({ repeats: 'daily', days: ['MO'], skipWeekends: true, ends: 'count', count: 5 })).toEqual({
      frequency: 'daily',
      skipWeekends: true,
      count: 5,
    });
    expect(
      detail({
        repeats: 'biweekly',
        days: ['MO', 'TH'],
        skipWeekends: true,
        ends: 'until',
        until: '2026-12-31',
        skipDates: ['2026-07-03'],
      }),
    ).toEqual({
      frequency: 'biweekly',
      daysOfWeek: ['MO', 'TH'],
      until: '2026-12-31',
      skipDates: ['2026-07-03'],
    });
  });
});
