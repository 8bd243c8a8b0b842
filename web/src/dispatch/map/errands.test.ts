import { describe, expect, it } from 'vitest';
import { errands } from './errands';

const delivery = {
  labId: 'L',
  clinicId: 'C',
  status: 'scheduled',
  priority: 'STANDARD',
  packageCount: 2,
  deliveryDate: '2026-06-09',
};
const pickup = {
  labId: 'L',
  clinicId: 'C',
  status: 'requested',
  isRush: false,
  packageCount: 3,
  windowStart: '2026-06-09T14:00:00Z',
};
const ends = Date.parse('2026-06-10T05:00:00Z');
const of = (deliveries: (typeof delivery)[], pickups: (typeof pickup)[]) =>
  errands(deliveries, pickups, '2026-06-09', ends);

describe('what is to be done at a clinic', () => {
  it('is the packages of what is open', () => {
    expect(of([delivery, delivery], [pickup]).get('L/C')).toEqual({ bring: 4, fetch: 3, rush: false });
  });

  it('is RUSH when one of them is', () => {
    expect(of([delivery, { ...delivery, priority: 'RUSH' }], []).get('L/C')?.rush).toBe(true);
    expect(of([], [{ ...pickup, isRush: true }]).get('L/C')?.rush).toBe(true);
  });

  it('holds what is overdue, and neither what is over nor what is for another day', () => {
    expect(of([{ ...delivery, deliveryDate: '2026-06-08' }], []).get('L/C')?.bring).toBe(2);
    expect(of([{ ...delivery, deliveryDate: '2026-06-10' }], []).size).toBe(0);
    expect(of([{ ...delivery, status: 'delivered' }], [{ ...pickup, status: 'at_lab' }]).size).toBe(0);
    expect(of([], [{ ...pickup, windowStart: '2026-06-10T05:00:00Z' }]).size).toBe(0);
  });

  it('is told apart by lab: ids are a lab’s own', () => {
    const found = of([delivery, { ...delivery, labId: 'M' }], []);
    expect([...found.keys()]).toEqual(['L/C', 'M/C']);
  });
});
