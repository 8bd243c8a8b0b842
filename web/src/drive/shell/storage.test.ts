import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { afterEach, expect, it, vi } from 'vitest';
import { tap } from '../testing/day';
import { newTap } from '../queue/tap';
import { Storage } from './storage';

afterEach(() => vi.restoreAllMocks());

const arrived = () => {
  const { key, driver, at, deed } = tap(0, { kind: 'arrive', stopId: 'S1' });
  return newTap(key, driver, at, deed);
};

it('opens the database anew where the phone ended its connection, and does what was asked', async () => {
  const open = vi.spyOn(indexedDB, 'open');
  const storage = await Storage.open('ended');
  const connection = () => (open.mock.results.at(-1)?.value as IDBOpenDBRequest).result;
  await storage.addTaps([arrived()]);
  forceCloseDatabase(connection() as unknown as Parameters<typeof forceCloseDatabase>[0]);
  await storage.addTaps([arrived()]);
  expect(await storage.taps()).toHaveLength(2);
  expect(open).toHaveBeenCalledTimes(2);
  // Without a word that it was ended, as some do it.
  connection().close();
  const [taps] = await Promise.all([storage.taps(), storage.addTaps([arrived()])]);
  expect(taps.length).toBeGreaterThanOrEqual(2);
  expect(await storage.taps()).toHaveLength(3);
  expect(open).toHaveBeenCalledTimes(3);
  storage.close();
});

it('does not open it again and again where that helps nothing', async () => {
  const storage = await Storage.open('lost');
  const open = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('gone', 'UnknownError');
  });
  storage.close();
  await expect(storage.taps()).rejects.toThrow('gone');
  expect(open).toHaveBeenCalledTimes(1);
});
