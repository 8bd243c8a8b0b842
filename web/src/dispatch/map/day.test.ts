import { describe, expect, it } from 'vitest';
import { dayBounds, nextDate } from './day';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);

describe('a day of a zone', () => {
  it('begins at its midnight', () => {
    expect(dayBounds('2026-06-09', 'America/Chicago')).toEqual({
      from: at('2026-06-09T05:00:00Z'),
      to: at('2026-06-10T05:00:00Z'),
    });
    expect(dayBounds('2026-06-09', 'UTC').from).toBe(at('2026-06-09T00:00:00Z'));
    expect(dayBounds('2026-06-09', 'Asia/Kolkata').from).toBe(at('2026-06-08T18:30:00Z'));
  });

  it('is an hour shorter or longer when clocks change', () => {
    const spring = dayBounds('2026-03-29', 'Europe/Berlin');
    expect(spring.to - spring.from).toBe(23 * HOUR);
    const autumn = dayBounds('2026-10-25', 'Europe/Berlin');
    expect(autumn.to - autumn.from).toBe(25 * HOUR);
  });

  it('is followed by the next', () => {
    expect(nextDate('2026-12-31')).toBe('2027-01-01');
    expect(nextDate('2026-03-01', -1)).toBe('2026-02-28');
  });
});
