import { describe, expect, it } from 'vitest';
import { exceptions, type Findings } from './exceptions';
import type { DriverNow, RouteNow, StopNow } from './now';
import type { Alert } from './records';

const at = (text: string) => Date.parse(`2026-06-09T${text}:00Z`);

function stop(over: Partial<StopNow> = {}): StopNow {
  return {
    key: 'L/S1',
    id: 'S1',
    labId: 'L',
    routeId: 'R',
    sequence: 1,
    clinicId: 'C',
    deliveryIds: ['D1'],
    pickupIds: [],
    status: 'planned',
    windowEnd: '2026-06-09T12:00:00Z',
    version: 1,
    late: false,
    atRisk: false,
    ...over,
  };
}

function route(stops: StopNow[], over: Partial<RouteNow> = {}): RouteNow {
  return {
    key: 'L/R',
    id: 'R',
    routeId: 'R',
    labId: 'L',
    driverId: 'DRV',
    date: '2026-06-09',
    status: 'started',
    stops,
    version: 1,
    ...over,
  };
}

let number = 0;
function alert(code: string, about: Record<string, unknown> = {}, time = '10:00'): Alert {
  number += 1;
  return { number, type: 'ALERT', code, labId: 'L', at: `2026-06-09T${time}:00Z`, ...about };
}

function find(over: Partial<Findings>): ReturnType<typeof exceptions> {
  const routes = [...(over.routes ?? [])];
  const stops = new Map(routes.flatMap((one) => one.stops).map((one) => [one.key, one]));
  return exceptions({
    alerts: [],
    drivers: new Map(),
    stops,
    isFree: () => false,
    today: () => '2026-06-09',
    shows: () => true,
    knownSince: new Map(),
    now: at('11:00'),
    ...over,
    routes,
  });
}

const codes = (found: ReturnType<typeof exceptions>) => found.map((one) => one.code);

describe('what the desk sees itself', () => {
  it('tells of a stop that is predicted late, with the way to move it', () => {
    const [late] = find({ routes: [route([stop({ late: true, eta: at('12:07') })])] });
    expect(late).toMatchObject({ code: 'late', weight: 0, action: 'move', stopKey: 'L/S1' });
  });

  it('keeps since when it is known', () => {
    const routes = [route([stop({ late: true, eta: at('12:07') })])];
    const [late] = find({ routes, knownSince: new Map([['late/L/S1', at('10:40')]]) });
    expect(late?.since).toBe(at('10:40'));
  });

  it('says when only the clock tells that a window is over', () => {
    const routes = [route([stop({ late: true })], { status: 'planned' })];
    expect(codes(find({ routes }))).toEqual(['window_over']);
  });

  it('tells of a clinic that was passed without a stop, until it is served', () => {
    const sightings = [{ what: 'crossed', at: '2026-06-09T10:30:00Z' } as const];
    expect(codes(find({ routes: [route([stop({ sightings })])] }))).toEqual(['crossed']);
    expect(find({ routes: [route([stop({ sightings, status: 'done' })])] })).toEqual([]);
  });

  it('tells of a van that stands for more than twenty minutes', () => {
    const came = (time: string) => route([stop({ status: 'arrived', arrivedAt: `2026-06-09T${time}:00Z` })]);
    expect(find({ routes: [came('10:40')] })).toEqual([]);
    expect(codes(find({ routes: [came('10:39')] }))).toEqual(['long_stop']);
  });

  it('tells of a route of yesterday that nobody ended, and of none of its stops', () => {
    const routes = [route([stop({ late: true })], { date: '2026-06-08' })];
    expect(codes(find({ routes }))).toEqual(['route_unfinished']);
  });
});

describe('alerts', () => {
  it('makes one card of many refused messages, since the oldest', () => {
    const alerts = [alert('quarantined', {}, '10:30'), alert('quarantined', {}, '09:30')];
    const found = find({ alerts });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ since: at('09:30'), action: 'messages' });
    expect(found[0]?.alerts).toHaveLength(2);
  });

  it('forgets a silent driver who is heard again', () => {
    const alerts = [alert('driver_silent', { driverId: 'DRV', lastSeen: '2026-06-09T09:50:00Z' })];
    const driver: DriverNow = { key: 'L/DRV', labId: 'L', driverId: 'DRV', name: 'Ada', tail: [] };
    expect(find({ alerts, drivers: new Map([['L/DRV', driver]]) })).toEqual([]);
    driver.silent = { lastSeen: '2026-06-09T09:50:00Z', likelyCause: 'no_network' };
    const drivers = new Map([['L/DRV', driver]]);
    const [silent] = find({ alerts, drivers, routes: [route([stop()])] });
    expect(silent).toMatchObject({ driverKey: 'L/DRV', since: at('09:50'), weight: 0, action: 'call' });
    // Who has nothing left to do may be silent.
    const [idle] = find({ alerts, drivers, routes: [route([stop({ status: 'done' })])] });
    expect(idle).toMatchObject({ weight: 2, action: 'showDriver' });
  });

  it('wants a RUSH assigned while it is free, and shows its stop after that', () => {
    const alerts = [alert('rush_case', { deliveryId: 'D1', caseId: 'K', clinicId: 'C' })];
    const [free] = find({ alerts, isFree: (key) => key === 'L/D1' });
    expect(free).toMatchObject({ weight: 0, action: 'assign', deliveryId: 'D1' });
    const [assigned] = find({ alerts, routes: [route([stop()])] });
    expect(assigned).toMatchObject({ weight: 2, action: 'showStop', stopKey: 'L/S1' });
    expect(find({ alerts, routes: [route([stop({ status: 'done' })])] })).toEqual([]);
  });

  it('says nothing of a stop that was left out from this desk', () => {
    expect(find({ alerts: [alert('stop_skipped', { stopId: 'S1', reason: 'removed' })] })).toEqual([]);
    expect(codes(find({ alerts: [alert('stop_skipped', { stopId: 'S1', reason: 'closed' })] }))).toEqual([
      'stop_skipped',
    ]);
  });

  it('hides what somebody put off until it is due', () => {
    const alerts = [alert('stop_failed', { stopId: 'S1', snoozedUntil: '2026-06-09T11:15:00Z' })];
    expect(find({ alerts, now: at('11:14') })).toEqual([]);
    expect(codes(find({ alerts, now: at('11:15') }))).toEqual(['stop_failed']);
  });

  it('leaves of a card only the alerts that are not put off', () => {
    const alerts = [
      alert('quarantined', { snoozedUntil: '2026-06-09T11:15:00Z' }, '09:00'),
      alert('quarantined', {}, '10:30'),
    ];
    const [card] = find({ alerts });
    expect(card?.alerts).toEqual([alerts[1]]);
    expect(card?.since).toBe(at('10:30'));
  });

  it('shows one that it does not know, rather than none', () => {
    expect(codes(find({ alerts: [alert('something_new')] }))).toEqual(['something_new']);
  });

  it('leaves out other labs', () => {
    expect(find({ alerts: [alert('unknown_clinic')], shows: () => false })).toEqual([]);
  });
});

it('puts first what hurries, and of that the oldest', () => {
  const alerts = [
    alert('unknown_clinic', { clinicId: 'X' }, '08:00'),
    alert('stop_failed', { stopId: 'S1' }, '10:00'),
    alert('stop_failed', { stopId: 'S2' }, '09:00'),
  ];
  const found = find({ alerts, routes: [route([stop({ late: true, eta: at('12:07') })])] });
  expect(found.map((one) => one.stopKey ?? one.clinicKey)).toEqual(['L/S1', 'L/S2', 'L/S1', 'L/X']);
});
