import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { clock as Clock } from './clock.svelte';

let clock: typeof Clock;
const START = Date.parse('2026-03-02T09:00:00Z');

beforeEach(async () => {
  vi.useFakeTimers({ now: START });
  vi.resetModules();
  ({ clock } = await import('./clock.svelte'));
});
afterEach(() => {
  vi.useRealTimers();
});

it('halves the way of an answer, and keeps the quicker of two that can both be true', () => {
  clock.hear(START + 60_000, 400);
  expect(clock.ahead()).toBe(60_200);
  // A slow answer that says the same, as far as it can.
  clock.hear(START + 59_000, 3_000);
  expect(clock.ahead()).toBe(60_200);
  clock.hear(START + 60_100, 100);
  expect(clock.ahead()).toBe(60_150);
  // One that cannot be true together with it: the server's clock was set.
  clock.hear(START + 3_600_000, 3_000);
  expect(clock.ahead()).toBe(3_601_500);
});

it('goes on truly when this machine sets its clock by an hour', () => {
  clock.hear(START, 0);
  vi.advanceTimersByTime(10_000);
  vi.setSystemTime(START + 10_000 + 3_600_000);
  vi.advanceTimersByTime(5_000);
  expect(clock.read()).toBe(START + 15_000);
  expect(clock.ahead()).toBe(-3_600_000);
});

it('runs as fast as the server’s', () => {
  clock.hear(START, 0, 6);
  vi.advanceTimersByTime(10_000);
  expect(clock.read()).toBe(START + 60_000);
});
