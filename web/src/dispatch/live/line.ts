import { timeOfDay } from '../../ages';
import { clock } from '../../clock.svelte';
import type { IconName } from '../../design/Icon.svelte';
import { words } from '../../words/words';
import { desk, type DriverNow, type StopNow } from '../desk.svelte';
import { isOpen, minutesLate } from '../desk/lateness';
import { shownAt } from '../desk/targets';
import { share, spread, type Span } from '../desk/timeline';

/** Marks are no nearer to each other than this, in pixels. */
const GAP = 21;
/** Nobody needs to see on his line what a dispatcher took off it. */
const TAKEN_OFF = ['removed', 'moved', 'route_cancelled'];

export interface Mark {
  key: string;
  place: number;
  text: string;
  icon: IconName | undefined;
  tone: 'open' | 'here' | 'done' | 'doneLate' | 'lost' | 'late' | 'risk';
  /** Whether its time is known or predicted; else it stands somewhere in its window. */
  isKnown: boolean;
  isRush: boolean;
  heard: string;
  /** From the promise to the prediction, in pixels. */
  gap: { from: number; to: number } | undefined;
}

export interface Line {
  marks: Mark[];
  ticks: number[];
  driven: { from: number; to: number } | undefined;
  done: number;
  all: number;
}

/** The stops of a driver's day that are shown, in the order of the routes. */
export function stopsOf(driver: DriverNow): StopNow[] {
  const stops = desk.routesOf(driver).flatMap((route) => route.stops);
  return stops.filter((stop) => stop.status !== 'skipped' || !TAKEN_OFF.includes(stop.reason ?? ''));
}

/** A driver's day as marks along a line so wide. */
export function lineOf(driver: DriverNow, span: Span, width: number, zone: string | undefined): Line {
  const routes = desk.routesOf(driver);
  const stops = stopsOf(driver);
  const at = (time: number) => share(span, time) * width;
  const times = shownAt(stops, span.to);
  // Along the line by time: a stop may be served out of its order.
  const ordered = stops
    .map((stop, index) => ({ stop, time: times[index] ?? span.to }))
    .sort((a, b) => a.time - b.time || a.stop.sequence - b.stop.sequence);
  const places = spread(
    ordered.map(({ time }) => at(time)),
    GAP,
    width,
  );
  const marks = ordered.map(({ stop }, index) => markOf(stop, places[index] ?? 0, at, zone));
  const ends = stops.flatMap((stop) =>
    stop.windowEnd === undefined ? [] : [at(Date.parse(stop.windowEnd))],
  );
  const started = routes.flatMap((route) =>
    route.startedAt === undefined ? [] : [Date.parse(route.startedAt)],
  );
  const ended = routes.every((route) => route.status !== 'started')
    ? Math.max(...routes.map((route) => Date.parse(route.finishedAt ?? '') || 0))
    : clock.read();
  return {
    marks,
    ticks: ends.filter((end, index) => ends.indexOf(end) === index),
    driven: started.length > 0 && ended > 0 ? { from: at(Math.min(...started)), to: at(ended) } : undefined,
    done: stops.filter((stop) => !isOpen(stop)).length,
    all: stops.length,
  };
}

function markOf(stop: StopNow, place: number, at: (time: number) => number, zone: string | undefined): Mark {
  const end = stop.windowEnd === undefined ? undefined : at(Date.parse(stop.windowEnd));
  const isLateAhead = stop.late && stop.status === 'planned';
  return {
    key: stop.key,
    place,
    text: String(stop.sequence),
    icon: iconOf(stop),
    tone: toneOf(stop),
    isKnown: stop.at !== undefined,
    isRush: desk.isRush(stop),
    heard: heardOf(stop, zone),
    gap: isLateAhead && end !== undefined && place > end ? { from: end, to: place } : undefined,
  };
}

function toneOf(stop: StopNow): Mark['tone'] {
  if (stop.status === 'failed' || stop.status === 'skipped') return 'lost';
  if (!isOpen(stop)) return stop.late ? 'doneLate' : 'done';
  if (stop.status === 'arrived') return 'here';
  if (stop.late) return 'late';
  return stop.atRisk ? 'risk' : 'open';
}

function iconOf(stop: StopNow): IconName | undefined {
  if (stop.status === 'failed' || stop.status === 'skipped') return 'close';
  return isOpen(stop) ? undefined : 'check';
}

/** All that a mark says, in words. */
export function heardOf(stop: StopNow, zone: string | undefined): string {
  const told = words.dispatch.stop;
  const time = (at: string | number) => timeOfDay(at, zone);
  const parts = [told.title(stop.sequence, desk.clinicName(stop.labId, stop.clinicId, stop))];
  if (stop.status !== 'planned') parts.push(words.shell.states[stop.status]);
  parts.push(
    stop.windowEnd === undefined
      ? told.noWindow
      : stop.windowStart === undefined
        ? told.promisedBy(time(stop.windowEnd))
        : told.promised(time(stop.windowStart), time(stop.windowEnd)),
  );
  if (stop.at !== undefined)
    parts.push(stop.status === 'planned' ? told.expected(time(stop.at)) : told.came(time(stop.at)));
  if (stop.late)
    parts.push(stop.at === undefined ? told.windowOver : told.late(minutesLate(stop.windowEnd, stop.at)));
  else if (stop.atRisk) parts.push(told.atRisk);
  if (desk.isRush(stop)) parts.push(told.rush);
  return told.heard(parts);
}

/** Where a driver goes next, in words. */
export function nextOf(
  driver: DriverNow,
  zone: string | undefined,
): { text: string; time?: string; source?: string; late?: boolean } {
  const told = words.dispatch.lines;
  const routes = desk.routesOf(driver);
  const stops = stopsOf(driver);
  if (stops.length === 0) return { text: told.noRoute };
  const here = stops.find((stop) => stop.status === 'arrived');
  if (here) return { text: told.atClinic(desk.clinicName(here.labId, here.clinicId, here)) };
  const open = stops.filter((stop) => stop.status === 'planned');
  if (open.length === 0) return { text: told.allDone };
  if (!routes.some((route) => route.status === 'started')) return { text: told.planned };
  const told1 = driver.nextStop && open.find((stop) => stop.id === driver.nextStop?.id);
  const next = told1 ?? open[0];
  if (!next) return { text: told.allDone };
  return {
    text: told.next(desk.clinicName(next.labId, next.clinicId, next)),
    ...(next.eta === undefined ? {} : { time: timeOfDay(next.at ?? next.eta, zone), late: next.late }),
    ...(next.etaSource === undefined ? {} : { source: next.etaSource }),
  };
}

/** How a prediction was made, in three words: by this way's history, along roads, or a straight line. */
export function sourceOf(source: string | undefined): 'road' | 'history' | 'estimate' | undefined {
  if (source === undefined) return undefined;
  if (source === 'straight_line') return 'estimate';
  return source === 'history' ? 'history' : 'road';
}
