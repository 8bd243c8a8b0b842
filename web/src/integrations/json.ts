export interface JsonToken {
  kind: 'key' | 'string' | 'number' | 'word' | 'mark';
  text: string;
}

const PART = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([^"\d-]+|-)/g;

/** The parts of a JSON text, nothing lost. */
export function tokens(json: string): JsonToken[] {
  const found: JsonToken[] = [];
  for (const [, string, colon, number, word, other] of json.matchAll(PART)) {
    if (string !== undefined) found.push({ kind: colon === undefined ? 'string' : 'key', text: string });
    if (colon !== undefined) found.push({ kind: 'mark', text: colon });
    if (number !== undefined) found.push({ kind: 'number', text: number });
    if (word !== undefined) found.push({ kind: 'word', text: word });
    if (other !== undefined) found.push(...marks(other));
  }
  return found;
}

/** Between marks may stand `true`, `false` and `null`. */
function marks(text: string): JsonToken[] {
  return text
    .split(/(true|false|null)/)
    .filter((part) => part !== '')
    .map((part) => ({ kind: /^[a-z]/.test(part) ? 'word' : 'mark', text: part }) as const);
}

/** What a text of JSON is, or the line at which it is none. An empty one is nothing. */
export function parsed(text: string): { value: unknown } | { line: number } {
  if (text.trim() === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { line: text.slice(0, faultAt(text)).split('\n').length };
  }
}

const LEAF = /(?:"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
const BLANK = /\s*/y;
const KEY = /"(?:[^"\\\n]|\\.)*"/y;

/** How far a text can be read as JSON. Browsers do not all say where they stopped. */
function faultAt(text: string): number {
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const mark = (of: string): boolean => {
    skip(BLANK);
    if (text[at] !== of) return false;
    at += 1;
    return true;
  };
  const list = (end: string, item: () => boolean): boolean => {
    if (mark(end)) return true;
    do if (!item()) return false;
    while (mark(','));
    return mark(end);
  };
  const value = (): boolean => {
    skip(BLANK);
    if (mark('[')) return list(']', value);
    if (mark('{')) return list('}', () => (skip(BLANK), skip(KEY)) && mark(':') && value());
    return skip(LEAF);
  };
  value();
  skip(BLANK);
  return at;
}
