import { browsersLanguage, texts, type Language } from './reading';
import { isClosed, pause, type Closed, type Saying, type VisitState } from './state';

/** What came of an answer: it was taken, or the word for why not. */
export type Taken = 'taken' | { refused: string };

const PATIENCE_MS = 12_000;

/** The visit behind the link of this page: asked again and again for as long as the page is looked at. Nothing is kept. */
export class Visit {
  /** What was told last. */
  state = $state.raw<VisitState>();
  /** Why there is nothing to see. */
  closed = $state.raw<Closed>();
  /** How often in a row nobody was reached. */
  failures = $state(0);
  /** This machine's clock, moved on every second. */
  now = $state(Date.now());
  /** When the server was heard last, by this machine's clock. */
  heardAt = $state<number>();
  /** Chosen here; else the one that the clinic is written to, else the browser's. */
  chosen = $state<Language>();

  language = $derived(this.chosen ?? this.state?.language ?? browsersLanguage());
  texts = $derived(texts[this.language]);
  /** How old what is shown is, in milliseconds. */
  age = $derived(this.heardAt === undefined ? 0 : Math.max(0, this.now - this.heardAt));
  /** The server's time. */
  serverNow = $derived(this.state === undefined ? this.now : Date.parse(this.state.serverTime) + this.age);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(private readonly link: string) {}

  /** Follows the visit until the function that it gives is called. */
  follow(): () => void {
    const tick = setInterval(() => (this.now = Date.now()), 1_000);
    const back = () => {
      if (!document.hidden) void this.look();
    };
    document.addEventListener('visibilitychange', back);
    globalThis.addEventListener('online', back);
    void this.look();
    return () => {
      clearInterval(tick);
      clearTimeout(this.#timer);
      document.removeEventListener('visibilitychange', back);
      globalThis.removeEventListener('online', back);
    };
  }

  /** Asks now. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    const answer = await ask(`${this.link}/state`);
    // One that was asked later has answered already.
    if (asked !== this.#asked) return;
    this.#hear(answer);
    this.#later();
  }

  /** Tells the lab and the driver. */
  async say(saying: Saying): Promise<Taken> {
    const answer = await ask(`${this.link}/answers`, saying);
    if (answer.status === 200) {
      this.#asked += 1;
      this.#hear(answer);
      this.#later();
      return 'taken';
    }
    if (answer.status === 0) return { refused: 'offline' };
    if (answer.status === 429) return { refused: 'tooMany' };
    if (answer.status === 404 || answer.status === 409) void this.look();
    return { refused: answer.reason ?? answer.code };
  }

  #hear(answer: Heard): void {
    this.now = Date.now();
    if (answer.status === 200) {
      this.state = answer.body as VisitState;
      this.closed = undefined;
    } else if (answer.status === 404 && isClosed(answer.code)) {
      this.closed = answer.code;
    } else {
      this.failures += 1;
      return;
    }
    this.failures = 0;
    this.heardAt = this.now;
  }

  /** A page that nobody looks at asks nothing; it does when it is looked at again. */
  #later(): void {
    clearTimeout(this.#timer);
    const wait = pause(this.closed ?? this.state?.state, this.failures);
    if (wait === undefined) return;
    this.#timer = setTimeout(() => {
      if (!document.hidden) void this.look();
    }, wait);
  }
}

interface Heard {
  /** HTTP status; 0: nobody was reached. */
  status: number;
  body: unknown;
  /** The word of a refusal. */
  code: string;
  /** What is wrong with the first field that is at fault. */
  reason: string | undefined;
}

async function ask(path: string, saying?: Saying): Promise<Heard> {
  try {
    const response = await fetch(path, {
      credentials: 'omit',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(saying === undefined
        ? {}
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(saying),
          }),
    });
    const body: unknown = await response.json().catch(() => undefined);
    const problem = (body ?? {}) as { code?: string; errors?: { reason: string }[] };
    return { status: response.status, body, code: problem.code ?? '', reason: problem.errors?.[0]?.reason };
  } catch {
    return { status: 0, body: undefined, code: '', reason: undefined };
  }
}
