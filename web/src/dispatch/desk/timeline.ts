import type { RouteNow } from './now';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A stretch of time, in ms since 1970. */
export interface Span {
  from: number;
  to: number;
}

/** How far a moment is along a span, 0 to 1; outside of it at the nearer end. */
export function share(span: Span, at: number): number {
  return Math.min(1, Math.max(0, (at - span.from) / (span.to - span.from)));
}

/**
 * The span that lines show: from the hour before the first moment of the routes to the hour after the last one, at least four hours,
 * and `now` with some room when it is near. Without routes it is `usual`.
 */
export function fitSpan(routes: Iterable<RouteNow>, usual: Span, now: number): Span {
  let from = Infinity;
  let to = -Infinity;
  const take = (at: number | undefined) => {
    if (at === undefined || Number.isNaN(at)) return;
    from = Math.min(from, at);
    to = Math.max(to, at);
  };
  for (const route of routes) {
    if (route.startedAt) take(Date.parse(route.startedAt));
    for (const stop of route.stops) {
      if (stop.windowStart) take(Date.parse(stop.windowStart));
      if (stop.windowEnd) take(Date.parse(stop.windowEnd));
      take(stop.at);
    }
  }
  if (from === Infinity) return usual;
  if (now > from - 2 * HOUR && now < to + 2 * HOUR) take(now + 20 * MINUTE);
  from = Math.floor((from - 10 * MINUTE) / HOUR) * HOUR;
  to = Math.ceil((to + 10 * MINUTE) / HOUR) * HOUR;
  if (to - from < 4 * HOUR) to = from + 4 * HOUR;
  return { from, to };
}

/** The full hours within a span, at most `most` of them: every one, every second, every third … */
export function hours(span: Span, most: number): number[] {
  const all: number[] = [];
  for (let at = Math.ceil(span.from / HOUR) * HOUR; at <= span.to; at += HOUR) all.push(at);
  const step = Math.max(1, Math.ceil(all.length / Math.max(1, most)));
  return all.filter((_, index) => index % step === 0);
}

/**
 * Places for marks that want to stand at `wishes` (rising or not, in the order in which they are to be seen) but at least `gap` apart
 * within 0 and `width`: each as near to its wish as the ones before it let it, pushed back from the end where there is no room.
 */
export function spread(wishes: readonly number[], gap: number, width: number): number[] {
  const room = wishes.length > 1 ? Math.min(gap, width / (wishes.length - 1)) : gap;
  const places: number[] = [];
  for (const wish of wishes) {
    const last = places.at(-1);
    places.push(Math.max(Math.min(wish, width), last === undefined ? 0 : last + room));
  }
  let limit = width;
  for (let index = places.length - 1; index >= 0; index -= 1) {
    const place = Math.max(0, Math.min(places[index] ?? 0, limit));
    places[index] = place;
    limit = place - room;
  }
  return places;
}

/** Things of a list one below the other, each with its height. */
export interface Piled<T> {
  item: T;
  top: number;
  height: number;
}

/** Piles things up from 0. */
export function pile<T>(items: readonly T[], height: (item: T) => number): Piled<T>[] {
  let top = 0;
  return items.map((item) => {
    const piled = { item, top, height: height(item) };
    top += piled.height;
    return piled;
  });
}

/** Of a pile those that are seen in a window of `shown` scrolled by `top`, and some more on both sides. */
export function seen<T>(piled: readonly Piled<T>[], top: number, shown: number, more = 240): Piled<T>[] {
  return piled.filter((one) => one.top + one.height > top - more && one.top < top + shown + more);
}
