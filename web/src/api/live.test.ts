import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Live, type LiveMessage } from './live.svelte';

class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (!last) throw new Error('no socket');
    return last;
  }
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: () => void;
  isClosed = false;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  close(): void {
    this.isClosed = true;
  }
  say(message: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const page = Object.assign(new EventTarget(), { hidden: false });
const network = { onLine: true };
let windowEvents: EventTarget;
let heard: LiveMessage[];
let inVain: ReturnType<typeof vi.fn<() => void>>;
let live: Live;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  windowEvents = new EventTarget();
  heard = [];
  inVain = vi.fn<() => void>();
  page.hidden = false;
  network.onLine = true;
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('location', { protocol: 'http:', host: 'lab.test' });
  vi.stubGlobal('document', page);
  vi.stubGlobal('navigator', network);
  vi.stubGlobal('addEventListener', windowEvents.addEventListener.bind(windowEvents));
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 16));
  live = new Live((messages) => heard.push(...messages), inVain);
  live.open();
});

afterEach(() => {
  live.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begin(seq = 10): FakeSocket {
  const socket = FakeSocket.last;
  socket.onopen?.();
  socket.say({ type: 'SNAPSHOT', epoch: 'e', seq });
  vi.advanceTimersByTime(20);
  return socket;
}

it('resumes after the last number that was heard', () => {
  const first = begin();
  first.say({ type: 'ETA_UPDATE', seq: 12 });
  first.onclose?.();
  expect(live.state).toBe('away');
  vi.advanceTimersByTime(500);
  expect(FakeSocket.last.url).toBe('ws://lab.test/ws/dispatch?after=e%3A12');
  FakeSocket.last.onopen?.();
  expect(live.state).toBe('live');
});

it('proves a socket that says nothing by reconnecting, without a word of it', () => {
  const first = begin();
  vi.advanceTimersByTime(59_000);
  live.check(Date.now());
  expect(FakeSocket.all).toHaveLength(1);
  vi.advanceTimersByTime(2_000);
  live.check(Date.now());
  expect(FakeSocket.all).toHaveLength(2);
  expect(first.isClosed).toBe(true);
  expect(live.state).toBe('live');
  expect(live.reconnects).toBe(0);
  // The dead one's end comes late, and says nothing of the new one.
  first.onclose?.();
  expect(live.state).toBe('live');
});

it('says that it is away where the new socket never opens', () => {
  begin();
  vi.advanceTimersByTime(61_000);
  for (let seconds = 0; seconds < 10; seconds += 5) {
    live.check(Date.now());
    vi.advanceTimersByTime(5_000);
  }
  expect(FakeSocket.all).toHaveLength(2);
  expect(live.state).toBe('away');
});

it('asks nothing while the machine says that there is no network', () => {
  begin();
  network.onLine = false;
  vi.advanceTimersByTime(61_000);
  live.check(Date.now());
  expect(FakeSocket.all).toHaveLength(1);
});

it('reconnects at once when the network or the eye is back', () => {
  begin();
  windowEvents.dispatchEvent(new Event('online'));
  expect(FakeSocket.all).toHaveLength(2);
  FakeSocket.last.onclose?.();
  page.dispatchEvent(new Event('visibilitychange'));
  expect(FakeSocket.all).toHaveLength(3);
  // Two taps on the window are no reason for a fourth.
  FakeSocket.last.onopen?.();
  page.dispatchEvent(new Event('visibilitychange'));
  expect(FakeSocket.all).toHaveLength(3);
});

it('hears nothing more of a socket that was replaced', () => {
  const first = begin();
  windowEvents.dispatchEvent(new Event('online'));
  first.say({ type: 'ETA_UPDATE', seq: 99 });
  vi.advanceTimersByTime(20);
  expect(heard.map(({ type }) => type)).toEqual(['SNAPSHOT']);
});

it('asks whether we are let in when reconnecting fails twice', () => {
  begin();
  FakeSocket.last.onclose?.();
  vi.advanceTimersByTime(15_000 / 30);
  FakeSocket.last.onclose?.();
  expect(inVain).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  FakeSocket.last.onclose?.();
  expect(inVain).toHaveBeenCalledTimes(1);
});

it('is quiet after it was closed', () => {
  begin();
  live.close();
  windowEvents.dispatchEvent(new Event('online'));
  vi.advanceTimersByTime(120_000);
  live.check(Date.now());
  expect(FakeSocket.all).toHaveLength(1);
});
