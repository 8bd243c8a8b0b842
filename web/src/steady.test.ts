import { describe, expect, it } from 'vitest';
import { passed } from './steady';

const at = (wall: number, steady: number) => ({ wall: 1_790_000_000_000 + wall, steady });
const HOUR = 3_600_000;

describe('how much time passed', () => {
  it('is what the wall clock says, where the two agree', () => {
    expect(passed(at(0, 50), at(1_000, 1_051), false)).toEqual({ ms: 1_000, hasJumped: false });
    expect(passed(at(0, 0), at(3_000, 1_000), false)).toEqual({ ms: 3_000, hasJumped: false });
  });

  it('is no hour where the phone set its clock right by an hour, forward or back', () => {
    expect(passed(at(0, 0), at(HOUR + 1_000, 1_000), false)).toEqual({ ms: 1_000, hasJumped: true });
    expect(passed(at(0, 0), at(-HOUR + 1_000, 1_000), false)).toEqual({ ms: 1_000, hasJumped: true });
  });

  it('is an hour where the phone slept for one: its steady clock stood', () => {
    expect(passed(at(0, 0), at(HOUR, 1_000), true)).toEqual({ ms: HOUR, hasJumped: true });
    // Back in time is never sleep.
    expect(passed(at(0, 0), at(-HOUR, 1_000), true)).toEqual({ ms: 1_000, hasJumped: true });
  });
});
