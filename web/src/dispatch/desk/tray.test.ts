import { describe, expect, it } from 'vitest';
import type { FreeDelivery, FreePickup } from './records';
import { takeOn, waiting } from './tray';

function delivery(clinicId: string, over: Partial<FreeDelivery> = {}): FreeDelivery {
  return {
    deliveryId: `D-${clinicId}`,
    labId: 'L',
    clinicId,
    deliveryDate: '2026-06-09',
    status: 'scheduled',
    priority: 'STANDARD',
    packageCount: 2,
    version: 1,
    ...over,
  };
}

function pickup(clinicId: string, end: string, over: Partial<FreePickup> = {}): FreePickup {
  return {
    id: `P-${clinicId}`,
    pickupId: `EXT-${clinicId}`,
    labId: 'L',
    clinicId,
    status: 'requested',
    isRush: false,
    packageCount: 1,
    windowStart: '2026-06-09T09:00:00Z',
    windowEnd: `2026-06-09T${end}:00Z`,
    version: 1,
    ...over,
  };
}

const today = () => '2026-06-09';

describe('what waits', () => {
  it('is one entry a clinic, as it is one stop', () => {
    const [one, ...more] = waiting([delivery('C1')], [pickup('C1', '12:00')], today);
    expect(more).toEqual([]);
    expect(one).toMatchObject({ packages: 3, due: Date.parse('2026-06-09T12:00:00Z'), isRush: false });
  });

  it('has RUSH first, then what is overdue, then what is due first', () => {
    const found = waiting(
      [delivery('C1'), delivery('C2', { deliveryDate: '2026-06-08' })],
      [pickup('C3', '15:00'), pickup('C4', '12:00'), pickup('C5', '17:00', { isRush: true })],
      today,
    );
    expect(found.map((one) => one.clinicId)).toEqual(['C5', 'C2', 'C4', 'C3', 'C1']);
  });
});

describe('taking it on', () => {
  const [one] = waiting([delivery('C9')], [pickup('C9', '12:00')], today);
  const stops = [
    { id: 'a', clinicId: 'C1', status: 'done' },
    { id: 'b', clinicId: 'C2', status: 'planned' },
    { id: 'c', clinicId: 'C3', status: 'planned' },
  ];

  it('puts a new stop at its place among the open ones', () => {
    expect(one && takeOn(one, stops, 2, 'new')).toEqual({
      addStops: [{ id: 'new', clinicId: 'C9', deliveryIds: ['D-C9'], pickupIds: ['P-C9'] }],
      order: ['b', 'new', 'c'],
    });
  });

  it('gives more work to a stop that is there anyway, wherever it stands', () => {
    const there = [...stops, { id: 'd', clinicId: 'C9', status: 'planned' }];
    expect(one && takeOn(one, there, 1, 'new')).toEqual({
      addStops: [{ clinicId: 'C9', deliveryIds: ['D-C9'], pickupIds: ['P-C9'] }],
    });
  });
});
