import { describe, expect, test } from 'vitest';
import { isLate, pause, suggestedUntil, when, type VisitState } from './state';

const NOW = Date.parse('2026-11-25T08:30:00Z');
const at = (time: string) => `2026-11-25T${time}:00Z`;

function visit(more: Partial<VisitState>): VisitState {
  return {
    state: 'coming',
    labName: 'L',
    clinicName: 'C',
    timeZone: 'Europe/Berlin',
    language: 'en',
    serverTime: at('08:30'),
    stopsBefore: 2,
    bring: { deliveries: 1, packages: 2 },
    fetch: { pickups: 0, packages: 0 },
    requiresSignature: false,
    rush: false,
    lockBoxAllowed: true,
    answers: [],
    ...more,
  };
}

describe('when a visit is expected', () => {
  const expected = { eta: at('09:00'), etaFrom: at('08:55'), etaTo: at('09:10') };

  test('a band, and minutes only for who is next', () => {
    const range = { kind: 'range', from: Date.parse(at('08:55')), to: Date.parse(at('09:10')) };
    expect(when(visit(expected), NOW)).toEqual({
      ...range,
      likely: Date.parse(at('09:00')),
      minutes: undefined,
    });
    expect(when(visit({ ...expected, state: 'next' }), NOW)).toMatchObject({ ...range, minutes: 30 });
    expect(when(visit({ ...expected, state: 'next', eta: at('09:20') }), NOW)).toMatchObject({
      minutes: undefined,
    });
  });

  test('a band that is one minute needs no middle', () => {
    const narrow = visit({ eta: at('09:00'), etaFrom: at('09:00'), etaTo: at('09:00') });
    expect(when(narrow, NOW)).toMatchObject({ kind: 'range', likely: undefined });
  });

  test('what is due is not told as a time that has passed', () => {
    expect(when(visit({ eta: at('08:30') }), NOW).kind).toBe('soon');
    expect(when(visit({ eta: at('08:10') }), NOW).kind).toBe('soon');
  });

  test('the agreed time where nothing better is known, and nothing where nothing is', () => {
    const windowed = visit({ windowStart: at('10:00'), windowEnd: at('12:00') });
    expect(when(windowed, NOW)).toEqual({
      kind: 'window',
      from: Date.parse(at('10:00')),
      to: Date.parse(at('12:00')),
    });
    expect(when(visit({}), NOW)).toEqual({ kind: 'unknown' });
  });

  test('later than agreed by a minute and more is late', () => {
    expect(isLate(visit({ eta: at('12:00'), windowEnd: at('12:00') }))).toBe(false);
    expect(isLate(visit({ eta: at('12:01'), windowEnd: at('12:00') }))).toBe(true);
    expect(isLate(visit({ windowEnd: at('12:00') }))).toBe(false);
  });
});

describe('how often the page asks', () => {
  test('more often for who is next, never again for what is over', () => {
    expect(pause('coming', 0)).toBe(15_000);
    expect(pause('next', 0)).toBe(5_000);
    expect(pause('link_early', 0)).toBe(30_000);
    expect(pause('link_over', 0)).toBeUndefined();
    expect(pause('link_unknown', 0)).toBeUndefined();
  });

  test('ever less often where nobody answers, and never less than every two minutes', () => {
    expect([1, 2, 3, 4, 5, 6, 40].map((failures) => pause('next', failures))).toEqual([
      5_000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000,
    ]);
    expect(pause(undefined, 2)).toBe(30_000);
  });
});

test('the suggestion is a half hour of today on the clinic’s wall, at least half an hour away', () => {
  expect(suggestedUntil(NOW, 'Europe/Berlin')).toBe('10:00');
  expect(suggestedUntil(NOW + 1, 'Europe/Berlin')).toBe('10:30');
  expect(suggestedUntil(Date.parse('2026-11-25T22:45:00Z'), 'Europe/Berlin')).toBe('23:59');
});
