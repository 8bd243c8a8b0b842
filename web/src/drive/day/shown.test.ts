import { describe, expect, it } from 'vitest';
import { complete, day, first, stop, tap } from '../testing/day';
import type { Deed } from '../queue/tap';
import { casesToBring, currentRoute, isRush, needsOf, openStops, packagesToFetch } from './day';
import { shown, stillInVan } from './shown';

const statuses = (deeds: Deed[], from = day()) =>
  shown(
    from,
    deeds.map((deed, index) => tap(index, deed)),
  ).routes[0]?.stops.map((one) => one.status);

const arrive: Deed = { kind: 'arrive', stopId: 'S1' };

describe('the day with what was tapped', () => {
  it('is the server’s where nothing was', () => {
    expect(shown(day(), [])).toEqual(day());
  });

  it('shows a tap before the server knows it', () => {
    expect(statuses([arrive])).toEqual(['arrived', 'planned']);
    expect(statuses([arrive, { kind: 'fail', stopId: 'S1', reason: 'closed', redeliverOn: null }])).toEqual([
      'failed',
      'planned',
    ]);
    expect(statuses([{ kind: 'skip', stopId: 'S2', reason: null }])).toEqual(['planned', 'skipped']);
  });

  it('does not show a refused one as done', () => {
    const refused = tap(1, arrive, { state: 'refused' });
    expect(shown(day(), [refused])).toEqual(day());
  });

  it('leaves alone what the server closed meanwhile', () => {
    expect(statuses([arrive], day([stop('S1', { status: 'skipped' })]))).toEqual(['skipped']);
  });

  it('is not troubled by a stop that is not there any more', () => {
    expect(statuses([arrive], day([stop('S2')]))).toEqual(['planned']);
  });

  it('counts what was handed over, and what was not', () => {
    const done = complete(1, null);
    if (done.deed.kind !== 'complete') throw new Error('a completion');
    expect(shown(day(), [done]).routes[0]?.stops[0]?.status).toBe('done');
    done.deed.completion.undoneCases = [{ id: 'S1-A', reason: 'missing' }];
    const partly = shown(day(), [done]).routes[0]?.stops[0];
    expect(partly?.status).toBe('partly_done');
    expect(partly && casesToBring(partly).map((one) => one.caseId)).toEqual(['S1-A']);
    done.deed.completion.undoneCases.push({ id: 'S1-B', reason: 'missing' });
    done.deed.completion.undonePickups = [{ id: 'PICK-S1', reason: 'closed' }];
    expect(shown(day(), [done]).routes[0]?.stops[0]?.status).toBe('failed');
  });

  it('starts and finishes the route, and knows the driver’s break', () => {
    const planned = day();
    first(planned.routes).status = 'planned';
    const started = shown(planned, [tap(1, { kind: 'start', routeId: 'R' })]);
    expect(started.routes[0]).toMatchObject({ status: 'started' });
    const over = shown(started, [tap(2, { kind: 'finish', routeId: 'R', left: [] })]);
    expect(currentRoute(over)).toBeUndefined();
    const pause = shown(planned, [tap(3, { kind: 'presence', presence: 'break' })]);
    expect(pause.driver.presence).toBe('break');
  });
});

describe('what is at a stop', () => {
  it('counts packages, not pickups; one of unknown count is one', () => {
    const pickups = [
      { id: 'P1', status: 'scheduled', packageCount: 3 },
      { id: 'P2', status: 'requested', packageCount: 0 },
      { id: 'P3', status: 'cancelled', packageCount: 5 },
    ];
    expect(packagesToFetch(stop('S1', { pickups }))).toBe(4);
  });

  it('does not bring what was delivered or cancelled', () => {
    const deliveries = [
      {
        deliveryId: 'D',
        status: 'partially_delivered',
        cases: [
          { caseId: 'A', status: 'delivered' },
          { caseId: 'B', status: 'failed' },
        ],
      },
      { deliveryId: 'E', status: 'cancelled', cases: [{ caseId: 'C', status: 'scheduled' }] },
    ];
    expect(casesToBring(stop('S1', { deliveries })).map((one) => one.caseId)).toEqual(['B']);
  });

  it('is a rush where one case or pickup is', () => {
    const rush = stop('S1');
    expect(isRush(rush)).toBe(false);
    first(first(rush.deliveries).cases).priority = 'RUSH';
    expect(isRush(rush)).toBe(true);
    expect(
      isRush(
        stop('S1', {
          deliveries: [],
          pickups: [{ id: 'P', status: 'scheduled', packageCount: 1, isRush: true }],
        }),
      ),
    ).toBe(true);
  });

  it('asks for no proof where nothing is brought', () => {
    const requires = { signature: true, photo: true, name: true };
    expect(needsOf(stop('S1', { requires }))).toEqual(requires);
    expect(needsOf(stop('S1', { requires, deliveries: [] }))).toEqual({
      signature: false,
      photo: false,
      name: false,
    });
  });

  it('stands in its place', () => {
    const route = first(
      day([stop('S2', { sequence: 2 }), stop('S1'), stop('S0', { sequence: 0, status: 'done' })]).routes,
    );
    expect(openStops(route).map((one) => one.id)).toEqual(['S1', 'S2']);
  });
});

it('knows what is still in the van: not handed over, not visited, or on a later delivery by now', () => {
  const done = stop('S1', {
    status: 'partly_done',
    undone: [{ id: 'S1-Z', reason: 'refused' }],
    deliveries: [
      {
        deliveryId: 'D',
        status: 'delivered',
        cases: [{ caseId: 'S1-A', status: 'delivered' }],
        handedOn: ['S1-Z'],
      },
    ],
  });
  const route = first(day([done, stop('S2', { sequence: 2 })]).routes);
  expect(stillInVan(route)).toEqual([
    { id: 'S1-Z', clinicName: 'Clinic S1', reason: 'refused' },
    { id: 'S2-A', clinicName: 'Clinic S2', reason: null },
    { id: 'S2-B', clinicName: 'Clinic S2', reason: null },
  ]);
});
