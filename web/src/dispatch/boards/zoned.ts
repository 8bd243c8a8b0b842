/** Wall clocks of zones: what people type into fields, and the moments that are meant. */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const made = new Map<string, Intl.DateTimeFormat>();

function wall(timeZone: string | undefined): Intl.DateTimeFormat {
  const key = timeZone ?? '';
  let found = made.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      ...(timeZone ? { timeZone } : {}),
    });
    made.set(key, found);
  }
  return found;
}

/** What the wall clock shows at a moment, as if it stood in UTC: milliseconds. */
function shown(at: number, timeZone: string | undefined): number {
  const parts: Record<string, number> = {};
  for (const part of wall(timeZone).formatToParts(at)) parts[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * The moment at which the wall clock of a zone shows that date and time. A time that a change of clocks leaves out is the one as much
 * later, as a clock that nobody has put forward yet would show; of one that comes twice it is the first.
 */
export function momentOf(date: string, time: string, timeZone: string | undefined): Date {
  const wanted = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}Z`);
  const floor = Math.floor(wanted / 1_000) * 1_000;
  // The offsets a day before and after are all that can hold.
  const offsets = [floor - DAY, floor + DAY].map((at) => shown(at, timeZone) - at);
  const [before = 0, after = 0] = offsets;
  const first = floor - Math.max(before, after);
  for (const at of [first, floor - Math.min(before, after)]) {
    if (shown(at, timeZone) === floor) return new Date(at);
  }
  return new Date(floor - before);
}

/** The time of day that the wall clock shows, `HH:MM`, as a time field takes it. */
export function timeIn(at: string | number | Date, timeZone: string | undefined): string {
  return new Date(shown(new Date(at).getTime(), timeZone)).toISOString().slice(11, 16);
}

/** The civil date that stands on the wall, `YYYY-MM-DD`. */
export function dateOn(at: string | number | Date, timeZone: string | undefined): string {
  return new Date(shown(new Date(at).getTime(), timeZone)).toISOString().slice(0, 10);
}

/** A civil date so many days later. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The day of the week of a civil date, 0 for Monday. */
export function weekday(date: string): number {
  return (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
}
