/** Sends what waits, strictly in order. Runs in the page and, where the phone allows it, in the service worker: never in both at once. */
import { goesOn, next, outcome, settle, type Outcome } from './queue';
import { request } from './request';
import type { Tap } from './tap';

/** Where taps are kept. */
export interface Kept {
  taps(): Promise<Tap[]>;
  saveTap(tap: Tap): Promise<void>;
}

/** Why sending stopped. */
export type Stopped = 'empty' | 'logged_out' | 'away' | 'failed';

export type Send = (tap: Tap, proofIds: ReadonlyMap<string, string>) => Promise<Outcome>;

/**
 * Sends until nothing is left or nothing goes through; `changed` is called after each answer. `driver` says before each tap whose session
 * it is, `undefined` while that is not sure: what one driver did is never told in another's name.
 */
export async function drain(
  kept: Kept,
  driver: () => string | undefined,
  send: Send,
  { now, changed }: { now: () => number; changed: (came: Outcome) => Promise<void> | void },
): Promise<Stopped> {
  for (;;) {
    const taps = await kept.taps();
    const whose = driver();
    if (whose === undefined) return 'away';
    const tap = next(taps, whose);
    if (!tap) return 'empty';
    const proofIds = new Map(
      taps.flatMap((one) => (one.result === null ? [] : [[one.key, one.result] as const])),
    );
    const came = await send(tap, proofIds);
    await kept.saveTap(settle(tap, came, now()));
    await changed(came);
    if (!goesOn(came)) return came.kind as Exclude<Stopped, 'empty'>;
  }
}

/** A network that swallows everything must not hold a phone for ever; a photo may take long. */
const USUAL_MS = 20_000;
const PROOF_MS = 120_000;

/** Posts a tap to our server. */
export const post: Send = async (tap, proofIds) => {
  const { path, body } = request(tap, proofIds);
  const headers: Record<string, string> = { accept: 'application/json', 'idempotency-key': tap.key };
  if (typeof body === 'string') headers['content-type'] = 'application/json';
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(tap.deed.kind === 'proof' ? PROOF_MS : USUAL_MS),
    });
    const answer = await read(response);
    return outcome(response.status, codeOf(answer), idOf(answer));
  } catch {
    return outcome(0, 'offline', null);
  }
};

async function read(response: Response): Promise<Record<string, unknown>> {
  // The page of a hotel's network answers 200 to everything: what is not ours has not taken it.
  if (!/\bjson\b/.test(response.headers.get('content-type') ?? '')) {
    if (response.ok && response.status !== 204) throw new TypeError('not our answer');
    return {};
  }
  const body: unknown = await response.json();
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function codeOf(answer: Record<string, unknown>): string {
  const detail = typeof answer['code'] === 'string' ? answer['code'] : answer['type'];
  return typeof detail === 'string' ? (detail.split(/[/:#]/).at(-1) ?? '') : '';
}

function idOf(answer: Record<string, unknown>): string | null {
  return typeof answer['id'] === 'string' ? answer['id'] : null;
}

/** Runs `work` while no other window, and not the service worker, sends. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  // Absent in old browsers, where the worker sends nothing either.
  const locks: LockManager | undefined = navigator.locks;
  return locks ? locks.request('pontic-drive-queue', work) : work();
}
