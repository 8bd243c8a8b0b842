import { expect, it } from 'vitest';
import { namelessDelivery, namelessPickup } from './nameless';
import type { Delivery, Pickup } from './records';

it('keeps nothing of a patient, and leaves the answer itself alone', () => {
  const delivery = {
    deliveryId: 'D1',
    cases: [
      { caseId: 'C1', patientName: 'Doe, Jane', packageSpecs: { fragile: false, requiresSignature: false } },
    ],
  } as unknown as Delivery;
  expect(JSON.stringify(namelessDelivery(delivery))).not.toContain('Jane');
  expect(namelessDelivery(delivery).cases?.[0]?.caseId).toBe('C1');
  expect(delivery.cases?.[0]?.patientName).toBe('Doe, Jane');

  const pickup = {
    id: 'P1',
    notes: 'for Jane Doe',
    patientName: 'Doe, Jane',
    metadata: { patientName: 'Doe, Jane' },
  } as unknown as Pickup;
  expect(namelessPickup(pickup)).toEqual({ id: 'P1' });
});
