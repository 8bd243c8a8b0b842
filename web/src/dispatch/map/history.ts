import { ask, type Page } from '../../api/client';
import type { LngLat } from './mercator';

/** A fix of a driver's way. */
export interface HistoryFix extends LngLat {
  /** Milliseconds since 1970. */
  at: number;
  /** km/h. */
  speed: number | null;
  /** Degrees from north. */
  heading: number | null;
  /** Metres. */
  accuracy: number | null;
  /** No van can have been there: left out of ways and figures. */
  isSuspect: boolean;
}

interface Told {
  coordinates: { lat: number; lng: number };
  timestamp: string;
  speed: number | null;
  heading: number | null;
  accuracy?: number | null;
  suspect?: boolean;
}

const PAGE = 5_000;
/** A fix each second for a day. */
const MOST = 90_000;

/** Where a driver was between two moments (ms since 1970), in order of time. */
export async function history(
  labId: string,
  driverId: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<HistoryFix[]> {
  const query = new URLSearchParams({
    labId,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    limit: String(PAGE),
  });
  const path = `/v1/drivers/${encodeURIComponent(driverId)}/positions`;
  const found: HistoryFix[] = [];
  for (;;) {
    const page: Page<Told> = await ask<Page<Told>>(`${path}?${query}`, signal ? { signal } : {});
    found.push(...page.items.map(fixOf));
    if (page.next === null || found.length >= MOST) return found;
    query.set('after', page.next);
  }
}

function fixOf(told: Told): HistoryFix {
  return {
    lng: told.coordinates.lng,
    lat: told.coordinates.lat,
    at: Date.parse(told.timestamp),
    speed: told.speed,
    heading: told.heading,
    accuracy: told.accuracy ?? null,
    isSuspect: told.suspect === true,
  };
}
