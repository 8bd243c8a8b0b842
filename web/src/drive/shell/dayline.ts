/** Asks for the day. */
import type { Day } from '../day/day';

export type DayAnswer =
  /** `tripMs`: how long the question and its answer were on their way. */
  | { kind: 'day'; day: Day; etag: string | null; askedAt: number; tripMs: number }
  | { kind: 'same'; askedAt: number }
  | { kind: 'logged_out' }
  /** Somebody who is no driver. */
  | { kind: 'no_driver' }
  | { kind: 'away' };

const LONGEST_MS = 20_000;

/** The day, unless it is still as `etag` says. */
export async function askDay(etag: string | null): Promise<DayAnswer> {
  const askedAt = Date.now();
  const asked = performance.now();
  const headers: Record<string, string> = { accept: 'application/json' };
  if (etag !== null) headers['if-none-match'] = etag;
  try {
    const response = await fetch('/v1/drive', {
      headers,
      cache: 'no-store',
      signal: AbortSignal.timeout(LONGEST_MS),
    });
    // The rest of a long answer comes after the server read its clock.
    const tripMs = performance.now() - asked;
    if (response.status === 304) return { kind: 'same', askedAt };
    if (response.status === 401) return { kind: 'logged_out' };
    if (response.status === 403 || response.status === 400) return { kind: 'no_driver' };
    if (!response.ok || !/\bjson\b/.test(response.headers.get('content-type') ?? '')) return { kind: 'away' };
    const day = (await response.json()) as Day;
    return { kind: 'day', day, etag: response.headers.get('etag'), askedAt, tripMs };
  } catch {
    return { kind: 'away' };
  }
}
