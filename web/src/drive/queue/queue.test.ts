import { describe, expect, it } from 'vitest';
import { AT, complete, DRIVER, FILE, proof, tap } from '../testing/day';
import {
  again,
  goesOn,
  heldUpBy,
  MOST_FAILURES,
  next,
  OLD_PROOF_MS,
  outcome,
  overtaken,
  settle,
  settled,
  standing,
  waitMs,
} from './queue';

const arrive = (seq: number, change = {}) => tap(seq, { kind: 'arrive', stopId: 'S1' }, change);

describe('what an answer means', () => {
  it.each([
    [200, 'taken'],
    [201, 'taken'],
    [401, 'logged_out'],
    [0, 'away'],
    [429, 'away'],
    [503, 'away'],
    [504, 'away'],
    [500, 'failed'],
    [400, 'refused'],
    [404, 'refused'],
    [409, 'refused'],
    [413, 'refused'],
  ])('%i is %s', (status, kind) => {
    expect(outcome(status, 'code', null).kind).toBe(kind);
  });

  it('goes on after an answer about one tap, and not while nothing goes through', () => {
    expect([200, 409].map((status) => goesOn(outcome(status, '', null)))).toEqual([true, true]);
    expect([0, 401, 500, 503].some((status) => goesOn(outcome(status, '', null)))).toBe(false);
  });
});

describe('the order', () => {
  it('is that of the driver, whatever the order of the list', () => {
    expect(next([arrive(3), arrive(1), arrive(2)], DRIVER)?.seq).toBe(1);
  });

  it('leaves taps of another driver alone', () => {
    expect(next([arrive(1, { driver: 'LAB/OTHER' }), arrive(2)], DRIVER)?.seq).toBe(2);
    expect(next([arrive(1, { driver: 'LAB/OTHER' })], DRIVER)).toBeUndefined();
  });

  it('goes past what was refused', () => {
    expect(next([arrive(1, { state: 'refused' }), arrive(2)], DRIVER)?.seq).toBe(2);
  });

  it('holds a completion until its proof is there, and lets others pass', () => {
    const refusedProof = proof(1, { state: 'refused' });
    const held = complete(2, 'key-1');
    expect(next([refusedProof, held, arrive(3)], DRIVER)?.seq).toBe(3);
    expect(next([proof(1, { state: 'sent', result: 'P' }), held, arrive(3)], DRIVER)?.seq).toBe(2);
  });

  it('holds the end of the route until each stop before it is told', () => {
    const finish = tap(9, { kind: 'finish', routeId: 'R', left: [] });
    const pause = tap(10, { kind: 'presence', presence: 'off_duty' });
    for (const deed of [
      { kind: 'fail', stopId: 'S1', reason: 'closed', redeliverOn: null },
      { kind: 'skip', stopId: 'S1', reason: null },
      complete(0, null).deed,
      proof(0).deed,
    ] as const) {
      const refused = tap(2, deed, { state: 'refused' });
      expect(next([refused, finish, pause], DRIVER)).toBe(pause);
      expect(heldUpBy(finish, [refused, finish])).toEqual([refused]);
      expect(next([{ ...refused, state: 'sent' }, finish], DRIVER)).toBe(finish);
      // Removed by the driver, of another driver, or done after the end: none of its business.
      expect(next([finish], DRIVER)).toBe(finish);
      expect(next([{ ...refused, driver: 'LAB/OTHER' }, finish], DRIVER)).toBe(finish);
      expect(next([finish, { ...refused, seq: 11 }], DRIVER)).toBe(finish);
    }
    expect(next([arrive(1, { state: 'refused' }), finish], DRIVER)).toBe(finish);
    // A completion that waits for its refused proof keeps the end waiting as well.
    const held = [proof(1, { state: 'refused' }), complete(2, 'key-1'), finish];
    expect(next(held, DRIVER)).toBeUndefined();
  });

  it('sends a completion whose proof the driver removed', () => {
    expect(next([complete(2, 'key-1')], DRIVER)?.seq).toBe(2);
  });
});

describe('a tap after an answer', () => {
  it('is sent, with what the server made of it', () => {
    expect(settle(proof(1), outcome(201, '', 'P-1'), 5)).toMatchObject({
      state: 'sent',
      result: 'P-1',
      sentAt: 5,
    });
  });

  it('does not keep a file that the server has', () => {
    const sent = settle(proof(1), outcome(201, '', 'P-1'), 5);
    expect(sent.deed).toMatchObject({ kind: 'proof', file: { type: FILE.type } });
    if (sent.deed.kind !== 'proof') throw new Error('a proof');
    expect(sent.deed.file.bytes.byteLength).toBe(0);
    const refused = settle(proof(1), outcome(413, '', null), 5);
    expect(refused.deed).toEqual(proof(1).deed);
  });

  it('keeps why it was refused, until it is tried again', () => {
    const refused = settle(arrive(1), outcome(409, 'stop_closed', null), 5);
    expect(refused).toMatchObject({ state: 'refused', refusal: { status: 409, code: 'stop_closed' } });
    expect(again(refused)).toMatchObject({ state: 'waiting', refusal: null, seq: 1, key: 'key-1' });
  });

  it('is as it was where nobody answered', () => {
    expect(settle(arrive(1), outcome(0, '', null), 5)).toEqual(arrive(1));
    expect(settle(arrive(1), outcome(401, '', null), 5)).toEqual(arrive(1));
  });

  it('does not hold up the others for ever where the server fails on it', () => {
    let poison = arrive(1);
    for (let n = 1; n < MOST_FAILURES; n += 1) poison = settle(poison, outcome(500, 'internal', null), 5);
    expect(poison.state).toBe('waiting');
    expect(settle(poison, outcome(500, 'internal', null), 5).state).toBe('refused');
  });
});

describe('what is dropped', () => {
  it('is what the server had before it was asked for the day', () => {
    const before = arrive(1, { state: 'sent', sentAt: 10 });
    const after = arrive(2, { state: 'sent', sentAt: 30 });
    expect(settled([before, after, arrive(3)], 20)).toEqual([before]);
  });

  it('is never a proof that a completion still needs', () => {
    const sent = proof(1, { state: 'sent', sentAt: 10, result: 'P' });
    expect(settled([sent, complete(2, 'key-1')], 20)).toEqual([]);
    expect(settled([sent, complete(2, 'key-1', { state: 'refused' })], 20)).toEqual([]);
    expect(settled([sent, complete(2, 'key-1', { state: 'sent', sentAt: 11 })], 20)).toHaveLength(2);
  });

  it('is an earlier word on duty, if it still waits', () => {
    const pause = tap(1, { kind: 'presence', presence: 'break' });
    const sent = tap(2, { kind: 'presence', presence: 'on_duty' }, { state: 'sent' });
    expect(overtaken([pause, sent, arrive(3)], DRIVER)).toEqual([pause]);
  });
});

it('tells how the queue stands', () => {
  const now = Date.parse(AT) + OLD_PROOF_MS;
  const taps = [arrive(1), arrive(2, { state: 'refused' }), arrive(3, { driver: 'LAB/OTHER' })];
  expect(standing(taps, DRIVER, now)).toEqual({ waiting: 1, refused: 1, others: 1, oldProofMs: null });
  expect(standing([proof(1)], DRIVER, now).oldProofMs).toBe(OLD_PROOF_MS);
  expect(standing([proof(1)], DRIVER, now - 1).oldProofMs).toBeNull();
  expect(standing([proof(1, { state: 'sent' })], DRIVER, now).oldProofMs).toBeNull();
});

it('waits longer each time, half a minute at most', () => {
  expect([1, 2, 3].map((n) => waitMs(n, 1))).toEqual([2_000, 4_000, 8_000]);
  expect(waitMs(50, 1)).toBe(30_000);
  expect(waitMs(1, 0)).toBe(1_000);
});
