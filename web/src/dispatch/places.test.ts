import { expect, it } from 'vitest';
import { placeHref, placeWith, readPlace } from './places';

it('tells the places apart, and what follows', () => {
  expect(readPlace('')).toEqual({ name: 'desk', rest: [] });
  expect(readPlace('#/clinics/CLI%2F1')).toEqual({ name: 'clinics', rest: ['CLI/1'] });
  expect(readPlace('#/nowhere/1')).toEqual({ name: 'desk', rest: [] });
});

it('leaves a board its filters', () => {
  expect(readPlace('#/deliveries?date=2026-06-09&open=a%2Fb')).toEqual({ name: 'deliveries', rest: [] });
  expect(placeWith('clinics', ['CLI 1'], { lab: 'LAB001' })).toBe('#/clinics/CLI%201?lab=LAB001');
});

it('reads an address that somebody typed badly', () => {
  expect(readPlace('#/clinics/100%').rest).toEqual(['100%']);
});

it('shows the wall by an address without #, for screens that start with one', () => {
  expect(readPlace('', '?wall=1').name).toBe('wall');
  expect(readPlace('#/plan', '?wall=1').name).toBe('plan');
});

it('writes addresses that it reads', () => {
  const href = placeHref('replay', 'LAB/1', '2026-06-09');
  expect(readPlace(href)).toEqual({ name: 'replay', rest: ['LAB/1', '2026-06-09'] });
  expect(placeHref('desk')).toBe('#/');
});
