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
/** The server pings under the minute, but a page does not see that: a socket that says nothing for longer is asked by reconnecting. */
const SILENT_MS = 60_000;
/** Where packets are swallowed, nothing says that a socket will never open. */
const OPENING_MS = 10_000;
/** From so many reconnects in vain on it may be us who are not let in. */
const VAIN = 2;

/**
 * The stream of `/ws/dispatch`. A socket that drops, or may be dead, is opened again, and what happened meanwhile comes first: the server
 * resumes after the last number that was heard. Nothing pops up; `state` and `heardAt` say how it stands.
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
  #vain = 0;
  #isOpening = false;
  #life: AbortController | undefined;

  /** `hear` gets what is heard; `inVain` is called when reconnecting goes on to fail. */
  constructor(
    private readonly hear: (messages: LiveMessage[]) => void,
    private readonly inVain: () => void = () => undefined,
  ) {}

  open(): void {
    this.#life?.abort();
    this.#life = new AbortController();
    const { signal } = this.#life;
    // Another network: the socket of the old one is dead, even if nobody says so.
    addEventListener('online', () => this.#connect(), { signal });
    document.addEventListener('visibilitychange', () => this.#seen(), { signal });
    this.#connect();
  }

  close(): void {
    this.#life?.abort();
    this.#life = undefined;
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** To be called now and then: a socket that may be dead is opened again. */
  check(now: number): void {
    if (this.#life && !this.#isOpening && this.isSilent(now) && navigator.onLine) this.#connect();
  }

  /** A page that is looked at again may have slept. */
  #seen(): void {
    if (document.hidden) return;
    if (this.state === 'away') this.#connect();
    else this.check(Date.now());
  }

  /** Opens it, in place of the one that is there. It counts as live until it turns out that it is not. */
  #connect(): void {
    clearTimeout(this.#timer);
    this.#drop();
    const resumed = this.#place
      ? `?after=${encodeURIComponent(`${this.#place.epoch}:${this.#place.seq}`)}`
      : '';
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/ws/dispatch${resumed}`);
    this.#socket = socket;
    this.#isOpening = true;
    this.#timer = setTimeout(() => this.#again(socket), OPENING_MS);
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      clearTimeout(this.#timer);
      this.#wait = FIRST_WAIT_MS;
      this.#vain = 0;
      this.#isOpening = false;
      if (this.#place) this.state = 'live';
      this.heardAt = Date.now();
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      if (socket === this.#socket) this.#gather(event.data);
    };
    socket.onclose = () => this.#again(socket);
  }

  /** What the socket says from here on is nobody's matter. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpening = false;
    socket?.close();
  }

  #again(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#drop();
    clearTimeout(this.#timer);
    this.state = 'away';
    this.reconnects += 1;
    this.#vain += 1;
    if (this.#vain > VAIN) this.inVain();
    this.#timer = setTimeout(() => this.#connect(), this.#wait * (0.5 + Math.random() / 2));
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
    return this.state !== 'away' && this.heardAt > 0 && now - this.heardAt > SILENT_MS;
  }
}
