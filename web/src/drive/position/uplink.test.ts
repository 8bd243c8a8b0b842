import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { KeptFix } from '../shell/storage';
import { Uplink, type FixStore } from './uplink';

class FakeSocket {
  static readonly OPEN = 1;
  static made: FakeSocket[] = [];
  readyState = 0;
  sent: { ref: string; n: number }[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: () => void;

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as { ref: string; n: number });
  }
  close() {
    this.readyState = 3;
    this.onclose?.();
  }
  open() {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }
  ack(ref: string, status = 'accepted') {
    this.onmessage?.({ data: JSON.stringify({ type: 'ACK', ref, status }) });
  }
}

/** Positions by their refs, the oldest first. */
class Kept implements FixStore {
  all = new Map<number, KeptFix>();
  add(ref: number) {
    this.all.set(ref, { driver: 'LAB/DRV-1', at: ref, message: { n: ref } });
  }
  fixes(_driver: string, after: number, most: number) {
    const found = [...this.all].filter(([ref]) => ref > after).map(([ref, fix]) => ({ ref, fix }));
    return Promise.resolve(found.slice(0, most));
  }
  dropFix(ref: number) {
    this.all.delete(ref);
    return Promise.resolve();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made = [];
  vi.stubGlobal('WebSocket', FakeSocket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = () => vi.advanceTimersByTimeAsync(0);
const latest = () => {
  const socket = FakeSocket.made.at(-1);
  if (!socket) throw new Error('no socket');
  return socket;
};

function linked(count: number): { kept: Kept; uplink: Uplink } {
  const kept = new Kept();
  for (let ref = 1; ref <= count; ref += 1) kept.add(ref);
  const uplink = new Uplink(
    kept,
    () => 'LAB/DRV-1',
    'ws://test/ws/driver',
    () => undefined,
  );
  uplink.open();
  return { kept, uplink };
}

it('sends the oldest first, and keeps each until it is answered', async () => {
  const { kept } = linked(3);
  latest().open();
  await settle();
  expect(latest().sent.map(({ n }) => n)).toEqual([1, 2, 3]);
  latest().ack('1');
  latest().ack('2', 'rejected');
  await settle();
  expect([...kept.all.keys()]).toEqual([3]);
});

it('sends again what was not answered when the line was cut', async () => {
  linked(2);
  latest().open();
  await settle();
  latest().ack('1');
  await settle();
  latest().close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(FakeSocket.made).toHaveLength(2);
  latest().open();
  await settle();
  expect(latest().sent.map(({ n }) => n)).toEqual([2]);
});

it('does not send more at once than can be answered, and all in the end', async () => {
  const { kept } = linked(120);
  latest().open();
  await settle();
  expect(latest().sent).toHaveLength(50);
  for (let ref = 1; ref <= 120; ref += 1) {
    latest().ack(String(ref));
    await settle();
  }
  expect(kept.all.size).toBe(0);
  expect(latest().sent.map(({ n }) => n)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
});

it('gives up a line on which nothing is answered', async () => {
  linked(1);
  latest().open();
  await settle();
  await vi.advanceTimersByTimeAsync(40_000);
  expect(FakeSocket.made).toHaveLength(2);
});

it('does not come back after it was closed', async () => {
  const { uplink } = linked(0);
  latest().open();
  uplink.close();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(FakeSocket.made).toHaveLength(1);
});
