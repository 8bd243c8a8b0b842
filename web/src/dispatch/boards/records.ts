/** Records as the server's lists show them, as far as the boards use them. */

export type DayCode = 'MO' | 'TU' | 'WE' | 'TH' | 'FR' | 'SA' | 'SU';
export const DAY_CODES: readonly DayCode[] = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

export interface Coordinates {
  lat: number;
  lng: number;
}

/** From and to, `HH:MM` or `HH:MM:SS`. */
export interface Open {
  from: string;
  to: string;
}

export interface Lab {
  id: string;
  name: string;
  timeZone?: string;
  location?: Coordinates;
  workingDays: DayCode[];
  holidays: string[];
  verified: boolean;
  version: number;
}

export type Channel = 'email' | 'sms';

export interface Notify {
  email?: string[];
  sms?: string[];
  language?: 'en' | 'de';
  kinds?: Record<string, Channel[]>;
  quietHours?: Open;
  digestMinutes?: number;
}

export interface Access {
  note?: string;
  lockBox?: boolean;
  receivers?: string[];
}

export interface Clinic {
  labId: string;
  id: string;
  name: string;
  address?: string;
  location?: Coordinates;
  timeZone?: string;
  hours?: Partial<Record<DayCode, Open[]>>;
  holidays?: string[];
  fence?: { radius?: number; polygon?: Coordinates[] };
  contact?: { name?: string; phone?: string; email?: string };
  notify?: Notify;
  access?: Access;
  mergedInto?: string;
  verified: boolean;
  version: number;
}

export interface Driver {
  labId: string;
  id: string;
  name: string;
  shift?: Open;
  capacity?: number;
  presence?: 'on_duty' | 'break' | 'off_duty';
  verified: boolean;
  version: number;
}

export interface Device {
  deviceId: string;
  createdAt: string;
}

export type DeliveryStatus =
  | 'scheduled'
  | 'assigned'
  | 'out_for_delivery'
  | 'delivered'
  | 'partially_delivered'
  | 'failed'
  | 'cancelled';

export interface Proof {
  signatureId?: string;
  photoIds?: string[];
  signatureUrl?: string;
  photoUrls?: string[];
}

export interface Case {
  caseId: string;
  status?: string;
  priority?: 'STANDARD' | 'RUSH';
  packageSpecs: { weight?: number; fragile: boolean; requiresSignature: boolean };
  patientName?: string;
}

export interface Delivery {
  deliveryId: string;
  labId: string;
  clinicId: string;
  deliveryDate: string;
  status: DeliveryStatus;
  priority: 'STANDARD' | 'RUSH';
  packageCount: number;
  totalWeight: number;
  fragile: boolean;
  requiresSignature: boolean;
  routeId?: string;
  stopId?: string;
  driverId?: string;
  completedAt?: string;
  proofOfDelivery?: Proof;
  handedOn?: string[];
  reason?: string;
  cases?: Case[];
  receivedBy?: string;
  version: number;
}

export type PickupStatus = 'requested' | 'scheduled' | 'picked_up' | 'at_lab' | 'missed' | 'cancelled';

export interface Pickup {
  id: string;
  pickupId: string;
  labId: string;
  clinicId: string;
  status: PickupStatus;
  windowStart: string;
  windowEnd: string;
  isRush: boolean;
  packageCount: number;
  confirmationNum: string;
  seriesId?: string;
  source: string;
  routeId?: string;
  stopId?: string;
  driverId?: string;
  pickedUpAt?: string;
  reason?: string;
  requestedBy?: { userId?: string; name?: string; phone?: string };
  version: number;
}

export type StopStatus = 'planned' | 'arrived' | 'done' | 'partly_done' | 'failed' | 'skipped';

export interface Stop {
  id: string;
  labId: string;
  routeId: string;
  sequence: number;
  clinicId: string;
  clinicName?: string;
  deliveryIds: string[];
  pickupIds: string[];
  windowStart?: string;
  windowEnd?: string;
  status: StopStatus;
  reason?: string;
  version: number;
}

export type RouteStatus = 'planned' | 'started' | 'finished' | 'cancelled';

export interface Route {
  id: string;
  labId: string;
  driverId: string;
  date: string;
  status: RouteStatus;
  startedAt?: string;
  version: number;
  stops: Stop[];
}

export interface Story {
  kind: string;
  id: string;
  labId: string;
  summary: string;
  timeZone: string;
  lines: { at: string; seq: number; text: string }[];
  omitted: number;
}

/** Statuses in which something is still to be done. */
export const OPEN_DELIVERIES: readonly DeliveryStatus[] = ['scheduled', 'assigned', 'out_for_delivery'];
export const OPEN_PICKUPS: readonly PickupStatus[] = ['requested', 'scheduled'];

/** The address of one record; ids are unique within a lab only. */
export function address(kind: string, id: string, labId: string, rest = ''): string {
  return `/v1/${kind}/${encodeURIComponent(id)}${rest}?labId=${encodeURIComponent(labId)}`;
}
