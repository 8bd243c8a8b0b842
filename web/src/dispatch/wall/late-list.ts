import { minutesLate } from '../desk/lateness';

/** A stop as the list needs it. */
export interface LateStop {
  key: string;
  status: string;
  late: boolean;
  atRisk: boolean;
  windowEnd?: string;
  /** When it is expected, ms since 1970. */
  at?: number;
}

export interface LateRow<S> {
  stop: S;
  minutesLate: number;
}

/** Who is late first, the latest of them on top; then who is at risk, by when the window ends. */
export function lateList<S extends LateStop>(stops: Iterable<S>): LateRow<S>[] {
  const rows: LateRow<S>[] = [];
  for (const stop of stops)
    if (stop.status === 'planned' && (stop.late || stop.atRisk))
      rows.push({ stop, minutesLate: minutesLate(stop.windowEnd, stop.at) });
  return rows.sort(
    (a, b) =>
      Number(b.stop.late) - Number(a.stop.late) ||
      b.minutesLate - a.minutesLate ||
      (a.stop.windowEnd ?? '').localeCompare(b.stop.windowEnd ?? '') ||
      a.stop.key.localeCompare(b.stop.key),
  );
}
