import { describe, expect, it } from 'vitest';
import { dialled } from '../day/dialled';
import { shrunkSize } from '../proof/photo';
import { stop } from '../testing/day';
import { distanceM, isDue, isMoving, isWithin, type Fix } from './rules';
import { wayTo } from './way';

const HERE = { lat: 52.5, lng: 13.4 };
const north = (metres: number) => ({ lat: HERE.lat + metres / 111_195, lng: HERE.lng });
const fix = (at: number, metres = 0, change: Partial<Fix> = {}): Fix => ({
  coordinates: north(metres),
  at,
  speed: 0,
  heading: null,
  accuracy: 5,
  ...change,
});

it('measures metres', () => {
  expect(distanceM(HERE, north(1_000))).toBeCloseTo(1_000, 0);
});

describe('a position is sent', () => {
  const far = north(50_000);

  it('first, then every 30 s or 50 m', () => {
    expect(isDue(fix(0), undefined, far)).toBe(true);
    expect(isDue(fix(20_000, 10), fix(0), far)).toBe(false);
    expect(isDue(fix(30_000), fix(0), far)).toBe(true);
    expect(isDue(fix(3_000, 60), fix(0), far)).toBe(true);
  });

  it('every 10 s within a kilometre of the next stop', () => {
    expect(isDue(fix(10_000), fix(0), north(900))).toBe(true);
    expect(isDue(fix(9_000), fix(0), north(900))).toBe(false);
    expect(isDue(fix(10_000), fix(0), north(1_100))).toBe(false);
  });

  it('not because a parked phone wanders, and never backwards in time', () => {
    expect(isDue(fix(3_000, 60, { accuracy: 80 }), fix(0), far)).toBe(false);
    expect(isDue(fix(-1, 500), fix(0), far)).toBe(false);
  });
});

it('is at the door within the fence, if it knows well enough where it is', () => {
  expect(isWithin(fix(0, 95), HERE)).toBe(true);
  expect(isWithin(fix(0, 105), HERE)).toBe(false);
  expect(isWithin(fix(0, 0, { accuracy: 400 }), HERE)).toBe(false);
  expect(isWithin(undefined, HERE)).toBe(false);
  expect(isWithin(fix(0), null)).toBe(false);
});

it('forbids typing while driving, and not because of an old position', () => {
  expect(isMoving(fix(0, 0, { speed: 6 }), 1_000)).toBe(true);
  expect(isMoving(fix(0, 0, { speed: 4 }), 1_000)).toBe(false);
  expect(isMoving(fix(0, 0, { speed: 6 }), 60_000)).toBe(false);
});

it('asks the phone’s own map app for the way', () => {
  const clinic = stop('S1', { address: '1 Main Street' });
  expect(wayTo(clinic, 'Linux; Android 14')?.app).toBe('geo:52.5,13.4?q=52.5,13.4(Clinic%20S1)');
  expect(wayTo(clinic, 'iPhone')?.app).toBe('maps://?daddr=52.5,13.4&dirflg=d');
  expect(wayTo(clinic, 'X11; Linux')?.app).toMatch(/^https:/);
  expect(wayTo(stop('S1', { location: null, address: '1 Main Street' }), 'Android')?.app).toBe(
    'geo:0,0?q=Clinic%20S1%2C%201%20Main%20Street',
  );
  expect(wayTo(stop('S1', { location: null }), 'Android')).toBeUndefined();
});

it('makes photos small, and none larger', () => {
  expect(shrunkSize(4_000, 3_000)).toEqual({ width: 1_600, height: 1_200 });
  expect(shrunkSize(3_000, 9_000)).toEqual({ width: 533, height: 1_600 });
  expect(shrunkSize(640, 480)).toEqual({ width: 640, height: 480 });
});

it('dials what people write', () => {
  expect(dialled('+49 (30) 555-0100')).toBe('+49305550100');
  expect(dialled('030 / 555 0100')).toBe('0305550100');
});
