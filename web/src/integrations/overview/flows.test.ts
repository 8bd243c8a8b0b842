import { describe, expect, it } from 'vitest';
import { duration, ofSeries, ofTotals, percent } from './flows';

describe('flows', () => {
  it('are summed, the busiest first, latency weighed by what happened', () => {
    const item = { direction: 'in' as const, source: 's', kind: 'A', counts: [1, 0, 3], errors: [0, 0, 1] };
    const flows = ofSeries({
      stepSeconds: 60,
      items: [
        { ...item, latencyMs: [8, null, 4] },
        { ...item, kind: 'B', counts: [9], errors: [0], latencyMs: [null] },
        { ...item, kind: 'C', counts: [0, 0], errors: [0, 0], latencyMs: [null, null] },
      ],
    });
    expect(flows.map((flow) => [flow.kind, flow.count, flow.errors, flow.latencyMs])).toEqual([
      ['B', 9, 0, undefined],
      ['A', 4, 1, 5],
    ]);
  });

  it('come from totals where there is no series', () => {
    const flows = ofTotals({
      totalEvents: 3,
      totalErrors: 1,
      avgLatencyMs: 1,
      eventCounts: { A: 1, B: 2 },
      errorCounts: { B: 1 },
    });
    expect(flows.map((flow) => [flow.kind, flow.count, flow.errors])).toEqual([
      ['B', 2, 1],
      ['A', 1, 0],
    ]);
  });

  it('are written as people write them', () => {
    expect([percent(0, 0), percent(12, 1523), percent(1, 4)]).toEqual(['0 %', '0.8 %', '25 %']);
    expect([duration(1.26), duration(81.6), duration(2_340)]).toEqual(['1.3 ms', '82 ms', '2.3 s']);
  });
});
