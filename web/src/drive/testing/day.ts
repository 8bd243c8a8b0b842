/** A day for the tests of rules. */
import type { Day, DriveStop } from '../day/day';
import { newTap, type Deed, type Tap } from '../queue/tap';

export const DRIVER = 'LAB/DRV-1';
export const AT = '2026-03-02T09:00:00.000Z';

export function stop(id: string, change: Partial<DriveStop> = {}): DriveStop {
  return {
    id,
    sequence: 1,
    status: 'planned',
    clinicId: `CLINIC-${id}`,
    clinicName: `Clinic ${id}`,
    location: { lat: 52.5, lng: 13.4 },
    deliveries: [
      {
        deliveryId: `DEL-${id}`,
        status: 'out_for_delivery',
        cases: [
          { caseId: `${id}-A`, status: 'out_for_delivery' },
          { caseId: `${id}-B`, status: 'out_for_delivery' },
        ],
      },
    ],
    pickups: [{ id: `PICK-${id}`, status: 'scheduled', packageCount: 2 }],
    ...change,
  };
}

export function day(stops: DriveStop[] = [stop('S1'), stop('S2', { sequence: 2 })]): Day {
  return {
    driver: { driverId: 'DRV-1', labId: 'LAB', name: 'Drew Iver', presence: 'on_duty' },
    lab: { name: 'Lab', timeZone: 'Europe/Berlin' },
    serverTime: AT,
    routes: [{ routeId: 'R', date: '2026-03-02', status: 'started', stops }],
    reasons: ['closed', 'missing'],
  };
}

export function tap(seq: number, deed: Deed, change: Partial<Tap> = {}): Tap {
  return { ...newTap(`key-${seq}`, DRIVER, AT, deed), seq, ...change };
}

export const FILE = { type: 'image/png', bytes: new ArrayBuffer(4) };

export function proof(seq: number, change: Partial<Tap> = {}): Tap {
  return tap(seq, { kind: 'proof', stopId: 'S1', what: 'signature', file: FILE }, change);
}

export function complete(seq: number, signature: string | null, change: Partial<Tap> = {}): Tap {
  const completion = {
    undoneCases: [],
    undonePickups: [],
    redeliverOn: null,
    receivedBy: 'Ann Ace',
    notes: null,
    coordinates: null,
    signature,
    photos: [],
  };
  return tap(seq, { kind: 'complete', stopId: 'S1', completion }, change);
}

/** The first of a list that a test has put something in. */
export function first<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined) throw new Error('nothing there');
  return one;
}
