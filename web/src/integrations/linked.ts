import { link } from './place';

/** A piece of a sentence: text, or an id with where it leads. */
export interface Piece {
  text: string;
  href?: string;
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const THINGS = 'case|delivery|pickup|series|invoice|route|stop|clinic|driver|endpoint|subscription|event';
/** An id after the word for its thing, a bare UUID that is no part of an actor (`source/0199…`), or a number in the log. */
const FOUND = new RegExp(
  `\\b(?:${THINGS}) (?<named>(?=[^ ]*[0-9A-Z])[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9])|(?<![/\\w-])(?<uuid>${UUID})(?![\\w-])|\\bnumber (?<seq>\\d+)\\b`,
  'gi',
);

/** A sentence of a story, with links to what it speaks of. `own`: ids of the story itself, which lead nowhere. */
export function linked(sentence: string, own: string[]): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of sentence.matchAll(FOUND)) {
    const { named, uuid, seq } = match.groups ?? {};
    const id = named ?? uuid ?? seq;
    if (id === undefined || own.includes(id) || (named !== undefined && !/[\dA-Z]/.test(named))) continue;
    const at = match.index + match[0].length - id.length;
    if (at > done) pieces.push({ text: sentence.slice(done, at) });
    pieces.push({ text: id, href: seq === undefined ? link('story', id) : link('events', seq) });
    done = at + id.length;
  }
  if (done < sentence.length) pieces.push({ text: sentence.slice(done) });
  return pieces;
}
