import { describe, expect, it } from 'vitest';
import type { Route, Stop } from '../desk/records';
import { happenings, stopsOf } from './happenings';
import { Track } from './track';

const stop = (of: Partial<Stop>): Stop => ({
  id: 'S',
  labId: 'L',
  routeId: 'R',
  sequence: 1,
  clinicId: 'C',
  deliveryIds: [],
  pickupIds: [],
  status: 'done',
  version: 1,
  ...of,
});
const route = (of: Partial<Route>): Route => ({
  id: 'R',
  routeId: 'R',
  labId: 'L',
  driverId: 'D1',
  date: '2026-06-09',
  status: 'finished',
  stops: [],
  version: 1,
  ...of,
});
const minute = (n: number) => `2026-06-09T10:${String(n).padStart(2, '0')}:00Z`;

describe('the stops of a driver', () => {
  it('are those he drove, also on a route that another has now', () => {
    const routes = [
      route({
        driverId: 'D2',
        stops: [
          stop({ id: 'a', driverId: 'D1', arrivedAt: minute(5) }),
          stop({ id: 'b', driverId: 'D2', arrivedAt: minute(9) }),
          stop({ id: 'c', status: 'planned' }),
        ],
      }),
      route({ status: 'cancelled', stops: [stop({ id: 'd' })] }),
    ];
    expect(stopsOf(routes, 'D1').map(({ id }) => id)).toEqual(['a']);
    expect(stopsOf(routes, 'D2').map(({ id }) => id)).toEqual(['b', 'c']);
  });
});

describe('what happened', () => {
  const fix = (at: string, isSuspect = false) => ({
    at: Date.parse(at),
    lng: 0,
    lat: 0,
    speed: null,
    heading: null,
    accuracy: null,
    isSuspect,
  });

  it('is told in order, proof and gaps included', () => {
    const track = new Track([fix(minute(0)), fix(minute(1), true), fix(minute(3)), fix(minute(4))]);
    const done = stop({
      arrivedAt: minute(5),
      closedAt: minute(8),
      departedAt: minute(9),
      proof: { signatureId: 'x' },
      sightings: [{ what: 'crossed', at: minute(2) }],
    });
    expect(happenings([done], track).map(({ what }) => what)).toEqual([
      'gap',
      'suspect',
      'crossed',
      'arrived',
      'proof',
      'departed',
    ]);
  });

  it('is no hand-over where nothing was proved', () => {
    const track = new Track([]);
    expect(happenings([stop({ closedAt: minute(8) })], track)).toEqual([]);
    expect(happenings([stop({ closedAt: minute(8), status: 'failed' })], track)[0]?.what).toBe('failed');
    expect(happenings([stop({ status: 'planned' })], track)).toEqual([]);
  });
});
