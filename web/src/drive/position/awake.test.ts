import { afterEach, beforeEach, expect, it, vi } from 'vitest';

class Lock {
  released = false;
  release = vi.fn(() => {
    this.released = true;
    return Promise.resolve();
  });
}

const locks: Lock[] = [];
const request = vi.fn(async () => {
  await Promise.resolve();
  const lock = new Lock();
  locks.push(lock);
  return lock;
});

beforeEach(() => {
  locks.length = 0;
  vi.stubGlobal('navigator', { wakeLock: { request } });
  vi.stubGlobal('document', { hidden: false });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
  request.mockClear();
});

const held = () => locks.filter((lock) => !lock.released).length;

it('holds one lock, however often it is asked for, and none that nobody lets go', async () => {
  const { awake } = await import('./awake.svelte');
  await Promise.all([awake.hold(true), awake.hold(true), awake.hold(true)]);
  await awake.hold(true);
  expect(request).toHaveBeenCalledTimes(1);
  // Asked for, and not wanted any more before it came.
  await Promise.all([awake.hold(false), awake.hold(true), awake.hold(false)]);
  expect(held()).toBe(0);
  await awake.hold(true);
  // Browsers take it away with the page.
  for (const lock of locks) lock.released = true;
  await awake.hold(true);
  expect(held()).toBe(1);
});

it('asks once a turn where the phone says no', async () => {
  const { awake } = await import('./awake.svelte');
  request.mockRejectedValueOnce(new DOMException('low battery', 'NotAllowedError'));
  await awake.hold(true);
  expect(request).toHaveBeenCalledTimes(1);
  await awake.hold(true);
  expect(held()).toBe(1);
});
