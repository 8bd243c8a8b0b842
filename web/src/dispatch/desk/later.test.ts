import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Later } from './later';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('does it after the wait', () => {
  const run = vi.fn();
  new Later(1_000).put('a', run);
  vi.advanceTimersByTime(999);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
});

it('never does what was taken back in time, and says whether it was', () => {
  const run = vi.fn();
  const later = new Later(1_000);
  later.put('a', run);
  expect(later.takeBack('a')).toBe(true);
  vi.advanceTimersByTime(5_000);
  expect(run).not.toHaveBeenCalled();
  expect(later.takeBack('a')).toBe(false);
});

it('does at once what waits when the page goes, and not again', () => {
  const run = vi.fn();
  const later = new Later(1_000);
  later.put('a', run);
  later.flush();
  expect(run).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(5_000);
  expect(run).toHaveBeenCalledTimes(1);
});
