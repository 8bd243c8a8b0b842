/** The server's records, as its schemas describe them, and what the desk keeps of them. Times are RFC 3339. */
import type * as schema from '../../api/schema/records';

export type {
  Clinic,
  ClinicAnswer,
  Coordinates as Place,
  Delivery,
  Driver,
  Lab,
  Pickup,
  Route,
  Stop,
} from '../../api/schema/records';

export type Presence = NonNullable<schema.Driver['presence']>;

/** An alert that waits for somebody: `code` says what, the other members what it is about. */
export interface Alert extends Omit<schema.Alert, 'type' | 'labId'> {
  type: string;
  code: string;
  labId: string;
  [about: string]: unknown;
}

/** How far predictions were off, in seconds. */
interface EtaError {
  p50: number;
  p90: number;
}

/** What a driver's day amounts to. */
export interface Statistics extends Omit<schema.Statistics, 'etaErrorSeconds'> {
  etaErrorSeconds: Record<'30min' | '15min' | '5min', EtaError | null>;
}

/** What is kept of a delivery that is on no route, or only counted: no person's name stays in memory. */
export type FreeDelivery = Pick<
  schema.Delivery,
  'deliveryId' | 'labId' | 'clinicId' | 'deliveryDate' | 'status' | 'priority' | 'packageCount' | 'version'
>;

/** The same of a pickup. */
export type FreePickup = Pick<
  schema.Pickup,
  | 'id'
  | 'pickupId'
  | 'labId'
  | 'clinicId'
  | 'status'
  | 'isRush'
  | 'packageCount'
  | 'windowStart'
  | 'windowEnd'
  | 'version'
>;

/** Who or what a record is in the desk's maps: ids are a lab's own. */
export function keyOf(labId: string, id: string): string {
  return `${labId}/${id}`;
}

/** The keys of a list. */
export function keysOf<T extends { labId: string }>(
  records: readonly T[],
  idOf: (record: T) => string,
): ReadonlySet<string> {
  return new Set(records.map((record) => keyOf(record.labId, idOf(record))));
}

/** What of a delivery is kept. */
export function freeDelivery(record: FreeDelivery): FreeDelivery {
  const { deliveryId, labId, clinicId, deliveryDate, status, priority, packageCount, version } = record;
  return { deliveryId, labId, clinicId, deliveryDate, status, priority, packageCount, version };
}

/** What of a pickup is kept. */
export function freePickup(record: FreePickup): FreePickup {
  const { id, pickupId, labId, clinicId, status, isRush, packageCount, windowStart, windowEnd, version } =
    record;
  return { id, pickupId, labId, clinicId, status, isRush, packageCount, windowStart, windowEnd, version };
}
