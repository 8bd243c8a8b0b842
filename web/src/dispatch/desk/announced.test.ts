import { expect, it } from 'vitest';
import { Announced } from './announced';
import type { Exception } from './exceptions';

function card(key: string, code = 'late', ...numbers: number[]): Exception {
  const alerts = numbers.map((number) => ({
    number,
    type: 'ALERT',
    code,
    labId: 'L',
    at: '2026-06-09T10:00:00Z',
  }));
  return { key, code, weight: 1, since: 0, labId: 'L', alerts, action: 'showStop' };
}
const keys = (cards: Exception[]) => cards.map((one) => one.key);

it('says only what is new, and what was there at first not at all', () => {
  const announced = new Announced();
  expect(announced.news([card('a')])).toEqual([]);
  expect(keys(announced.news([card('a'), card('b')]))).toEqual(['b']);
  expect(announced.news([card('b')])).toEqual([]);
  expect(announced.news([card('a'), card('b')])).toEqual([]);
});

it('says a driver who fell silent again, but not one more refused message', () => {
  const announced = new Announced();
  announced.news([card('silent', 'driver_silent', 1), card('refused', 'quarantined', 2)]);
  const next = [card('silent', 'driver_silent', 4, 1), card('refused', 'quarantined', 5, 2)];
  expect(keys(announced.news(next))).toEqual(['silent']);
});

it('remembers the last five hundred', () => {
  const announced = new Announced();
  announced.news([]);
  for (let at = 0; at <= 500; at += 1) announced.news([card(`gone ${at}`)]);
  expect(announced.news([card('gone 500'), card('gone 1')])).toEqual([]);
  expect(keys(announced.news([card('gone 0')]))).toEqual(['gone 0']);
});
