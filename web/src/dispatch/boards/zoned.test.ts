import { describe, expect, it } from 'vitest';
import { addDays, dateOn, momentOf, timeIn, weekday } from './zoned';

describe('wall clocks', () => {
  it('finds the moment that a wall clock means', () => {
    expect(momentOf('2026-06-09', '08:30', 'America/New_York').toISOString()).toBe(
      '2026-06-09T12:30:00.000Z',
    );
    expect(momentOf('2026-01-09', '08:30', 'America/New_York').toISOString()).toBe(
      '2026-01-09T13:30:00.000Z',
    );
    expect(momentOf('2026-06-09', '00:15', 'Asia/Kolkata').toISOString()).toBe('2026-06-08T18:45:00.000Z');
    expect(momentOf('2026-06-09', '08:30:00', 'UTC').toISOString()).toBe('2026-06-09T08:30:00.000Z');
  });

  it('moves a time that the clocks leave out as far as they go forward', () => {
    // 02:30 does not exist on 8 March 2026 in New York: 03:30 EDT.
    expect(momentOf('2026-03-08', '02:30', 'America/New_York').toISOString()).toBe(
      '2026-03-08T07:30:00.000Z',
    );
  });

  it('takes the first of a time that comes twice', () => {
    // 01:30 on 1 November 2026: first EDT (-4), then EST (-5).
    expect(momentOf('2026-11-01', '01:30', 'America/New_York').toISOString()).toBe(
      '2026-11-01T05:30:00.000Z',
    );
  });

  it('goes there and back on every hour of a year with two changes', () => {
    for (const zone of ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe']) {
      for (let hour = 0; hour < 366 * 24; hour += 7) {
        const at = Date.UTC(2026, 0, 1, hour);
        const back = momentOf(dateOn(at, zone), timeIn(at, zone), zone).getTime();
        // The second of a doubled hour comes back as the first.
        expect([0, 1_800_000, 3_600_000]).toContain(at - back);
      }
    }
  });

  it('counts days and names them', () => {
    expect(addDays('2026-02-27', 2)).toBe('2026-03-01');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(weekday('2026-06-08')).toBe(0);
    expect(weekday('2026-06-14')).toBe(6);
  });
});
