/** What the server's records look like; only what the desk reads of them. Times are RFC 3339. */

export interface Place {
  lat: number;
  lng: number;
}

export interface Lab {
  id: string;
  name: string;
  timeZone?: string;
  location?: Place;
  verified?: boolean;
}

export interface Clinic {
  id: string;
  labId: string;
  name: string;
  address?: string;
  timeZone?: string;
  location?: Place;
  hours?: Record<string, { from: string; to: string }[]>;
  fence?: unknown;
  contact?: { name?: string; phone?: string; email?: string };
  access?: { note?: string; lockBox?: boolean; receivers?: string[] };
  verified?: boolean;
  version: number;
}

export type Presence = 'on_duty' | 'break' | 'off_duty';

export interface Driver {
  id: string;
  labId: string;
  name: string;
  phone?: string;
  shift?: { from: string; to: string };
  capacity?: number;
  presence?: Presence;
  pausedUntil?: string;
  verified?: boolean;
  version: number;
}

export type StopStatus = 'planned' | 'arrived' | 'done' | 'partly_done' | 'failed' | 'skipped';

/** What a clinic answered on its page. */
export interface ClinicAnswer {
  kind: 'closed_until' | 'lock_box' | 'more_to_fetch';
  until?: string;
  count?: number;
  at: string;
}

export interface Sighting {
  what: 'entered' | 'exited' | 'crossed' | 'arrived' | 'departed';
  at: string;
}

export interface Stop {
  id: string;
  labId: string;
  routeId: string;
  sequence: number;
  clinicId: string;
  clinicName?: string;
  location?: Place;
  deliveryIds: string[];
  pickupIds: string[];
  windowStart?: string;
  windowEnd?: string;
  status: StopStatus;
  driverId?: string;
  arrivedAt?: string;
  departedAt?: string;
  closedAt?: string;
  noticedAt?: string;
  reason?: string;
  undone?: { id: string; reason: string }[];
  sightings?: Sighting[];
  answers?: ClinicAnswer[];
  version: number;
}

export type RouteStatus = 'planned' | 'started' | 'finished' | 'cancelled';

export interface Route {
  id: string;
  routeId: string;
  labId: string;
  driverId: string;
  date: string;
  status: RouteStatus;
  startedAt?: string;
  takenOverAt?: string;
  finishedAt?: string;
  stops: Stop[];
  version: number;
}

export type Priority = 'STANDARD' | 'RUSH' | (string & {});

export interface Case {
  caseId: string;
  status?: string;
  priority?: Priority;
  fragile?: boolean;
  patientName?: string;
}

export interface Delivery {
  deliveryId: string;
  labId: string;
  clinicId: string;
  deliveryDate: string;
  status: string;
  priority: Priority;
  packageCount: number;
  requiresSignature?: boolean;
  fragile?: boolean;
  cases?: Case[];
  version: number;
}

export interface Pickup {
  id: string;
  pickupId: string;
  labId: string;
  clinicId: string;
  status: string;
  isRush: boolean;
  packageCount: number;
  windowStart: string;
  windowEnd: string;
  routeId?: string;
  stopId?: string;
  version: number;
}

/** An alert that waits for somebody: `code` says what, the other members what it is about. */
export interface Alert {
  number: number;
  type: string;
  code: string;
  labId: string;
  at: string;
  status?: 'open' | 'closed';
  snoozedUntil?: string;
  [about: string]: unknown;
}

/** Who or what a record is in the desk's maps: ids are a lab's own. */
export function keyOf(labId: string, id: string): string {
  return `${labId}/${id}`;
}
