import type { DayCode, Pickup } from '../records';
import { DAY_CODES } from '../records';
import { dateOn, weekday } from '../zoned';

/** A series as its open pickups show it. */
export interface SeriesNow {
  id: string;
  /** Its open pickups, the next one first. */
  next: Pickup[];
  rhythm: Rhythm;
}

/** How often, as far as the dates that are known tell. */
export type Rhythm =
  | { kind: 'once' }
  | { kind: 'daily' }
  | { kind: 'workdays' }
  | { kind: 'weekly'; days: DayCode[] }
  | { kind: 'biweekly'; days: DayCode[] };

const DAY = 86_400_000;

const week = (date: string) => Math.floor((Date.parse(`${date}T00:00:00Z`) / DAY + 3) / 7);

/** The rhythm of dates, which are in order. A date that is left out (a holiday) does not change it. */
export function rhythmOf(dates: readonly string[]): Rhythm {
  if (dates.length < 2) return { kind: 'once' };
  const days = [...new Set(dates.map(weekday))].sort((a, b) => a - b);
  const codes = days.flatMap((day) => DAY_CODES[day] ?? []);
  if (days.length === 7) return { kind: 'daily' };
  const isWorkdays = days.length === 5 && days.every((day) => day < 5);
  if (isWorkdays) return { kind: 'workdays' };
  const weeks = [...new Set(dates.map(week))];
  const everyOther =
    weeks.length > 1 &&
    weeks.every((one, index) => index === 0 || (one - (weeks[index - 1] ?? one)) % 2 === 0);
  return { kind: everyOther ? 'biweekly' : 'weekly', days: codes };
}

/** Pickups of series, by series, the one that comes next first. */
export function bySeries(
  pickups: readonly Pickup[],
  zoneOf: (pickup: Pickup) => string | undefined,
): SeriesNow[] {
  const groups = new Map<string, Pickup[]>();
  for (const pickup of pickups) {
    if (pickup.seriesId === undefined) continue;
    const group = groups.get(pickup.seriesId);
    if (group) group.push(pickup);
    else groups.set(pickup.seriesId, [pickup]);
  }
  const made = [...groups].map(([id, members]): SeriesNow => {
    const next = members.sort((a, b) => a.windowStart.localeCompare(b.windowStart));
    return { id, next, rhythm: rhythmOf(next.map((one) => dateOn(one.windowStart, zoneOf(one)))) };
  });
  return made.sort((a, b) => (a.next[0]?.windowStart ?? '').localeCompare(b.next[0]?.windowStart ?? ''));
}
