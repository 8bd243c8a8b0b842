import { describe, expect, it } from 'vitest';
import { minutesLate, prospect } from './lateness';

const at = (text: string) => Date.parse(`2026-06-09T${text}Z`);
const planned = { status: 'planned', windowEnd: '2026-06-09T12:00:00Z' } as const;

describe('what is to be expected of a stop', () => {
  it('is late only after the end of the window', () => {
    expect(prospect(planned, at('12:00:00'), at('11:00:00')).late).toBe(false);
    expect(prospect(planned, at('12:00:01'), at('11:00:00'))).toMatchObject({ late: true, atRisk: false });
  });

  it('is at risk less than ten minutes before it', () => {
    expect(prospect(planned, at('11:50:00'), at('11:00:00')).atRisk).toBe(false);
    expect(prospect(planned, at('11:50:01'), at('11:00:00')).atRisk).toBe(true);
  });

  it('holds a prediction that has passed for now', () => {
    const told = prospect(planned, at('11:00:00'), at('12:05:00'));
    expect(told).toEqual({ at: at('12:05:00'), late: true, atRisk: false });
  });

  it('goes by the clock where nothing is predicted', () => {
    expect(prospect(planned, undefined, at('11:00:00'))).toEqual({
      at: undefined,
      late: false,
      atRisk: false,
    });
    expect(prospect(planned, undefined, at('11:55:00')).atRisk).toBe(true);
    expect(prospect(planned, undefined, at('12:00:01')).late).toBe(true);
  });

  it('promises nothing without a window', () => {
    const told = prospect({ status: 'planned' }, at('23:00:00'), at('11:00:00'));
    expect(told).toEqual({ at: at('23:00:00'), late: false, atRisk: false });
  });

  it('tells of a served stop when the driver came, not when it was closed', () => {
    const done = { ...planned, status: 'done', arrivedAt: '2026-06-09T11:58:00Z' } as const;
    const told = prospect({ ...done, closedAt: '2026-06-09T12:04:00Z' }, at('13:00:00'), at('14:00:00'));
    expect(told).toEqual({ at: at('11:58:00'), late: false, atRisk: false });
  });

  it('does not call a skipped or failed stop late: it is worse', () => {
    const failed = { ...planned, status: 'failed', closedAt: '2026-06-09T12:30:00Z' } as const;
    expect(prospect(failed, undefined, at('14:00:00')).late).toBe(false);
  });
});

describe('minutes after the window', () => {
  it('counts a minute that has begun', () => {
    expect(minutesLate(planned.windowEnd, at('12:00:00'))).toBe(0);
    expect(minutesLate(planned.windowEnd, at('12:00:01'))).toBe(1);
    expect(minutesLate(planned.windowEnd, at('12:07:00'))).toBe(7);
    expect(minutesLate(undefined, at('12:07:00'))).toBe(0);
  });
});
