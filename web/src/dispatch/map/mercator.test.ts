import { describe, expect, it } from 'vitest';
import { boundsOf, fromWorld, metresBetween, moved, toWorld, View } from './mercator';

const halden = { lng: -86.85, lat: 41.33 };

describe('the world as a square', () => {
  it('goes there and back', () => {
    for (const place of [halden, { lng: 179.9, lat: -45 }, { lng: 0, lat: 0 }]) {
      const back = fromWorld(toWorld(place));
      expect(back.lng).toBeCloseTo(place.lng, 9);
      expect(back.lat).toBeCloseTo(place.lat, 9);
    }
    expect(toWorld({ lng: 0, lat: 0 })).toEqual({ x: 0.5, y: 0.5 });
  });

  it('ends where the projection does, poles included', () => {
    expect(toWorld({ lng: 0, lat: 90 }).y).toBeCloseTo(0, 6);
    expect(toWorld({ lng: 0, lat: -90 }).y).toBeCloseTo(1, 6);
  });
});

describe('distances', () => {
  it('of one degree of latitude', () => {
    expect(metresBetween({ lng: 8, lat: 50 }, { lng: 8, lat: 51 })).toBeCloseTo(111_195, -1);
  });

  it('and moving agree', () => {
    expect(metresBetween(halden, moved(halden, 300, 400))).toBeCloseTo(500, 0);
    const east = moved(halden, 100, 0);
    expect(east.lat).toBe(halden.lat);
    expect(east.lng).toBeGreaterThan(halden.lng);
    expect(moved({ lng: 179.9999, lat: 0 }, 100, 0).lng).toBeCloseTo(-179.9992, 3);
  });
});

describe('bounds', () => {
  it('hold all places, and none are none', () => {
    expect(boundsOf([])).toBeUndefined();
    expect(
      boundsOf([
        { lng: 3, lat: 1 },
        { lng: -2, lat: 5 },
      ]),
    ).toEqual({ west: -2, east: 3, south: 1, north: 5 });
  });
});

describe('a view', () => {
  const view = View.at(halden, 12, 800, 600);

  it('shows its middle in the middle, north above and east to the right', () => {
    const middle = toWorld(halden);
    expect([view.x(middle), view.y(middle)]).toEqual([400, 300]);
    const other = toWorld(moved(halden, 1_000, 1_000));
    expect(view.x(other)).toBeGreaterThan(400);
    expect(view.y(other)).toBeLessThan(300);
  });

  it('knows the place under a point', () => {
    const place = view.under(10, 20);
    expect(view.x(toWorld(place))).toBeCloseTo(10, 6);
    expect(view.y(toWorld(place))).toBeCloseTo(20, 6);
  });

  it('measures', () => {
    const left = view.under(0, 300);
    const right = view.under(800, 300);
    expect(metresBetween(left, right) / 800).toBeCloseTo(view.metresPerPixel(), 1);
  });

  it('holds what is on it or little beside it', () => {
    expect(view.holds(0, 600)).toBe(true);
    expect(view.holds(-5, 10)).toBe(false);
    expect(view.holds(-5, 10, 8)).toBe(true);
  });
});
