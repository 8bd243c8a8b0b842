import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Coalesced } from './coalesce';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('loads a key once, however often it is named', async () => {
  const load = vi.fn(async () => undefined);
  const loads = new Coalesced(load, 100);
  for (let n = 0; n < 20; n += 1) loads.want('a');
  loads.want('b');
  await vi.advanceTimersByTimeAsync(200);
  expect(load.mock.calls).toEqual([['a'], ['b']]);
});

it('loads again what is named while it is on its way', async () => {
  const answers: (() => void)[] = [];
  const load = vi.fn(() => new Promise<void>((done) => answers.push(done)));
  const loads = new Coalesced(load, 100);
  loads.want('a');
  await vi.advanceTimersByTimeAsync(100);
  loads.want('a');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(1);
  answers[0]?.();
  await vi.advanceTimersByTimeAsync(100);
  expect(load).toHaveBeenCalledTimes(2);
});

it('asks no more at a time than it may, and gets to all', async () => {
  let running = 0;
  let most = 0;
  const load = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((done) => setTimeout(done, 50));
    running -= 1;
  };
  const spied = vi.fn(load);
  const loads = new Coalesced(spied, 10, 3);
  for (let n = 0; n < 10; n += 1) loads.want(String(n));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(most).toBe(3);
  expect(spied).toHaveBeenCalledTimes(10);
});

it('goes on after a load that failed', async () => {
  const load = vi.fn(async (key: string) => {
    if (key === 'a') throw new Error('away');
  });
  const loads = new Coalesced(load, 10, 1);
  loads.want('a');
  loads.want('b');
  await vi.advanceTimersByTimeAsync(100);
  expect(load).toHaveBeenCalledTimes(2);
});
