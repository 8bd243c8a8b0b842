import type { DriveRoute, DriveStop } from '../day/day';
import { casesToBring } from '../day/day';

/** What a scanned or typed text means at a stop. */
export type Verdict =
  | { kind: 'right'; caseId: string }
  | { kind: 'again'; caseId: string }
  /** It is for another stop of this driver. */
  | { kind: 'elsewhere'; caseId: string; stop: DriveStop }
  | { kind: 'unknown'; text: string };

/** What a label may say: the case's id alone, `case:ID`, or an address that ends with it or has it as `case=`. */
export function caseIdsOf(text: string): string[] {
  const said = text.trim();
  const found = [said];
  const tail = /^case[:=]\s*(.+)$/i.exec(said)?.[1];
  if (tail) found.push(tail.trim());
  if (/^https?:\/\//i.test(said) && URL.canParse(said)) {
    const url = new URL(said);
    const last = url.pathname.split('/').findLast((part) => part !== '');
    const hash = url.hash.slice(1).split('/').at(-1);
    for (const part of [url.searchParams.get('case'), url.searchParams.get('caseId'), last, hash])
      if (part) found.push(decoded(part));
  }
  return found.filter((id) => id !== '');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Code 39 knows no small letters: where nothing is the same to the letter, what is the same but for those is meant. */
function find(ids: readonly string[], said: readonly string[]): string | undefined {
  const same = ids.find((id) => said.includes(id));
  if (same !== undefined) return same;
  const folded = said.map((id) => id.toUpperCase());
  const alike = ids.filter((id) => folded.includes(id.toUpperCase()));
  return alike.length === 1 ? alike[0] : undefined;
}

/** What to make of a text at `stop`, whose cases in `handed` were scanned before. */
export function judge(
  text: string,
  stop: DriveStop,
  handed: readonly string[],
  routes: readonly DriveRoute[],
): Verdict {
  const said = caseIdsOf(text);
  const here = find(
    casesToBring(stop).map((one) => one.caseId),
    said,
  );
  if (here !== undefined) return { kind: handed.includes(here) ? 'again' : 'right', caseId: here };
  for (const other of routes.flatMap((route) => route.stops)) {
    const all = other.deliveries.flatMap((delivery) => delivery.cases).map((one) => one.caseId);
    const there = find(all, said);
    if (there === undefined) continue;
    // Handed over here before: it is done, not another's.
    return other.id === stop.id
      ? { kind: 'again', caseId: there }
      : { kind: 'elsewhere', caseId: there, stop: other };
  }
  return { kind: 'unknown', text: said[0] ?? '' };
}
