import { describe, expect, it } from 'vitest';
import { lateList, type LateStop } from './late-list';

const stop = (key: string, of: Partial<LateStop>): LateStop => ({
  key,
  status: 'planned',
  late: false,
  atRisk: false,
  ...of,
});
const ten = '2026-06-09T10:00:00Z';
const after = (minutes: number) => Date.parse(ten) + minutes * 60_000;

describe('the list of the wall', () => {
  it('has the latest first, then what is at risk by its window', () => {
    const rows = lateList([
      stop('risk2', { atRisk: true, windowEnd: '2026-06-09T11:00:00Z' }),
      stop('late5', { late: true, windowEnd: ten, at: after(5) }),
      stop('fine', {}),
      stop('risk1', { atRisk: true, windowEnd: ten }),
      stop('late20', { late: true, windowEnd: ten, at: after(20) }),
      stop('over', { late: true, status: 'done' }),
    ]);
    expect(rows.map((row) => row.stop.key)).toEqual(['late20', 'late5', 'risk1', 'risk2']);
    expect(rows[0]?.minutesLate).toBe(20);
  });
});
