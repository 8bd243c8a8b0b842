/** What was done at a stop and is not told yet: ticks, reasons, proofs. Kept on the phone, so that a crash at the counter loses nothing. */
import type { Completion, StoredFile } from '../queue/tap';
import type { DriveStop, Needs, Place, Presence, RouteStatus } from './day';
import { casesToBring, needsOf, packagesToFetch, pickupsToFetch } from './day';

export interface Draft {
  stopId: string;
  /** Whether the way was asked for: whoever comes back from the map is likely there. */
  navigated: boolean;
  /** Cases that were scanned or ticked. */
  handed: string[];
  /** Cases that are not handed over, with the reason. */
  kept: Record<string, string>;
  /** Pickups that were ticked. */
  fetched: string[];
  /** Pickups that could not be fetched, with the reason. */
  missed: Record<string, string>;
  /** Packages beyond what was planned. */
  extra: number;
  signature: StoredFile | null;
  photos: StoredFile[];
  receivedBy: string;
  redeliverOn: string | null;
}

export function newDraft(stopId: string): Draft {
  return {
    stopId,
    navigated: false,
    handed: [],
    kept: {},
    fetched: [],
    missed: {},
    extra: 0,
    signature: null,
    photos: [],
    receivedBy: '',
    redeliverOn: null,
  };
}

/** A case or pickup was ticked. */
export function ticked(draft: Draft, what: 'case' | 'pickup', id: string): Draft {
  const [done, undone] = what === 'case' ? (['handed', 'kept'] as const) : (['fetched', 'missed'] as const);
  const rest = without(draft[undone], id);
  return { ...draft, [undone]: rest, [done]: [...draft[done].filter((one) => one !== id), id] };
}

/** A case or pickup is not done, and why. */
export function explained(draft: Draft, what: 'case' | 'pickup', id: string, reason: string): Draft {
  const [done, undone] = what === 'case' ? (['handed', 'kept'] as const) : (['fetched', 'missed'] as const);
  return {
    ...draft,
    [done]: draft[done].filter((one) => one !== id),
    [undone]: { ...draft[undone], [id]: reason },
  };
}

/** As if nothing had been said of it. */
export function cleared(draft: Draft, what: 'case' | 'pickup', id: string): Draft {
  const [done, undone] = what === 'case' ? (['handed', 'kept'] as const) : (['fetched', 'missed'] as const);
  return {
    ...draft,
    [done]: draft[done].filter((one) => one !== id),
    [undone]: without(draft[undone], id),
  };
}

function without(of: Record<string, string>, id: string): Record<string, string> {
  return Object.fromEntries(Object.entries(of).filter(([one]) => one !== id));
}

/** How far the work at a stop is. Counts what is in the day now: a case that was taken off it meanwhile is not asked for. */
export interface Progress {
  cases: number;
  handed: number;
  pickups: number;
  fetched: number;
  /** Neither done nor explained. */
  left: number;
  undone: number;
}

export function progress(stop: DriveStop, draft: Draft): Progress {
  const cases = casesToBring(stop).map((one) => one.caseId);
  const pickups = pickupsToFetch(stop).map((one) => one.id);
  const handed = cases.filter((id) => draft.handed.includes(id)).length;
  const fetched = pickups.filter((id) => draft.fetched.includes(id)).length;
  const kept = cases.filter((id) => id in draft.kept).length;
  const missed = pickups.filter((id) => id in draft.missed).length;
  return {
    cases: cases.length,
    handed,
    pickups: pickups.length,
    fetched,
    left: cases.length - handed - kept + (pickups.length - fetched - missed),
    undone: kept + missed,
  };
}

/** What must still be shown: only for what is handed over. */
export function missingProof(stop: DriveStop, draft: Draft): Needs {
  if (progress(stop, draft).handed === 0) return { signature: false, photo: false, name: false };
  const needs = needsOf(stop);
  return {
    signature: needs.signature && draft.signature === null,
    photo: needs.photo && draft.photos.length === 0,
    name: needs.name && draft.receivedBy.trim() === '',
  };
}

/** What the big button does. */
export type Phase = 'start' | 'on_duty' | 'resume' | 'navigate' | 'here' | 'scan' | 'proof' | 'done';

export interface Around {
  routeStatus: RouteStatus;
  presence: Presence;
  /** Whether the phone is within the clinic's fence. */
  inFence: boolean;
}

export function phase(stop: DriveStop, draft: Draft, { routeStatus, presence, inFence }: Around): Phase {
  if (routeStatus === 'planned') return 'start';
  if (presence === 'off_duty') return 'on_duty';
  if (presence === 'break') return 'resume';
  if (stop.status === 'planned') {
    const hasWay = Boolean(stop.location) || Boolean(stop.address);
    return inFence || draft.navigated || !hasWay ? 'here' : 'navigate';
  }
  if (progress(stop, draft).left > 0) return 'scan';
  const missing = missingProof(stop, draft);
  return missing.signature || missing.photo || missing.name ? 'proof' : 'done';
}

/** What is told of a stop that is done; proofs by the keys of their taps. */
export function completion(
  stop: DriveStop,
  draft: Draft,
  { signature, photos }: { signature: string | null; photos: string[] },
  { coordinates, notes }: { coordinates: Place | null; notes: string | null },
): Completion {
  const undone = (ids: string[], reasons: Record<string, string>) =>
    ids.flatMap((id) => (reasons[id] === undefined ? [] : [{ id, reason: reasons[id] }]));
  const undoneCases = undone(
    casesToBring(stop).map((one) => one.caseId),
    draft.kept,
  );
  return {
    undoneCases,
    undonePickups: undone(
      pickupsToFetch(stop).map((one) => one.id),
      draft.missed,
    ),
    redeliverOn: undoneCases.length > 0 ? draft.redeliverOn : null,
    receivedBy: draft.receivedBy.trim() || null,
    notes,
    coordinates,
    signature,
    photos,
  };
}

/** Packages that go into the van here: the ticked pickups', and what was more. */
export function packagesFetched(stop: DriveStop, draft: Draft): number {
  const missed = pickupsToFetch(stop)
    .filter((one) => one.id in draft.missed)
    .reduce((sum, one) => sum + Math.max(1, one.packageCount), 0);
  return packagesToFetch(stop) - missed + draft.extra;
}

/** The next working day after a civil date (`2026-03-06` → `2026-03-09`): proposed for another try. */
export function nextWorkingDay(date: string): string {
  const day = new Date(`${date}T12:00:00Z`);
  do day.setUTCDate(day.getUTCDate() + 1);
  while (day.getUTCDay() === 0 || day.getUTCDay() === 6);
  return day.toISOString().slice(0, 10);
}
