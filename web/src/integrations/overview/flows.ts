import type { Series, Totals } from '../records';

/** What came or went of one kind, by one source. */
export interface Flow {
  direction: 'in' | 'out';
  /** Absent where only totals by type are kept. */
  source?: string;
  kind: string;
  count: number;
  errors: number;
  /** Milliseconds on average; absent where nothing was measured. */
  latencyMs?: number;
  counts: number[];
  faults: number[];
  latencies: number[];
}

const sum = (values: number[]) => values.reduce((so_far, value) => so_far + value, 0);

/** Flows of a series, the busiest first. Each step's latency weighs as much as happened in it. */
export function ofSeries(series: Series): Flow[] {
  const flows = series.items.map((item): Flow => {
    const weighed = item.latencyMs
      .map((ms, index) => ({ ms, of: item.counts[index] ?? 0 }))
      .filter(({ ms }) => ms !== null);
    const weight = sum(weighed.map(({ of }) => of));
    const latency = weight > 0 ? sum(weighed.map(({ ms, of }) => (ms ?? 0) * of)) / weight : undefined;
    return {
      direction: item.direction,
      source: item.source,
      kind: item.kind,
      count: sum(item.counts),
      errors: sum(item.errors),
      ...(latency === undefined ? {} : { latencyMs: latency }),
      counts: item.counts,
      faults: item.errors,
      latencies: item.latencyMs.map((ms) => ms ?? 0),
    };
  });
  return flows.filter((flow) => flow.count > 0).sort((one, other) => other.count - one.count);
}

/** Flows where only totals since the start are kept: everything that came in, by type. */
export function ofTotals(totals: Totals): Flow[] {
  const flows = Object.entries(totals.eventCounts).map(([kind, count]): Flow => ({
    direction: 'in',
    kind,
    count,
    errors: totals.errorCounts[kind] ?? 0,
    counts: [],
    faults: [],
    latencies: [],
  }));
  return flows.sort((one, other) => other.count - one.count);
}

/** So many of so many, as people write it: `0.8 %`. */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  const of = (part / whole) * 100;
  return `${of < 10 ? of.toFixed(1) : Math.round(of)} %`;
}

/** Milliseconds, in the unit that reads best. */
export function duration(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
