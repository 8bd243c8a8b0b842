import type { Place, Presence, Undone } from '../day/day';

/** What a driver did, as it is told to the server. */
export type Deed =
  | { kind: 'start'; routeId: string }
  | { kind: 'finish'; routeId: string; left: Undone[] }
  | { kind: 'arrive'; stopId: string }
  | { kind: 'complete'; stopId: string; completion: Completion }
  | { kind: 'fail'; stopId: string; reason: string; redeliverOn: string | null }
  | { kind: 'skip'; stopId: string; reason: string | null }
  | { kind: 'presence'; presence: Presence }
  | { kind: 'proof'; stopId: string; what: 'signature' | 'photo'; file: StoredFile };

/** How a stop was done. What is not named as undone was done. */
export interface Completion {
  undoneCases: Undone[];
  undonePickups: Undone[];
  redeliverOn: string | null;
  receivedBy: string | null;
  notes: string | null;
  coordinates: Place | null;
  /** Keys of the proofs' taps, which are sent before. */
  signature: string | null;
  photos: string[];
}

/** A file as bytes: blobs of a database do not outlive a crash on every phone. */
export interface StoredFile {
  type: string;
  bytes: ArrayBuffer;
}

/** Why the server did not take it. */
export interface Refusal {
  /** HTTP status. */
  status: number;
  /** The server's word. */
  code: string;
}

/** Something that a driver did and that the server may not know yet. */
export interface Tap {
  /** Order in which it was done; given by the database. */
  seq: number;
  /** Sent as `Idempotency-Key`: the same tap twice is one. */
  key: string;
  /** `LAB/DRIVER` who did it. */
  driver: string;
  /** When, by the server's clock, RFC 3339. */
  at: string;
  deed: Deed;
  state: 'waiting' | 'refused' | 'sent';
  refusal: Refusal | null;
  /** How often the server failed on it; not counted where it was not reached. */
  failures: number;
  /** What the server made of it, where others need it: a proof's id. */
  result: string | null;
  /** When it was sent, by this phone's own steady clock, in milliseconds since 1970. */
  sentAt: number | null;
}

/** A tap before the database gave it its place. */
export type NewTap = Omit<Tap, 'seq'>;

/** The stop that a deed is about. */
export function stopOf(deed: Deed): string | undefined {
  return 'stopId' in deed ? deed.stopId : undefined;
}

export function newTap(key: string, driver: string, at: string, deed: Deed): NewTap {
  return {
    key,
    driver,
    at,
    deed,
    state: 'waiting',
    refusal: null,
    failures: 0,
    result: null,
    sentAt: null,
  };
}
