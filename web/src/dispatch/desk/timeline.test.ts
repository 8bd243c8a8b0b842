import { describe, expect, it } from 'vitest';
import type { RouteNow } from './now';
import { fitSpan, hours, pile, seen, share, spread } from './timeline';

const at = (text: string) => Date.parse(`2026-06-09T${text}:00Z`);
const usual = { from: at('06:00'), to: at('20:00') };

function route(...windows: [string, string][]): RouteNow {
  const stops = windows.map(([from, to], index) => ({
    key: `L/${index}`,
    id: String(index),
    labId: 'L',
    routeId: 'R',
    sequence: index + 1,
    clinicId: 'C',
    deliveryIds: [],
    pickupIds: [],
    status: 'planned' as const,
    windowStart: `2026-06-09T${from}:00Z`,
    windowEnd: `2026-06-09T${to}:00Z`,
    version: 1,
    late: false,
    atRisk: false,
  }));
  return {
    key: 'L/R',
    id: 'R',
    routeId: 'R',
    labId: 'L',
    driverId: 'D',
    date: '2026-06-09',
    status: 'planned',
    stops,
    version: 1,
  };
}

describe('the span of the lines', () => {
  it('is the usual day where nothing is planned', () => {
    expect(fitSpan([], usual, at('10:00'))).toEqual(usual);
  });

  it('holds the routes with room around them', () => {
    const span = fitSpan([route(['09:05', '11:55'], ['13:00', '16:30'])], usual, at('10:00'));
    expect(span).toEqual({ from: at('08:00'), to: at('17:00') });
  });

  it('is no shorter than four hours', () => {
    const span = fitSpan([route(['09:30', '10:30'])], usual, at('09:00'));
    expect(span).toEqual({ from: at('09:00'), to: at('13:00') });
  });

  it('holds a prediction that is far behind the window', () => {
    const late = route(['09:30', '10:30']);
    for (const stop of late.stops) stop.at = at('15:10');
    expect(fitSpan([late], usual, at('09:00')).to).toBe(at('16:00'));
  });
});

it('writes as many hours as there is room for', () => {
  expect(hours(usual, 20)).toHaveLength(15);
  expect(hours(usual, 8).map((hour) => new Date(hour).getUTCHours())).toEqual([6, 8, 10, 12, 14, 16, 18, 20]);
});

it('places moments along the span, and what is outside at its ends', () => {
  expect(share(usual, at('13:00'))).toBe(0.5);
  expect(share(usual, at('05:00'))).toBe(0);
  expect(share(usual, at('23:00'))).toBe(1);
});

describe('marks side by side', () => {
  it('leaves those alone that have room', () => {
    expect(spread([0, 40, 90], 16, 100)).toEqual([0, 40, 90]);
  });

  it('pushes apart those that want the same place, in their order', () => {
    expect(spread([40, 40, 40], 16, 200)).toEqual([40, 56, 72]);
  });

  it('pushes back from the end', () => {
    expect(spread([95, 100, 100], 16, 100)).toEqual([68, 84, 100]);
  });

  it('comes closer where there is no room at all, and never leaves the line', () => {
    const places = spread(Array<number>(21).fill(100), 16, 100);
    expect(places[0]).toBe(0);
    expect(places[20]).toBe(100);
    for (let n = 1; n < places.length; n += 1) expect((places[n] ?? 0) - (places[n - 1] ?? 0)).toBeCloseTo(5);
  });
});

it('draws only what is seen of a long list, and a little more', () => {
  const piled = pile(
    Array.from({ length: 500 }, (_, index) => index),
    (index) => (index % 100 === 0 ? 30 : 60),
  );
  expect(piled[101]).toEqual({ item: 101, top: 30 + 99 * 60 + 30, height: 60 });
  expect(seen(piled, 0, 600, 120).map((one) => one.item)).toEqual([...Array(13).keys()]);
  const middle = seen(piled, 6_000, 600, 120).map((one) => one.item);
  expect(middle[0]).toBe(98);
  expect(middle.at(-1)).toBe(112);
  expect(seen([], 0, 600)).toEqual([]);
});
