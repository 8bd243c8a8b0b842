import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newDraft } from '../day/draft';
import { Storage } from '../shell/storage';
import { AT, complete, DRIVER, FILE, proof, tap } from '../testing/day';
import { outcome, type Outcome } from './queue';
import { drain, post, type Send } from './sending';
import { newTap, type NewTap, type Tap } from './tap';

let storage: Storage;
let database = 0;

beforeEach(async () => {
  storage = await Storage.open(`test-${++database}`);
});
afterEach(() => {
  storage.close();
  vi.unstubAllGlobals();
});

function fresh({ key, driver, at, deed }: Tap): NewTap {
  return newTap(key, driver, at, deed);
}

/** Answers in turn; the last one for ever. */
function answering(...statuses: number[]): { send: Send; sent: string[]; ids: string[][] } {
  const sent: string[] = [];
  const ids: string[][] = [];
  const send: Send = (one, proofIds) => {
    sent.push(one.key);
    ids.push([...proofIds.values()]);
    const status = statuses.length > 1 ? (statuses.shift() ?? 0) : (statuses[0] ?? 0);
    return Promise.resolve(outcome(status, 'stop_closed', `ID-${sent.length}`));
  };
  return { send, sent, ids };
}

const run = (send: Send, changed: (came: Outcome) => void = () => undefined) =>
  drain(storage, () => DRIVER, send, { now: () => 7, changed });

describe('the queue on the phone', () => {
  const arrive = tap(0, { kind: 'arrive', stopId: 'S1' }, { key: 'arrive' });
  const signed = proof(0, { key: 'proof' });
  const done = complete(0, 'proof', { key: 'done' });

  it('is sent in the order of the taps, proofs with their ids before what names them', async () => {
    await storage.addTaps([arrive].map(fresh));
    await storage.addTaps([signed, done].map(fresh));
    const { send, sent, ids } = answering(200);
    expect(await run(send)).toBe('empty');
    expect(sent).toEqual(['arrive', 'proof', 'done']);
    expect(ids[2]).toContain('ID-2');
    expect((await storage.taps()).map((one) => one.state)).toEqual(['sent', 'sent', 'sent']);
  });

  it('outlives a reload in the middle, files included, and goes on where it was', async () => {
    await storage.addTaps([arrive, signed, done].map(fresh));
    expect(await run(answering(200, 0).send)).toBe('away');
    storage.close();
    storage = await Storage.open(`test-${database}`);
    const kept = await storage.taps();
    expect(kept.map((one) => one.state)).toEqual(['sent', 'waiting', 'waiting']);
    expect(kept[1]?.deed).toMatchObject({ kind: 'proof', file: { type: 'image/png' } });
    const { send, sent } = answering(200);
    expect(await run(send)).toBe('empty');
    expect(sent).toEqual(['proof', 'done']);
  });

  it('stops where the session is over, and loses nothing', async () => {
    await storage.addTaps([arrive, signed].map(fresh));
    expect(await run(answering(401).send)).toBe('logged_out');
    expect((await storage.taps()).map((one) => one.state)).toEqual(['waiting', 'waiting']);
  });

  it('stops in the middle when another driver logs in, and sends nothing of one in the session of another', async () => {
    await storage.addTaps([arrive, signed, done].map(fresh));
    let driver: string | undefined = DRIVER;
    const { send, sent } = answering(200);
    const going = (one: Tap, ids: ReadonlyMap<string, string>) => {
      // The login is under way: whose session it will be is not known.
      driver = undefined;
      return send(one, ids);
    };
    const go = () => drain(storage, () => driver, going, { now: () => 7, changed: () => undefined });
    expect(await go()).toBe('away');
    driver = 'LAB/OTHER';
    expect(await go()).toBe('empty');
    expect(sent).toEqual(['arrive']);
    driver = DRIVER;
    await go();
    expect(sent).toEqual(['arrive', 'proof']);
  });

  it('keeps what was refused and goes on with the others', async () => {
    await storage.addTaps([arrive, signed, done].map(fresh));
    const { send, sent } = answering(409, 200);
    expect(await run(send)).toBe('empty');
    expect(sent).toEqual(['arrive', 'proof', 'done']);
    expect((await storage.taps())[0]).toMatchObject({
      state: 'refused',
      refusal: { status: 409, code: 'stop_closed' },
    });
  });

  it('does not bring back a tap that was removed while it was sent', async () => {
    await storage.addTaps([arrive].map(fresh));
    const send: Send = async (one) => {
      await storage.dropTaps([one]);
      return outcome(409, '', null);
    };
    await run(send);
    expect(await storage.taps()).toEqual([]);
  });

  it('takes a draft and leaves its taps in one step', async () => {
    await storage.saveDraft(newDraft('S1'));
    await storage.addTaps([signed, done].map(fresh), { draftDone: 'S1' });
    expect(await storage.drafts()).toEqual([]);
    expect(await storage.taps()).toHaveLength(2);
  });
});

describe('a tap on its way', () => {
  const answer = (status: number, body: string, type = 'application/json') =>
    vi.stubGlobal(
      'fetch',
      vi.fn(() => Promise.resolve(new Response(body, { status, headers: { 'content-type': type } }))),
    );
  const sentWith = () => vi.mocked(fetch).mock.calls[0] ?? [];

  it('names itself and says when it was', async () => {
    answer(200, '{}');
    await post(tap(1, { kind: 'arrive', stopId: 'S 1' }), new Map());
    const [path, init] = sentWith();
    expect(path).toBe('/v1/stops/S%201/arrive');
    expect(init?.headers).toMatchObject({ 'idempotency-key': 'key-1' });
    expect(JSON.parse(String(init?.body))).toEqual({ at: AT });
  });

  it('names proofs by the ids that the server gave them', async () => {
    answer(200, '{}');
    await post(complete(2, 'key-1'), new Map([['key-1', 'P-9']]));
    expect(JSON.parse(String(sentWith()[1]?.body))).toEqual({
      at: AT,
      cases: [],
      pickups: [],
      receivedBy: 'Ann Ace',
      proofOfDelivery: { signatureId: 'P-9', photoIds: [] },
    });
  });

  it('brings a proof as a file of its lab', async () => {
    answer(201, '{"id":"P-1"}');
    expect(await post(proof(1), new Map())).toEqual({ kind: 'taken', result: 'P-1' });
    const form = sentWith()[1]?.body as FormData;
    expect(form.get('labId')).toBe('LAB');
    expect((form.get('file') as File).size).toBe(FILE.bytes.byteLength);
  });

  it('is refused in the server’s word', async () => {
    answer(409, '{"type":"urn:pontic:problem:stop_closed","code":"stop_closed"}', 'application/problem+json');
    expect(await post(complete(1, null), new Map())).toEqual({
      kind: 'refused',
      refusal: { status: 409, code: 'stop_closed' },
    });
  });

  it('is not taken by the page of a network that asks for a login', async () => {
    answer(200, '<html>Welcome to our Wi-Fi</html>', 'text/html');
    expect(await post(complete(1, null), new Map())).toEqual({ kind: 'away' });
  });

  it('is as it was where there is no network', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(() => Promise.reject(new TypeError('no network'))),
    );
    expect(await post(complete(1, null), new Map())).toEqual({ kind: 'away' });
  });
});
