import { expect, test } from 'vitest';
import { HEIGHT, metresBetween, sketch, WIDTH, type Point } from './sketch';

const CLINIC = { lat: 52.5256, lng: 13.3432 };
const apart = (one: Point, other: Point) => Math.hypot(one.x - other.x, one.y - other.y);

test('distances are those of the ground', () => {
  const north = metresBetween(CLINIC, { ...CLINIC, lat: CLINIC.lat + 0.01 });
  expect(north).toBeCloseTo(1_112, 0);
  expect(metresBetween(CLINIC, CLINIC)).toBe(0);
});

test('both are inside, whatever the way', () => {
  for (const [lat, lng] of [
    [0.01, 0],
    [-0.01, 0],
    [0, 0.02],
    [0, -0.02],
    [0.0001, 0.5],
    [3, -2],
    [0, 0],
  ] as const) {
    const drawn = sketch(CLINIC, { lat: CLINIC.lat + lat, lng: CLINIC.lng + lng });
    for (const { x, y } of [drawn.clinic, drawn.driver]) {
      expect(x).toBeGreaterThanOrEqual(30);
      expect(x).toBeLessThanOrEqual(WIDTH - 30);
      expect(y).toBeGreaterThanOrEqual(30);
      expect(y).toBeLessThanOrEqual(HEIGHT - 30);
    }
  }
});

test('north is up, east is right, and a degree of longitude is shorter than one of latitude', () => {
  const north = sketch(CLINIC, { ...CLINIC, lat: CLINIC.lat + 0.01 });
  expect(north.driver.y).toBeLessThan(north.clinic.y);
  expect(north.driver.x).toBeCloseTo(north.clinic.x);
  const east = sketch(CLINIC, { ...CLINIC, lng: CLINIC.lng + 0.01 });
  expect(east.driver.x).toBeGreaterThan(east.clinic.x);
  const both = sketch(CLINIC, { lat: CLINIC.lat + 0.01, lng: CLINIC.lng + 0.01 });
  const up = both.clinic.y - both.driver.y;
  const right = both.driver.x - both.clinic.x;
  expect(right / up).toBeCloseTo(Math.cos((CLINIC.lat * Math.PI) / 180), 2);
});

test('the ring is at its distance, and no further than the driver', () => {
  const driver = { lat: CLINIC.lat + 0.02, lng: CLINIC.lng };
  const drawn = sketch(CLINIC, driver);
  const metres = metresBetween(CLINIC, driver);
  expect(drawn.ring.metres).toBe(1_000);
  expect(drawn.ring.radius / apart(drawn.clinic, drawn.driver)).toBeCloseTo(1_000 / metres, 3);
});
