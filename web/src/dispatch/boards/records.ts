import type { Clinic, Delivery, Driver, Lab, Pickup, Route, Stop } from '../../api/schema/records';

export type {
  Clinic,
  Coordinates,
  Delivery,
  Driver,
  Lab,
  Pickup,
  ProofOfDelivery,
  Route,
  Stop,
} from '../../api/schema/records';

export type DayCode = Lab['workingDays'][number];
export const DAY_CODES: readonly DayCode[] = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

type Known<T, Member extends keyof T> = NonNullable<T[Member]>;

/** From and to, `HH:MM` or `HH:MM:SS`. */
export type Open = Known<Driver, 'shift'>;
export type Channel = Known<Known<Clinic, 'notify'>, 'kinds'>[string][number];
export type Case = Known<Delivery, 'cases'>[number];

export type DeliveryStatus = Delivery['status'];
export type PickupStatus = Pickup['status'];
export type StopStatus = Stop['status'];
export type RouteStatus = Route['status'];

/** A phone with an app of others. */
export interface Device {
  deviceId: string;
  createdAt: string;
}

/** Statuses in which something is still to be done. */
export const OPEN_DELIVERIES: readonly DeliveryStatus[] = ['scheduled', 'assigned', 'out_for_delivery'];
export const OPEN_PICKUPS: readonly PickupStatus[] = ['requested', 'scheduled'];

/** The address of one record; ids are unique within a lab only. */
export function address(kind: string, id: string, labId: string, rest = ''): string {
  return `/v1/${kind}/${encodeURIComponent(id)}${rest}?labId=${encodeURIComponent(labId)}`;
}

/** The address of a record that may speak of a patient, without what does. */
export function nameless(kind: 'deliveries' | 'pickups', id: string, labId: string): string {
  return `${address(kind, id, labId)}&names=0`;
}
