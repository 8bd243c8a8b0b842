import { describe, expect, it } from 'vitest';
import { FILE, stop } from '../testing/day';
import type { Presence, RouteStatus } from './day';
import {
  cleared,
  completion,
  explained,
  missingProof,
  newDraft,
  nextWorkingDay,
  packagesFetched,
  phase,
  progress,
  ticked,
} from './draft';

const around = { routeStatus: 'started' as RouteStatus, presence: 'on_duty' as Presence, inFence: false };
const all = () => ticked(ticked(ticked(newDraft('S1'), 'case', 'S1-A'), 'case', 'S1-B'), 'pickup', 'PICK-S1');

describe('the big button', () => {
  const planned = stop('S1');
  const arrived = stop('S1', { status: 'arrived' });
  const signs = stop('S1', { status: 'arrived', requires: { signature: true } });

  it('goes through a stop', () => {
    expect(phase(planned, newDraft('S1'), { ...around, routeStatus: 'planned' })).toBe('start');
    expect(phase(planned, newDraft('S1'), around)).toBe('navigate');
    expect(phase(planned, { ...newDraft('S1'), navigated: true }, around)).toBe('here');
    expect(phase(arrived, newDraft('S1'), around)).toBe('scan');
    expect(phase(signs, all(), around)).toBe('proof');
    expect(phase(signs, { ...all(), signature: FILE }, around)).toBe('done');
    expect(phase(arrived, all(), around)).toBe('done');
  });

  it('is armed at the door, and where nobody knows the way', () => {
    expect(phase(planned, newDraft('S1'), { ...around, inFence: true })).toBe('here');
    expect(phase(stop('S1', { location: null }), newDraft('S1'), around)).toBe('here');
  });

  it('ends a break first, and begins the work of who is off duty', () => {
    expect(phase(arrived, all(), { ...around, presence: 'break' })).toBe('resume');
    expect(phase(arrived, all(), { ...around, presence: 'off_duty' })).toBe('on_duty');
  });
});

describe('ticks and reasons', () => {
  it('exclude each other', () => {
    const kept = explained(all(), 'case', 'S1-A', 'missing');
    expect(kept).toMatchObject({ handed: ['S1-B'], kept: { 'S1-A': 'missing' } });
    expect(ticked(kept, 'case', 'S1-A')).toMatchObject({ kept: {}, handed: ['S1-B', 'S1-A'] });
    expect(cleared(kept, 'case', 'S1-A')).toMatchObject({ kept: {}, handed: ['S1-B'] });
  });

  it('count what is in the day now, not what was ticked once', () => {
    const more = ticked(all(), 'case', 'GONE');
    expect(progress(stop('S1'), more)).toEqual({
      cases: 2,
      handed: 2,
      pickups: 1,
      fetched: 1,
      left: 0,
      undone: 0,
    });
    expect(progress(stop('S1'), newDraft('S1')).left).toBe(3);
  });

  it('tell how many packages are fetched', () => {
    expect(packagesFetched(stop('S1'), { ...all(), extra: 2 })).toBe(4);
    expect(packagesFetched(stop('S1'), explained(all(), 'pickup', 'PICK-S1', 'closed'))).toBe(0);
  });
});

describe('proof', () => {
  const strict = stop('S1', { requires: { signature: true, photo: true, name: true } });

  it('is asked for until it is there', () => {
    expect(missingProof(strict, all())).toEqual({ signature: true, photo: true, name: true });
    const whole = { ...all(), signature: FILE, photos: [FILE], receivedBy: 'Ann' };
    expect(missingProof(strict, whole)).toEqual({ signature: false, photo: false, name: false });
    expect(missingProof(strict, { ...whole, receivedBy: '  ' }).name).toBe(true);
  });

  it('is not asked for where nothing is handed over', () => {
    const none = explained(explained(all(), 'case', 'S1-A', 'missing'), 'case', 'S1-B', 'missing');
    expect(missingProof(strict, none)).toEqual({ signature: false, photo: false, name: false });
  });
});

it('tells what was not done, with its reasons, and when it is tried again', () => {
  const draft = {
    ...explained(all(), 'case', 'S1-A', 'damaged'),
    redeliverOn: '2026-03-03',
    receivedBy: ' Ann ',
  };
  const told = completion(
    stop('S1'),
    draft,
    { signature: 'k', photos: [] },
    { coordinates: null, notes: null },
  );
  expect(told).toMatchObject({
    undoneCases: [{ id: 'S1-A', reason: 'damaged' }],
    undonePickups: [],
    redeliverOn: '2026-03-03',
    receivedBy: 'Ann',
  });
  // Nothing is brought again where everything was handed over.
  const whole = completion(
    stop('S1'),
    { ...all(), redeliverOn: '2026-03-03' },
    { signature: null, photos: [] },
    { coordinates: null, notes: null },
  );
  expect(whole.redeliverOn).toBeNull();
});

it('proposes a working day', () => {
  expect(nextWorkingDay('2026-03-02')).toBe('2026-03-03');
  expect(nextWorkingDay('2026-03-06')).toBe('2026-03-09');
  expect(nextWorkingDay('2026-12-31')).toBe('2027-01-01');
});
