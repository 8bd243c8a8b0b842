import type { Delivery, Pickup } from './records';

/** A delivery without patients' names: what nobody asked to see is not kept, whatever a server gives. */
export function namelessDelivery(delivery: Delivery): Delivery {
  const cases = (delivery.cases ?? []).map((one) => {
    const kept = { ...one };
    delete kept.patientName;
    return kept;
  });
  return { ...delivery, cases };
}

/** A pickup without what may speak of a patient. */
export function namelessPickup(pickup: Pickup): Pickup {
  const kept: Pickup & { notes?: unknown; patientName?: unknown; metadata?: unknown } = { ...pickup };
  delete kept.notes;
  delete kept.patientName;
  delete kept.metadata;
  return kept;
}
