import { isOpen } from './lateness';
import type { RouteNow, StopNow } from './now';

/** The time that a route takes up, in ms. */
function stretch(route: RouteNow): [number, number] {
  const times = route.stops
    .flatMap((stop) => [
      stop.at,
      stop.windowStart && Date.parse(stop.windowStart),
      stop.windowEnd && Date.parse(stop.windowEnd),
    ])
    .filter((at): at is number => typeof at === 'number');
  return [Math.min(...times), Math.max(...times)];
}

/** Of a driver's routes the open one that a stop dropped at that moment is meant for: the one nearest in time. */
export function targetRoute(routes: readonly RouteNow[], at: number): RouteNow | undefined {
  const open = routes.filter((route) => route.status === 'planned' || route.status === 'started');
  const away = (route: RouteNow) => {
    const [from, to] = stretch(route);
    return at < from ? from - at : at > to ? at - to : 0;
  };
  return open.toSorted((a, b) => away(a) - away(b))[0];
}

/** The place among a route's open stops (without the one that is moved), from 1, of a stop dropped at that moment. */
export function positionAt(route: RouteNow, moved: StopNow, at: number): number {
  const others = route.stops.filter((stop) => isOpen(stop) && stop.key !== moved.key);
  const before = others.filter((stop) => (stop.at ?? wishTime(stop)) < at);
  return before.length + 1;
}

/** Where a stop without prediction is thought to be: the middle of its window. */
function wishTime(stop: StopNow): number {
  const end = stop.windowEnd === undefined ? Infinity : Date.parse(stop.windowEnd);
  const start = stop.windowStart === undefined ? end : Date.parse(stop.windowStart);
  return (start + end) / 2;
}

/** When stops are shown on a line: when the driver came or is expected; those of which nobody knows, in their order within their window. */
export function shownAt(stops: readonly StopNow[], fallback: number): number[] {
  const times: number[] = [];
  for (let from = 0; from < stops.length;) {
    const first = stops[from];
    if (!first) break;
    if (first.at !== undefined) {
      times.push(first.at);
      from += 1;
      continue;
    }
    let to = from;
    while (stops[to] && stops[to]?.at === undefined && stops[to]?.windowEnd === first.windowEnd) to += 1;
    const end = first.windowEnd === undefined ? fallback : Date.parse(first.windowEnd);
    const start = first.windowStart === undefined ? end : Date.parse(first.windowStart);
    for (let n = 0; n < to - from; n += 1) times.push(start + ((n + 0.5) / (to - from)) * (end - start));
    from = to;
  }
  return times;
}
