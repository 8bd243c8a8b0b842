import { isOpen } from '../../desk/lateness';
import type { Route, Stop } from '../records';

/** Records by their ids. */
export function byId<T>(records: readonly T[], idOf: (record: T) => string): ReadonlyMap<string, T> {
  return new Map(records.map((record) => [idOf(record), record]));
}

/** What is brought to a stop and fetched there, in packages. */
export interface Load {
  bring: number;
  fetch: number;
}

export type LoadOf = (stop: Stop) => Load;

/** The stops of a route that are still ahead, in their order. */
export function openStops(route: Pick<Route, 'stops'>): Stop[] {
  return route.stops.filter(isOpen);
}

/** The most packages that are in the van at a time: what is brought is loaded at the start, what is fetched comes on the way. */
export function peak(stops: readonly Stop[], loadOf: LoadOf): number {
  const open = stops.filter(isOpen).map(loadOf);
  // What was fetched at stops that are done stays in the van.
  const fetched = stops.filter((stop) => !isOpen(stop) && stop.status !== 'skipped').map(loadOf);
  let inVan = sum(open.map((load) => load.bring)) + sum(fetched.map((load) => load.fetch));
  let most = inVan;
  for (const load of open) {
    inVan += load.fetch - load.bring;
    most = Math.max(most, inVan);
  }
  return most;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** Where among the stops something is dropped: before the first whose middle is below. */
export function dropPlace(y: number, middles: readonly number[]): number {
  const below = middles.findIndex((middle) => y < middle);
  return below === -1 ? middles.length : below;
}
