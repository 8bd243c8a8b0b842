import { expect, it } from 'vitest';
import { Snoozes } from './snoozes';

function storage(kept: Record<string, string> = {}) {
  return {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => void (kept[key] = value),
  };
}

it('puts aside until then, also over a reload', () => {
  const kept = storage();
  new Snoozes(kept).put('late/L/S1', 2_000);
  const again = new Snoozes(kept);
  expect(again.isAside('late/L/S1', 1_999)).toBe(true);
  expect(again.isAside('late/L/S1', 2_000)).toBe(false);
  expect(again.isAside('late/L/S2', 1_000)).toBe(false);
});

it('takes it back', () => {
  const snoozes = new Snoozes(storage());
  snoozes.close('crossed/L/S1', 0);
  expect(snoozes.isAside('crossed/L/S1', 3_600_000)).toBe(true);
  snoozes.back('crossed/L/S1');
  expect(snoozes.isAside('crossed/L/S1', 0)).toBe(false);
});

it('begins anew where what was kept cannot be read', () => {
  const snoozes = new Snoozes(storage({ 'pontic.snoozed': '{"a":' }));
  expect(snoozes.isAside('a', 0)).toBe(false);
});

it('forgets what is over', () => {
  const kept: Record<string, string> = {};
  const snoozes = new Snoozes(storage(kept));
  snoozes.put('a', 1_000);
  snoozes.put('b', 3_000);
  snoozes.sweep(2_000);
  expect(kept['pontic.snoozed']).toBe('[["b",3000]]');
});
