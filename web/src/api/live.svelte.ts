import { words } from '../words/words';

/** A live message: its type, and what stands in it. */
export interface LiveMessage {
  type: string;
  seq: number;
  [member: string]: unknown;
}

export type LiveState = 'connecting' | 'live' | 'away';

const FIRST_WAIT_MS = 500;
const MOST_WAIT_MS = 15_000;
/** The server says something (at least a ping, which a page does not see) under the minute; a silent socket is asked by reconnecting. */
const SILENT_MS = 60_000;

function query(of: Record<string, string>): string {
  return Object.entries(of)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/**
 * The stream of `/ws/dispatch`. A socket that drops is opened again, and what happened meanwhile comes first: the server resumes after the
 * last number that was heard. Nothing pops up; `state` and `heardAt` say how it stands.
 */
export class Live {
  state = $state<LiveState>('connecting');
  /** When something was heard last, by this machine's clock. */
  heardAt = $state(0);
  /** How often it was opened again. */
  reconnects = $state(0);

  #socket: WebSocket | undefined;
  #place: { epoch: string; seq: number } | undefined;
  #wait = FIRST_WAIT_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    private readonly hear: (messages: LiveMessage[]) => void,
    private readonly query: Record<string, string> = {},
  ) {}

  open(): void {
    this.#closed = false;
    const resumed = this.#place && { after: `${this.#place.epoch}:${this.#place.seq}` };
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(
      `${scheme}://${location.host}/ws/dispatch?${query({ ...this.query, ...resumed })}`,
    );
    this.#socket = socket;
    socket.onopen = () => {
      this.#wait = FIRST_WAIT_MS;
      if (this.#place) this.state = 'live';
      this.heardAt = Date.now();
    };
    socket.onmessage = (event: MessageEvent<string>) => this.#gather(event.data);
    socket.onclose = () => this.#again(socket);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /** Opens it again at once, for instance when the network is back. */
  hurry(): void {
    if (this.#closed || this.state === 'live') return;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.open();
  }

  #again(socket: WebSocket): void {
    if (socket !== this.#socket || this.#closed) return;
    this.state = 'away';
    this.reconnects += 1;
    this.#timer = setTimeout(() => this.open(), this.#wait * (0.5 + Math.random() / 2));
    this.#wait = Math.min(this.#wait * 2, MOST_WAIT_MS);
  }

  #waiting: LiveMessage[] = [];
  #frame: number | undefined;

  /** Messages are handed on once a frame: at hundreds a second each by itself would be a drawing of its own. */
  #gather(text: string): void {
    const message = JSON.parse(text) as LiveMessage;
    if (message.type === 'SNAPSHOT') {
      this.#place = { epoch: String(message['epoch']), seq: message.seq };
      this.#waiting = [];
    } else if (this.#place && typeof message.seq === 'number') {
      this.#place.seq = Math.max(this.#place.seq, message.seq);
    }
    this.state = 'live';
    this.#waiting.push(message);
    this.#frame ??= this.#later(() => this.#flush());
  }

  /** Before the next drawing; a page in the background draws nothing, but goes on hearing. */
  #later(run: () => void): number {
    return document.hidden ? Number(setTimeout(run, 250)) : requestAnimationFrame(run);
  }

  #flush(): void {
    this.#frame = undefined;
    this.heardAt = Date.now();
    const messages = this.#waiting;
    this.#waiting = [];
    this.hear(messages);
  }

  /** For the top strip: "live", "live 12 s ago", "away since 40 s". */
  told(now: number): string {
    const seconds = Math.max(0, Math.round((now - this.heardAt) / 1_000));
    return words.shell.live(this.state, this.heardAt === 0 ? undefined : seconds);
  }

  /** Whether nothing was heard for so long that the socket may be dead without saying so. */
  isSilent(now: number): boolean {
    return this.state === 'live' && now - this.heardAt > SILENT_MS;
  }
}
