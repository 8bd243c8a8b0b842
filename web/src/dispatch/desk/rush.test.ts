import { expect, it } from 'vitest';
import type { Alert } from './records';
import { Rush } from './rush';

const told = (code: string, about: Partial<Alert>): Alert =>
  ({ number: 1, type: 'RUSH_ALERT', code, labId: 'L', at: '2026-06-09T10:00:00Z', ...about }) as Alert;

it('is what the record says, whatever an open alert said before', () => {
  const rush = new Rush();
  rush.heed([told('rush_case', { deliveryId: 'D1' }), told('rush_pickup', { id: 'P1' })]);
  expect([rush.has('L/D1'), rush.has('L/P1'), rush.has('L/D2')]).toEqual([true, true, false]);
  rush.record('L/D1', true);
  rush.record('L/D1', false);
  expect(rush.has('L/D1')).toBe(false);
});

it('forgets alerts that are closed', () => {
  const rush = new Rush();
  rush.heed([told('rush_case', { deliveryId: 'D1' })]);
  rush.heed([]);
  expect(rush.has('L/D1')).toBe(false);
});

it('keeps what is asked for', () => {
  const rush = new Rush();
  rush.record('L/D1', true);
  rush.record('L/D2', true);
  rush.keep(new Set(['L/D2']));
  expect([rush.has('L/D1'), rush.has('L/D2')]).toEqual([false, true]);
});
