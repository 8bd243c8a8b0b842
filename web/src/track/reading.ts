import { track as de } from '../words/de/track';
import { track as en } from '../words/en/track';

/** The texts of this page alone: it is looked at on a phone in passing, and brings nothing that it does not show. */
export const texts = { en, de };
export type Language = keyof typeof texts;
export type Texts = typeof en;

/** The first language of the browser that we have. */
export function browsersLanguage(): Language {
  const tags = navigator.languages.map((tag) => tag.slice(0, 2));
  return tags.find((tag): tag is Language => tag in texts) ?? 'en';
}

/** Times of day on the clinic's wall, 24 hours in both languages. */
export function timeOfDay(at: number | string, language: Language, timeZone: string): string {
  return formatted(at, language, { hour: '2-digit', minute: '2-digit', timeZone });
}

/** The day and the time of day. */
export function moment(at: number | string, language: Language, timeZone: string): string {
  return formatted(at, language, { dateStyle: 'full', timeStyle: 'short', timeZone });
}

/** A zone by its name in the language: `Central European Standard Time`. */
export function zoneName(at: number, language: Language, timeZone: string): string {
  const parts = formatter(language, { timeZone, timeZoneName: 'long' }).formatToParts(at);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
}

function formatted(at: number | string, language: Language, options: Intl.DateTimeFormatOptions): string {
  return formatter(language, options).format(new Date(at));
}

function formatter(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language === 'de' ? 'de-DE' : 'en-GB', options);
}

/** How long ago, in words; `ms` of age. */
export function ago(ms: number, { ago }: Texts): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 8) return ago.now;
  if (seconds < 60) return ago.seconds(seconds);
  if (seconds < 3_600) return ago.minutes(Math.floor(seconds / 60));
  return ago.hours(Math.floor(seconds / 3_600));
}

/** A distance as a person says it: `180 m`, `1.4 km`. */
export function distance(metres: number, language: Language, texts: Texts): string {
  if (metres < 950) return texts.metres(String(Math.max(10, Math.round(metres / 10) * 10)));
  const km = new Intl.NumberFormat(language === 'de' ? 'de-DE' : 'en-GB', {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  return texts.kilometres(km.format(metres / 1_000));
}
