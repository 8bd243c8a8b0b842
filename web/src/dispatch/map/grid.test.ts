import { describe, expect, it } from 'vitest';
import { gridOf, stepFor } from './grid';
import { moved, toWorld, View } from './mercator';

describe('the step of the grid', () => {
  it('is 1, 2 or 5 of a power of ten, and wide enough to see', () => {
    expect(stepFor(0.5)).toBe(100);
    expect(stepFor(1.6)).toBe(200);
    expect(stepFor(4)).toBe(500);
    expect(stepFor(10)).toBe(1_000);
    expect(stepFor(20)).toBe(2_000);
    expect(stepFor(50)).toBe(5_000);
    expect(stepFor(110)).toBe(10_000);
  });
});

describe('the grid', () => {
  const origin = { lng: 8.5, lat: 50 };

  it('has a line through its origin and squares of its step', () => {
    const view = View.at(origin, 12, 900, 700);
    const { stepM, columns, rows } = gridOf(view, origin);
    expect(columns.some((x) => Math.abs(x - 450) < 0.01)).toBe(true);
    expect(rows.some((y) => Math.abs(y - 350) < 0.01)).toBe(true);
    const next = view.x(toWorld(moved(origin, stepM, 0)));
    expect(columns.some((x) => Math.abs(x - next) < 0.01)).toBe(true);
  });

  it('covers a place far from its origin', () => {
    const view = View.at(moved(origin, 300_000, 400_000), 12, 900, 700);
    const { columns, rows } = gridOf(view, origin);
    expect(columns.length).toBeGreaterThan(2);
    expect(rows.length).toBeGreaterThan(2);
    for (const x of columns) expect(x >= -0.01 && x <= 900.01).toBe(true);
    for (const y of rows) expect(y >= -0.01 && y <= 700.01).toBe(true);
  });

  it('is left out where it would be a carpet', () => {
    const view = View.at({ lng: 0, lat: 0 }, -3, 9_000, 9_000);
    expect(gridOf(view, origin).columns.length).toBeLessThanOrEqual(61);
  });
});
