/** Positions to the server over `/ws/driver`: the oldest first, each kept until it is answered. */
import type { KeptFix } from '../shell/storage';

export interface FixStore {
  fixes(driver: string, after: number, most: number): Promise<{ ref: number; fix: KeptFix }[]>;
  dropFix(ref: number): Promise<void>;
}

interface Ack {
  type: 'ACK';
  ref?: string;
  status: 'accepted' | 'duplicate' | 'late' | 'rejected';
}

/** Unanswered positions at a time. */
const WINDOW = 50;
const FIRST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 60_000;
/** An answer that does not come in this time will not: the socket is dead and does not know it. */
const ANSWER_MS = 30_000;

export class Uplink {
  #socket: WebSocket | undefined;
  #wait = FIRST_WAIT_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #unanswered = new Set<number>();
  #last = 0;
  #pumping = false;
  #wanted = false;

  constructor(
    private readonly store: FixStore,
    private readonly driver: () => string | undefined,
    private readonly url: string,
    /** Called when a position was answered. */
    private readonly answered: () => void,
  ) {}

  open(): void {
    this.#wanted = true;
    if (this.#socket || !this.driver()) return;
    clearTimeout(this.#retry);
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#wait = FIRST_WAIT_MS;
      void this.pump();
    };
    socket.onmessage = (event: MessageEvent<string>) => void this.#hear(event.data);
    socket.onclose = () => this.#closed(socket);
  }

  close(): void {
    this.#wanted = false;
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (!socket) return;
    this.#closed(socket);
    socket.close(1000);
  }

  /** The network is back, or somebody logged in: now, not when the wait is over. */
  hurry(): void {
    if (!this.#wanted) return;
    this.#wait = FIRST_WAIT_MS;
    if (this.#socket?.readyState === WebSocket.OPEN) void this.pump();
    else this.open();
  }

  /** Sends what is kept, as far as the window allows. */
  async pump(): Promise<void> {
    const driver = this.driver();
    if (this.#pumping || !driver || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#pumping = true;
    try {
      const room = WINDOW - this.#unanswered.size;
      const found = room > 0 ? await this.store.fixes(driver, this.#last, room) : [];
      for (const { ref, fix } of found) {
        if (this.#socket?.readyState !== WebSocket.OPEN) return;
        this.#socket.send(JSON.stringify({ ...fix.message, ref: String(ref) }));
        this.#unanswered.add(ref);
        this.#last = ref;
      }
      this.#expect();
    } finally {
      this.#pumping = false;
    }
  }

  async #hear(text: string): Promise<void> {
    const ack = JSON.parse(text) as Ack;
    if (ack.type !== 'ACK' || ack.ref === undefined) return;
    const ref = Number(ack.ref);
    // Late, duplicate and rejected ones are done as well: sending them again would change nothing.
    await this.store.dropFix(ref);
    this.#unanswered.delete(ref);
    this.answered();
    this.#expect();
    await this.pump();
  }

  #expect(): void {
    clearTimeout(this.#watch);
    if (this.#unanswered.size > 0)
      this.#watch = setTimeout(() => {
        const socket = this.#socket;
        if (!socket) return;
        this.#closed(socket);
        socket.close();
      }, ANSWER_MS);
  }

  #closed(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    clearTimeout(this.#watch);
    // What was not answered is sent again, from the oldest on.
    this.#unanswered.clear();
    this.#last = 0;
    if (!this.#wanted) return;
    this.#retry = setTimeout(() => this.open(), this.#wait * (0.5 + Math.random() / 2));
    this.#wait = Math.min(this.#wait * 2, MOST_WAIT_MS);
  }
}
