/**
 * The order in which taps are sent, and what an answer makes of one. Nothing here reads a clock, a network or a database: taps and
 * answers in, taps out.
 */
import type { Deed, Refusal, Tap } from './tap';

/** What came of sending a tap. */
export type Outcome =
  | { kind: 'taken'; result: string | null }
  | { kind: 'refused'; refusal: Refusal }
  /** The session is over: nothing is sent until somebody logs in. */
  | { kind: 'logged_out' }
  /** Not reached, or the server is busy: the same again later. */
  | { kind: 'away' }
  /** The server failed on this very tap. */
  | { kind: 'failed'; refusal: Refusal };

/** After so many failures of the server on one tap those behind it go on, and the driver is told. */
export const MOST_FAILURES = 5;
const FIRST_WAIT_MS = 2_000;
// Not every phone says that the network is back: half a minute is what a driver waits at a door.
const MOST_WAIT_MS = 30_000;
/** A proof that waits longer is told. */
export const OLD_PROOF_MS = 30 * 60_000;

/** What an answer of the server means; `status` 0: it was not reached. */
export function outcome(status: number, code: string, result: string | null): Outcome {
  if (status >= 200 && status < 300) return { kind: 'taken', result };
  if (status === 401) return { kind: 'logged_out' };
  // Time-outs, too many requests and those in between (proxies) say nothing of the tap itself.
  if ([0, 408, 425, 429, 502, 503, 504].includes(status)) return { kind: 'away' };
  if (status >= 500) return { kind: 'failed', refusal: { status, code } };
  return { kind: 'refused', refusal: { status, code } };
}

/** The tap to send next, if one of this driver's can be sent. */
export function next(taps: readonly Tap[], driver: string): Tap | undefined {
  return taps
    .toSorted((a, b) => a.seq - b.seq)
    .find((tap) => tap.driver === driver && tap.state === 'waiting' && isReady(tap, taps));
}

function isReady(tap: Tap, taps: readonly Tap[]): boolean {
  return heldUpBy(tap, taps).length === 0;
}

/** What closes a stop, and its proofs: a route that is finished before them fails their stop. */
const OF_A_STOP: ReadonlySet<Deed['kind']> = new Set(['complete', 'fail', 'skip', 'proof']);

/**
 * The taps that must be taken before this one goes: a completion's proofs, and all that closes a stop before the route is finished.
 * One that was removed is gone and holds up nothing.
 */
export function heldUpBy(tap: Tap, taps: readonly Tap[]): Tap[] {
  if (tap.deed.kind === 'finish') {
    return taps.filter(
      (other) =>
        other.driver === tap.driver &&
        other.seq < tap.seq &&
        other.state !== 'sent' &&
        OF_A_STOP.has(other.deed.kind),
    );
  }
  const keys = neededBy(tap);
  return taps.filter((other) => keys.includes(other.key) && other.result === null);
}

/** Keys of the taps that must be taken before this one. */
export function neededBy(tap: Tap): string[] {
  if (tap.deed.kind !== 'complete') return [];
  const { signature, photos } = tap.deed.completion;
  return signature === null ? photos : [signature, ...photos];
}

/** A tap after an answer; `at` is this phone's time. */
export function settle(tap: Tap, came: Outcome, at: number): Tap {
  switch (came.kind) {
    case 'taken':
      return {
        ...tap,
        deed: lightened(tap.deed),
        state: 'sent',
        refusal: null,
        result: came.result,
        sentAt: at,
      };
    case 'refused':
      return { ...tap, state: 'refused', refusal: came.refusal };
    case 'failed': {
      const failures = tap.failures + 1;
      return failures < MOST_FAILURES
        ? { ...tap, failures }
        : { ...tap, failures, state: 'refused', refusal: came.refusal };
    }
    case 'away':
    case 'logged_out':
      return tap;
  }
}

/** A file that the server has need not fill the phone until its completion is sent. */
function lightened(deed: Deed): Deed {
  return deed.kind === 'proof' ? { ...deed, file: { ...deed.file, bytes: new ArrayBuffer(0) } } : deed;
}

/** A refused tap that is tried once more, in its old place. */
export function again(tap: Tap): Tap {
  return tap.state === 'refused' ? { ...tap, state: 'waiting', refusal: null, failures: 0 } : tap;
}

/** Whether the queue goes on at once after this: an answer about one tap does not hold up the next. */
export function goesOn(came: Outcome): boolean {
  return came.kind === 'taken' || came.kind === 'refused';
}

/** How long to wait after the `n`-th time in a row that nothing went through; `chance` from 0 to 1 spreads many phones. */
export function waitMs(n: number, chance: number): number {
  const most = Math.min(FIRST_WAIT_MS * 2 ** Math.min(n - 1, 10), MOST_WAIT_MS);
  return Math.round(most * (0.5 + chance / 2));
}

/** Sent taps that are not needed any more: the day that was asked for after them shows what they did, and nobody waits for them. */
export function settled(taps: readonly Tap[], dayAskedAt: number): Tap[] {
  const needed = new Set(taps.filter((tap) => tap.state !== 'sent').flatMap(neededBy));
  return taps.filter(
    (tap) => tap.state === 'sent' && tap.sentAt !== null && tap.sentAt < dayAskedAt && !needed.has(tap.key),
  );
}

/** Earlier words on duty and breaks that a newer one makes needless. */
export function overtaken(taps: readonly Tap[], driver: string): Tap[] {
  return taps.filter((tap) => tap.driver === driver && tap.deed.kind === 'presence' && tap.state !== 'sent');
}

/** How the queue stands, for the driver. */
export interface Standing {
  /** To be sent. */
  waiting: number;
  /** Not taken: the driver decides. */
  refused: number;
  /** Left by another driver on this phone. */
  others: number;
  /** How long the oldest proof waits, once that is long; milliseconds. */
  oldProofMs: number | null;
}

export function standing(taps: readonly Tap[], driver: string | undefined, now: number): Standing {
  const mine = taps.filter((tap) => tap.driver === driver);
  const waits = mine.filter((tap) => tap.state === 'waiting');
  const ages = mine
    .filter((tap) => tap.state !== 'sent' && (tap.deed.kind === 'proof' || tap.deed.kind === 'complete'))
    .map((tap) => now - Date.parse(tap.at));
  const oldest = Math.max(0, ...ages);
  return {
    waiting: waits.length,
    refused: mine.filter((tap) => tap.state === 'refused').length,
    others: taps.filter((tap) => tap.driver !== driver && tap.state !== 'sent').length,
    oldProofMs: oldest >= OLD_PROOF_MS ? oldest : null,
  };
}
