import { expect, it } from 'vitest';
import { Snoozes } from './snoozes';

function storage(kept: Record<string, string> = {}) {
  return {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => void (kept[key] = value),
  };
}

const DAY = 24 * 3_600_000;
const seen = (key: string) => ({ key, alerts: [] });
const told = (key: string, ...numbers: number[]) => ({ key, alerts: numbers.map((number) => ({ number })) });

it('puts aside until then, also over a reload', () => {
  const kept = storage();
  new Snoozes(kept).put(seen('late/L/S1'), 2_000);
  const again = new Snoozes(kept);
  expect(again.isAside(seen('late/L/S1'), 1_999)).toBe(true);
  expect(again.isAside(seen('late/L/S1'), 2_000)).toBe(false);
  expect(again.isAside(seen('late/L/S2'), 1_000)).toBe(false);
});

it('takes it back', () => {
  const snoozes = new Snoozes(storage());
  for (const one of [seen('crossed/L/S1'), told('driver_silent/L/D', 7)]) {
    snoozes.close(one, 0);
    expect(snoozes.isAside(one, DAY - 1)).toBe(true);
    snoozes.back(one);
    expect(snoozes.isAside(one, 0)).toBe(false);
  }
});

it('forgets after a day what has no alert, and only that', () => {
  const snoozes = new Snoozes(storage());
  snoozes.close(seen('late/L/S1'), 0);
  snoozes.close(told('stop_failed/7', 7), 0);
  expect(snoozes.isAside(seen('late/L/S1'), DAY)).toBe(false);
  expect(snoozes.isAside(told('stop_failed/7', 7), DAY)).toBe(true);
});

it('shows the next alert of a card whose first was closed', () => {
  const snoozes = new Snoozes(storage());
  snoozes.close(told('driver_silent/L/D', 7), 0);
  expect(snoozes.isAside(told('driver_silent/L/D', 7), 1)).toBe(true);
  // He was heard, and fell silent again.
  expect(snoozes.isAside(told('driver_silent/L/D', 9), 1)).toBe(false);
  expect(snoozes.isAside(told('driver_silent/L/D', 9, 7), 1)).toBe(false);
});

it('keeps of alerts only those that are open', () => {
  const snoozes = new Snoozes(storage());
  snoozes.close(told('quarantined/L', 7, 8), 0);
  snoozes.keepOnly([{ number: 8 }]);
  expect(snoozes.isAside(told('quarantined/L', 8), 1)).toBe(true);
  expect(snoozes.isAside(told('quarantined/L', 7), 1)).toBe(false);
});

it('leaves the alerts to the server over a reload', () => {
  const kept = storage();
  new Snoozes(kept).close(told('stop_failed/7', 7), 0);
  expect(new Snoozes(kept).isAside(told('stop_failed/7', 7), 1)).toBe(false);
});

it('begins anew where what was kept cannot be read', () => {
  const snoozes = new Snoozes(storage({ 'pontic.snoozed': '{"a":' }));
  expect(snoozes.isAside(seen('a'), 0)).toBe(false);
});

it('forgets what is over', () => {
  const kept: Record<string, string> = {};
  const snoozes = new Snoozes(storage(kept));
  snoozes.put(seen('a'), 1_000);
  snoozes.put(seen('b'), 3_000);
  snoozes.sweep(2_000);
  expect(kept['pontic.snoozed']).toBe('[["b",3000]]');
});
