import type { Route, Stop } from '../desk/records';
import type { LngLat } from '../map/mercator';
import type { Track } from './track';

/** Something of the day that stands as a mark on the slider. */
export interface Happening {
  what: 'arrived' | 'departed' | 'crossed' | 'proof' | 'failed' | 'gap' | 'suspect';
  /** Milliseconds since 1970. */
  at: number;
  /** Of a gap: how long it was, in ms. */
  lasted?: number;
  stop?: Stop;
  place?: LngLat;
}

/** The stops that a driver drove or was to drive: a route that changed hands has some of each. */
export function stopsOf(routes: readonly Route[], driverId: string): Stop[] {
  return routes
    .filter((route) => route.status !== 'cancelled')
    .flatMap((route) => route.stops.filter((stop) => (stop.driverId ?? route.driverId) === driverId))
    .sort((a, b) => timeOf(a) - timeOf(b) || a.sequence - b.sequence);
}

/** What happened, in order of time. */
export function happenings(stops: readonly Stop[], track: Track): Happening[] {
  const found: Happening[] = stops.flatMap(ofStop);
  for (const { from, to } of track.gaps) found.push({ what: 'gap', at: from, lasted: to - from });
  for (const fix of track.suspects) found.push({ what: 'suspect', at: fix.at, place: fix });
  return found.sort((a, b) => a.at - b.at);
}

function ofStop(stop: Stop): Happening[] {
  const found: Happening[] = [];
  const add = (what: Happening['what'], at: string | undefined) => {
    if (at !== undefined) found.push({ what, at: Date.parse(at), stop });
  };
  add('arrived', stop.arrivedAt);
  if (stop.status === 'failed' || stop.status === 'skipped') add('failed', stop.closedAt);
  else if (stop.proof) add('proof', stop.closedAt);
  add('departed', stop.departedAt);
  for (const sighting of stop.sightings ?? []) if (sighting.what === 'crossed') add('crossed', sighting.at);
  return found;
}

function timeOf(stop: Stop): number {
  return Date.parse(stop.arrivedAt ?? stop.closedAt ?? stop.windowEnd ?? '2999-01-01T00:00:00Z');
}
