import { language, words } from './words/words';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in one short word; `ms` of age. */
export function ago(ms: number): string {
  const told = words.shell.ago;
  if (ms < 5 * SECOND) return told.now;
  if (ms < MINUTE) return told.seconds(Math.floor(ms / SECOND));
  if (ms < HOUR) return told.minutes(Math.floor(ms / MINUTE));
  if (ms < DAY) return told.hours(Math.floor(ms / HOUR));
  return told.days(Math.floor(ms / DAY));
}

/** The time of day of a moment in a zone (absent: the browser's), `14:05` or `2:05 PM` as the language writes it. */
export function timeOfDay(at: string | number, timeZone?: string): string {
  return formatter({ hour: '2-digit', minute: '2-digit' }, timeZone).format(new Date(at));
}

/** A day, `Mon 25 Nov`. */
export function day(at: string | number, timeZone?: string): string {
  return formatter({ weekday: 'short', day: 'numeric', month: 'short' }, timeZone).format(new Date(at));
}

/** A civil date (`2026-11-25`) in words; it has no zone. */
export function civilDay(date: string): string {
  return day(`${date}T12:00:00Z`, 'UTC');
}

/** Day and time of day. */
export function moment(at: string | number, timeZone?: string): string {
  return `${day(at, timeZone)}, ${timeOfDay(at, timeZone)}`;
}

/** The civil date of a moment in a zone: `2026-11-25`. */
export function dateIn(at: number, timeZone?: string): string {
  const minute = Math.floor(at / MINUTE);
  const known = dates.get(timeZone);
  // Asked for each driver of a list again and again; a day ends with a minute, in every zone.
  if (known?.minute === minute) return known.date;
  // Sweden writes dates as ISO does.
  const write =
    known?.write ??
    new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', ...(timeZone ? { timeZone } : {}) });
  const date = write.format(at);
  dates.set(timeZone, { write, minute, date });
  return date;
}

const dates = new Map<string | undefined, { write: Intl.DateTimeFormat; minute: number; date: string }>();
const made = new Map<string, Intl.DateTimeFormat>();

/** Formatters are dear to make and asked for thousands of times. */
function formatter(options: Intl.DateTimeFormatOptions, timeZone?: string): Intl.DateTimeFormat {
  const key = `${JSON.stringify(options)}|${timeZone ?? ''}`;
  let found = made.get(key);
  if (!found) {
    // 24 hours everywhere: a desk compares times all day.
    found = new Intl.DateTimeFormat(language === 'de' ? 'de-DE' : 'en-GB', {
      ...options,
      ...(timeZone ? { timeZone } : {}),
    });
    made.set(key, found);
  }
  return found;
}
