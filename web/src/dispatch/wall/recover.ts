/** How often a wall that shows nothing new looks whether the server is back. */
export const LOOK_MS = 15_000;
/** A stream that is away for so long is not coming back by itself: the page begins anew. */
const AWAY_MS = 90_000;

export interface Standing {
  /** The first picture is there. */
  isReady: boolean;
  hasFault: boolean;
  /** The stream is open. */
  isLive: boolean;
  /** How long nothing was heard, in ms. */
  silentMs: number;
}

/** Nobody is there to press a button: what a wall does about how it stands. */
export function remedy({ isReady, hasFault, isLive, silentMs }: Standing): 'none' | 'load' | 'begin-anew' {
  if (!isReady) return hasFault ? 'begin-anew' : 'none';
  if (!isLive && silentMs > AWAY_MS) return 'begin-anew';
  return hasFault ? 'load' : 'none';
}

/** Loads the page again, but only from a server that answers: a browser's page of faults would stay for ever. */
export async function beginAnew(): Promise<void> {
  try {
    const answer = await fetch('/healthz', { cache: 'no-store' });
    if (answer.ok) location.reload();
  } catch {
    // Not yet.
  }
}
