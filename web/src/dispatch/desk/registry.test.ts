import { expect, it } from 'vitest';
import type { Delivery, Route, Stop } from './records';
import { Registry } from './registry';

let now = Date.parse('2026-06-09T10:00:00Z');

function stop(over: Partial<Stop> = {}): Stop {
  return {
    id: 'S1',
    labId: 'L',
    routeId: 'R',
    sequence: 1,
    clinicId: 'C',
    deliveryIds: ['D1'],
    pickupIds: [],
    status: 'planned',
    version: 1,
    ...over,
  };
}

function route(over: Partial<Route> = {}): Route {
  return {
    id: 'R',
    routeId: 'R',
    labId: 'L',
    driverId: 'DRV',
    date: '2026-06-09',
    status: 'started',
    stops: [stop()],
    version: 2,
    ...over,
  };
}

function delivery(priority: Delivery['priority']): Delivery {
  return {
    deliveryId: 'D1',
    labId: 'L',
    clinicId: 'C',
    deliveryDate: '2026-06-09',
    status: 'assigned',
    priority,
    packageCount: 1,
    totalWeight: 0,
    fragile: false,
    requiresSignature: false,
    version: 1,
  };
}

it('keeps the newer of two versions of a route', () => {
  const registry = new Registry(() => now);
  registry.put('route', 'L', 'R', route({ version: 3, driverId: 'NEW' }));
  registry.put('route', 'L', 'R', route({ version: 2 }));
  expect(registry.routes.get('L/R')?.driverId).toBe('NEW');
  registry.put('route', 'L', 'R', route({ version: 4, status: 'cancelled' }));
  expect(registry.routes.size).toBe(0);
});

it('shows RUSH no more after a change to STANDARD', () => {
  const registry = new Registry(() => now);
  registry.put('delivery', 'L', 'D1', delivery('RUSH'));
  expect(registry.isRush(stop())).toBe(true);
  registry.put('delivery', 'L', 'D1', delivery('STANDARD'));
  expect(registry.isRush(stop())).toBe(false);
});

it('forgets on the next day what is over, and keeps what is not', () => {
  now = Date.parse('2026-06-09T20:00:00Z');
  const registry = new Registry(() => now);
  const done = stop({ status: 'done' });
  registry.put('route', 'L', 'R', route({ status: 'finished', stops: [done] }));
  registry.put('route', 'L', 'R2', route({ id: 'R2', stops: [stop({ id: 'S2', routeId: 'R2' })] }));
  registry.forget();
  expect([...registry.routes.keys()]).toEqual(['L/R', 'L/R2']);
  now = Date.parse('2026-06-10T00:00:01Z');
  registry.forget();
  expect([...registry.routes.keys()]).toEqual(['L/R2']);
  expect([...registry.stops.keys()]).toEqual(['L/S2']);
});

it('tells the days of all labs, by their own midnight', () => {
  now = Date.parse('2026-06-09T23:30:00Z');
  const registry = new Registry(() => now);
  const lab = { name: '', workingDays: [], holidays: [], verified: true, version: 1 };
  registry.labs.set('A', { ...lab, id: 'A', timeZone: 'America/New_York' });
  registry.labs.set('B', { ...lab, id: 'B', timeZone: 'Europe/Berlin' });
  expect(registry.daysTold()).toBe('A 2026-06-09,B 2026-06-10');
});
