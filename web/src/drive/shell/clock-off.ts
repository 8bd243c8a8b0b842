import { words } from '../../words/words';

const FAR_MS = 2 * 60_000;

/** A sentence about a phone's clock that is far off; `offsetMs` is what to add to it. */
export function clockOff(offsetMs: number): string | undefined {
  if (Math.abs(offsetMs) < FAR_MS) return undefined;
  const told = words.drive.clock;
  const span = told.span(Math.round(Math.abs(offsetMs) / 60_000));
  return offsetMs > 0 ? told.behind(span) : told.ahead(span);
}
