import { words } from '../words/words';

const text = words.integrations.reasons;

/** Why a message did not go out: a word, or the status that its receiver answered with. */
export function cause(word: string | null): string {
  if (word === null || word === '') return '';
  if (/^\d{3}$/.test(word)) return text.status(word);
  return text.causes[word] ?? word.replaceAll('_', ' ');
}
