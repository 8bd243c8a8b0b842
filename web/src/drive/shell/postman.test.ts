import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DRIVER, tap } from '../testing/day';
import { Postman } from './postman.svelte';

beforeEach(() => {
  vi.useFakeTimers();
  // What the rules of sending do alone is tested with them.
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('BroadcastChannel', undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const taken = () => Promise.resolve(new Response('{}', { headers: { 'content-type': 'application/json' } }));

it('tries again when the phone could not keep what became of a tap', async () => {
  const arrive = tap(1, { kind: 'arrive', stopId: 'S1' });
  let kept = [arrive];
  const sent = vi.fn(taken);
  vi.stubGlobal('fetch', sent);
  const saveTap = vi
    .fn<(changed: typeof arrive) => Promise<void>>()
    .mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'))
    .mockImplementation((changed) => {
      kept = [changed];
      return Promise.resolve();
    });
  const stopped = vi.fn();
  const driver = () => DRIVER;
  const postman = new Postman({ taps: () => Promise.resolve(kept), saveTap }, driver, driver, {
    hold: () => Promise.resolve(undefined),
    changed: () => Promise.resolve(),
    stopped,
  });
  postman.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(stopped.mock.calls).toEqual([['failed']]);
  expect(postman.retryAt).toBeGreaterThan(Date.now());
  await vi.advanceTimersByTimeAsync(2_000);
  expect(stopped.mock.calls).toEqual([['failed'], ['empty']]);
  expect(kept[0]?.state).toBe('sent');
  // The same key: the server knows that it is the same tap.
  expect(sent).toHaveBeenCalledTimes(2);
});
