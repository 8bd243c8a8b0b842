import { describe, expect, it } from 'vitest';
import type { RouteNow, StopNow } from './now';
import { positionAt, shownAt, targetRoute } from './targets';

const at = (text: string) => Date.parse(`2026-06-09T${text}:00Z`);

function stop(id: string, over: Partial<StopNow> = {}): StopNow {
  return {
    key: `L/${id}`,
    id,
    labId: 'L',
    routeId: 'R',
    sequence: 1,
    clinicId: `C-${id}`,
    deliveryIds: [],
    pickupIds: [],
    status: 'planned',
    windowStart: '2026-06-09T09:00:00Z',
    windowEnd: '2026-06-09T12:00:00Z',
    version: 1,
    late: false,
    atRisk: false,
    ...over,
  };
}

function route(id: string, stops: StopNow[], over: Partial<RouteNow> = {}): RouteNow {
  return {
    key: `L/${id}`,
    id,
    routeId: id,
    labId: 'L',
    driverId: 'D',
    date: '2026-06-09',
    status: 'planned',
    stops,
    version: 1,
    ...over,
  };
}

const afternoon = { windowStart: '2026-06-09T13:00:00Z', windowEnd: '2026-06-09T17:00:00Z' };

describe('the route that a drop means', () => {
  const morning = route('AM', [stop('a')]);
  const later = route('PM', [stop('b', afternoon)]);

  it('is the one of that time of day, else the nearest', () => {
    expect(targetRoute([morning, later], at('10:00'))?.id).toBe('AM');
    expect(targetRoute([morning, later], at('14:00'))?.id).toBe('PM');
    expect(targetRoute([morning, later], at('12:10'))?.id).toBe('AM');
    expect(targetRoute([morning, later], at('19:00'))?.id).toBe('PM');
  });

  it('is none that is over', () => {
    expect(targetRoute([{ ...morning, status: 'finished' }, later], at('10:00'))?.id).toBe('PM');
    expect(targetRoute([{ ...morning, status: 'finished' }], at('10:00'))).toBeUndefined();
  });
});

describe('the place that a drop means', () => {
  const moved = stop('m', { at: at('09:10') });
  const one = route('R', [
    stop('d', { status: 'done', at: at('09:00') }),
    moved,
    stop('a', { at: at('10:00') }),
    stop('b', { at: at('11:00') }),
  ]);

  it('counts the open stops before it, and not itself', () => {
    expect(positionAt(one, moved, at('09:30'))).toBe(1);
    expect(positionAt(one, moved, at('10:30'))).toBe(2);
    expect(positionAt(one, moved, at('15:00'))).toBe(3);
  });
});

describe('where stops are shown', () => {
  it('puts those that nobody predicts in their order within their window', () => {
    const stops = [stop('a', { at: at('09:20') }), stop('b'), stop('c'), stop('d', afternoon)];
    expect(shownAt(stops, 0)).toEqual([at('09:20'), at('09:45'), at('11:15'), at('15:00')]);
  });

  it('puts one without a window at the end', () => {
    const bare = stop('a');
    delete bare.windowStart;
    delete bare.windowEnd;
    expect(shownAt([bare], at('20:00'))).toEqual([at('20:00')]);
  });
});
