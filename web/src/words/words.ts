import { de } from './de';
import { en } from './en';

/** The texts of all screens. A language is a file of the same shape as `en`. */
export type Words = typeof en;

/** Languages there are, by their code. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = 'pontic.language';

function isLanguage(text: string | null | undefined): text is Language {
  return text === 'en' || text === 'de';
}

/** The chosen language, else the first of the browser's that we have. */
function chosen(): Language {
  const asked = new URLSearchParams(globalThis.location?.search ?? '').get('lang');
  if (isLanguage(asked)) return asked;
  const kept = globalThis.localStorage?.getItem(KEY);
  if (isLanguage(kept)) return kept;
  const browsers = (globalThis.navigator?.languages ?? []).map((tag) => tag.slice(0, 2));
  return browsers.find(isLanguage) ?? 'en';
}

export const language: Language = chosen();

/** The texts in the language of this page; another language is another page load. */
export const words: Words = { en, de }[language];

export function setLanguage(to: Language): void {
  localStorage.setItem(KEY, to);
  location.reload();
}
