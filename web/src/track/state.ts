/** How far a visit is, as the server tells it. */
export type Stage = 'coming' | 'next' | 'here' | 'done' | 'failed' | 'over';

export interface Place {
  lat: number;
  lng: number;
}

export type AnswerKind = 'closed_until' | 'lock_box' | 'more_to_fetch';

/** What the clinic said, the newest of its kind. */
export interface Answer {
  kind: AnswerKind;
  until?: string;
  count?: number;
  at: string;
}

/** What the clinic may say. */
export type Saying =
  | { kind: 'closed_until'; until: string }
  | { kind: 'lock_box' }
  | { kind: 'more_to_fetch'; count: number }
  | { kind: 'withdraw'; of: AnswerKind };

/** `GET /t/{link}/state`. Times are RFC 3339. */
export interface VisitState {
  state: Stage;
  labName: string;
  labPhone?: string;
  clinicName: string;
  timeZone: string;
  language: 'en' | 'de';
  serverTime: string;
  eta?: string;
  etaFrom?: string;
  etaTo?: string;
  windowStart?: string;
  windowEnd?: string;
  stopsBefore: number;
  bring: { deliveries: number; packages: number };
  fetch: { pickups: number; packages: number };
  requiresSignature: boolean;
  rush: boolean;
  driver?: { coordinates: Place; timestamp: string; heading: number | null };
  clinicLocation?: Place;
  lockBoxAllowed: boolean;
  answers: Answer[];
  outcome?: { delivered: number; fetched: number; at?: string };
}

/** Why a link shows no visit. */
export type Closed = 'link_unknown' | 'link_early' | 'link_over';

export function isClosed(code: string): code is Closed {
  return code === 'link_unknown' || code === 'link_early' || code === 'link_over';
}

/** Whether the clinic can still say something. */
export function isOpen(stage: Stage): boolean {
  return stage === 'coming' || stage === 'next' || stage === 'here';
}

/** When the visit is expected, for a person. Moments are milliseconds since 1970. */
export type When =
  | { kind: 'range'; from: number; to: number; likely: number | undefined; minutes: number | undefined }
  | { kind: 'window'; from: number; to: number }
  | { kind: 'soon'; minutes: undefined }
  | { kind: 'unknown' };

const MINUTE = 60_000;
/** So near a person counts minutes; before that they look at the clock. */
const COUNTED_MINUTES = 30;

export function when(state: VisitState, now: number): When {
  if (state.eta !== undefined) {
    const eta = Date.parse(state.eta);
    if (eta - now < MINUTE / 2) return { kind: 'soon', minutes: undefined };
    const from = state.etaFrom === undefined ? eta : Date.parse(state.etaFrom);
    const to = state.etaTo === undefined ? eta : Date.parse(state.etaTo);
    const left = Math.max(1, Math.round((eta - now) / MINUTE));
    const minutes = state.state === 'next' && left <= COUNTED_MINUTES ? left : undefined;
    // A band that is as narrow as the minutes it is written in is one time.
    return { kind: 'range', from, to, likely: sameMinute(from, to) ? undefined : eta, minutes };
  }
  const { windowStart, windowEnd } = state;
  if (windowStart !== undefined && windowEnd !== undefined) {
    return { kind: 'window', from: Date.parse(windowStart), to: Date.parse(windowEnd) };
  }
  return { kind: 'unknown' };
}

export function sameMinute(one: number, other: number): boolean {
  return Math.floor(one / MINUTE) === Math.floor(other / MINUTE);
}

/** Whether the driver is expected after the time that was agreed. */
export function isLate(state: VisitState): boolean {
  const { eta, windowEnd } = state;
  return eta !== undefined && windowEnd !== undefined && Date.parse(eta) - Date.parse(windowEnd) >= MINUTE;
}

const POLL_MS: Record<Stage, number> = {
  coming: 15_000,
  next: 5_000,
  here: 15_000,
  done: 60_000,
  failed: 60_000,
  over: 60_000,
};
const EARLY_MS = 30_000;
const MOST_MS = 120_000;

/** How long until the page asks again; `undefined`: never. `failures`: how often in a row nobody was reached. */
export function pause(shown: Stage | Closed | undefined, failures: number): number | undefined {
  if (shown === 'link_unknown' || shown === 'link_over') return undefined;
  const usual = shown === undefined ? POLL_MS.coming : shown === 'link_early' ? EARLY_MS : POLL_MS[shown];
  if (failures === 0) return usual;
  return Math.min(MOST_MS, Math.max(usual, POLL_MS.next) * 2 ** (failures - 1));
}

/** The next half hour that is at least half an hour away, `HH:MM` of today on the clinic's wall: what most say who are closed for a while. */
export function suggestedUntil(now: number, timeZone: string): string {
  const half = 30 * MINUTE;
  const at = Math.ceil((now + half) / half) * half;
  const parts = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone } as const;
  const clock = new Intl.DateTimeFormat('en-GB', parts);
  const [until, already] = [clock.format(at), clock.format(now)];
  return until > already ? until : '23:59';
}
