/** Brings the queue to the server: when something is tapped, when the network is back, after a while, and in the background where that is possible. */
import { waitMs, type Outcome } from '../queue/queue';
import { alone, drain, post, type Kept, type Stopped } from '../queue/sending';

interface SyncManager {
  register(tag: string): Promise<void>;
}

/** The name under which the phone wakes the service worker when the network is back. */
export const SYNC_TAG = 'pontic-drive-queue';
/** Pages and the service worker tell each other that the queue changed. */
export const CHANNEL = 'pontic-drive-queue';

export type Cause = 'permission_off' | 'no_network' | 'app_closed';

/** What windows tell each other: the queue or a draft is another, somebody logged in. */
export type News = 'changed' | 'login';

interface Heard {
  /** Makes sure whose session it is before anything is sent; what keeps it from being sent. */
  hold: () => Promise<Stopped | undefined>;
  changed: (came: Outcome) => Promise<void>;
  stopped: (why: Stopped) => void;
}

export class Postman {
  /** When it is tried again, by this phone's clock; absent while nothing is held up. */
  retryAt = $state<number>();
  #misses = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;
  #again = false;
  #channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(CHANNEL);

  constructor(
    private readonly kept: Kept,
    /** Whose phone it is. */
    private readonly driver: () => string | undefined,
    /** Whose session it is, once that is sure. */
    private readonly sender: () => string | undefined,
    private readonly heard: Heard,
  ) {}

  /** Hears of what others (the service worker, another window) did. */
  listen(told: (news: News) => void): () => void {
    const hear = (event: MessageEvent<News>) => told(event.data);
    this.#channel?.addEventListener('message', hear);
    return () => this.#channel?.removeEventListener('message', hear);
  }

  /** Tells the other windows. */
  tell(news: News): void {
    this.#channel?.postMessage(news);
  }

  /** Sends now; while it is sending, once more after that. */
  hurry(): void {
    clearTimeout(this.#timer);
    this.retryAt = undefined;
    if (this.#running) {
      this.#again = true;
      return;
    }
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.driver() === undefined) return;
    this.#running = true;
    this.#again = false;
    let why: Stopped;
    try {
      why = (await this.heard.hold()) ?? (await alone(() => this.#drain()));
    } catch {
      // The phone could not keep what became of a tap (it is full): told again later, the server knows it by its key.
      why = 'failed';
    } finally {
      this.#running = false;
    }
    this.heard.stopped(why);
    if (why === 'empty' || why === 'logged_out') this.#misses = 0;
    else this.#later();
    if (this.#again) this.hurry();
  }

  #drain(): Promise<Stopped> {
    return drain(this.kept, this.sender, post, {
      now: () => Date.now(),
      changed: async (came) => {
        await this.heard.changed(came);
        this.tell('changed');
      },
    });
  }

  #later(): void {
    this.#misses += 1;
    const wait = waitMs(this.#misses, Math.random());
    this.retryAt = Date.now() + wait;
    this.#timer = setTimeout(() => this.hurry(), wait);
    void wakeUpLater();
  }

  /** Tells why nothing will be heard of this phone, as far as that can still be told. */
  tellCause(cause: Cause): void {
    const id = this.driver()?.split('/')[1];
    if (id === undefined || !navigator.onLine) return;
    // `keepalive`: it goes out although the page is closing.
    void fetch(`/v1/drivers/${encodeURIComponent(id)}/status`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ cause }),
      keepalive: true,
    }).catch(() => undefined);
  }
}

/** Asks the phone to wake the service worker when there is a network, also after this page is closed. */
async function wakeUpLater(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.getRegistration('/drive');
    await (registration as { sync?: SyncManager } | undefined)?.sync?.register(SYNC_TAG);
  } catch {
    // The driver forbade it: the timer and the next visit of the page do it.
  }
}
