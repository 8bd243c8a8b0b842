import type { Stop } from './records';

const MINUTE = 60_000;
/** Less than this before the window's end is at risk. */
export const RISK_MS = 10 * MINUTE;

/** When a stop is or was reached, and how that stands to what was promised. Times in ms since 1970. */
export interface Prospect {
  /** When the driver came, else when he is expected; absent: nobody knows. */
  at: number | undefined;
  /** After the window's end. */
  late: boolean;
  /** Less than ten minutes before it. */
  atRisk: boolean;
}

type Promised = Pick<Stop, 'status' | 'windowEnd' | 'arrivedAt' | 'closedAt'>;

const time = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

/** Whether somebody must still go there. */
export function isOpen(stop: Pick<Stop, 'status'>): boolean {
  return stop.status === 'planned' || stop.status === 'arrived';
}

/**
 * What is to be expected of a stop at `now`, with the predicted time `eta` if there is one. A prediction that has passed without an
 * arrival is now at best; a stop without any prediction is late once its window is over.
 */
export function prospect(stop: Promised, eta: number | undefined, now: number): Prospect {
  const end = time(stop.windowEnd);
  if (stop.status !== 'planned') {
    const came = time(stop.arrivedAt) ?? (isOpen(stop) ? now : time(stop.closedAt));
    const served = stop.status !== 'skipped' && stop.status !== 'failed';
    return {
      at: came,
      late: served && end !== undefined && came !== undefined && came > end,
      atRisk: false,
    };
  }
  const at = eta === undefined ? undefined : Math.max(eta, now);
  if (end === undefined) return { at, late: false, atRisk: false };
  const judged = at ?? now;
  const late = judged > end;
  return { at, late, atRisk: !late && end - judged < RISK_MS };
}

/** How many whole minutes after the window's end; 0 when it is not. A started minute counts. */
export function minutesLate(windowEnd: string | undefined, at: number | undefined): number {
  const end = time(windowEnd);
  if (end === undefined || at === undefined || at <= end) return 0;
  return Math.ceil((at - end) / MINUTE);
}
