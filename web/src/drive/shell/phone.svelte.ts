/** The driver's phone: the day, what waits to be sent, what was begun at stops, and where the phone is. */
import { ask, Problem } from '../../api/client';
import { newId } from '../../api/id';
import { timeOfDay } from '../../ages';
import { clock } from '../../clock.svelte';
import { toasts } from '../../design/toasts.svelte';
import { words } from '../../words/words';
import {
  currentRoute,
  driverKey,
  openStops,
  type Day,
  type DriveRoute,
  type DriveStop,
  type Presence,
  type Undone,
} from '../day/day';
import { completion, newDraft, phase, type Draft, type Phase } from '../day/draft';
import { presenceOf, shown } from '../day/shown';
import { isMoving, isWithin } from '../position/rules';
import { Tracker } from '../position/tracker.svelte';
import { again, overtaken, settled, standing } from '../queue/queue';
import { newTap, type Deed, type Tap } from '../queue/tap';
import { rfc3339 } from './instant';
import { Postman } from './postman.svelte';
import { askDay } from './dayline';
import type { Stopped } from '../queue/sending';
import type { Storage } from './storage';

const POLL_MS = 60_000;
/** The day is asked for whole now and then, for the server's time that stands in it. */
const WHOLE_MS = 5 * 60_000;

function byStop(drafts: readonly Draft[]): Record<string, Draft> {
  return Object.fromEntries(drafts.map((draft) => [draft.stopId, draft]));
}

export type Session = 'unknown' | 'in' | 'out' | 'no_driver';

export class Phone {
  /** As the server told it. */
  #told = $state.raw<Day>();
  taps = $state.raw<Tap[]>([]);
  #drafts = $state.raw<Record<string, Draft>>({});
  session = $state<Session>('unknown');
  /** Whether the server answered when it was asked last. */
  isReached = $state(true);
  /** What to add to this phone's clock to have the server's, in milliseconds. */
  offsetMs = $derived((void clock.now, Math.round(clock.ahead())));
  /** When the day was told last, by this phone's clock. */
  toldAt = $state(0);
  /** The stop that the driver chose against the order. */
  chosen = $state<string>();

  /** The day as the driver sees it. */
  day = $derived(this.#told && shown(this.#told, this.#mine(this.taps)));
  route: DriveRoute | undefined = $derived(this.day && currentRoute(this.day));
  open: DriveStop[] = $derived(this.route ? openStops(this.route) : []);
  /** The stop on the screen. */
  stop: DriveStop | undefined = $derived(
    this.open.find((stop) => stop.id === this.chosen) ??
      this.open.find((stop) => stop.status === 'arrived') ??
      this.open[0],
  );
  presence: Presence = $derived(this.day ? presenceOf(this.day) : 'off_duty');
  driver = $derived(this.#told && driverKey(this.#told));
  standing = $derived(standing(this.taps, this.driver, clock.now));

  readonly tracker: Tracker;
  readonly postman: Postman;
  #etag: string | null = null;
  #wholeAt = 0;
  /** Whether the server said, since the page was opened or somebody logged in, that the session is this driver's. */
  #isOwn = false;
  /** How often somebody logged in: an answer to what was asked before says nothing of the session now. */
  #logins = 0;

  private constructor(readonly storage: Storage) {
    const sender = () => (this.#isOwn ? this.driver : undefined);
    this.postman = new Postman(storage, () => this.driver, sender, {
      hold: () => this.#hold(),
      changed: (came) => this.#sent(came.kind),
      stopped: (why) => {
        if (why === 'logged_out' && this.session !== 'no_driver') this.session = 'out';
        this.isReached = why !== 'away';
        if (why === 'empty') void this.refresh();
      },
    });
    this.tracker = new Tracker(
      storage,
      { keeps: () => this.driver, sends: sender },
      () => (this.route?.status === 'started' ? this.route.routeId : undefined),
      () => this.stop?.location ?? undefined,
      (sight) => {
        if (sight === 'refused') this.postman.tellCause('permission_off');
      },
    );
  }

  /** From what is kept, without any network. */
  static async open(storage: Storage): Promise<Phone> {
    const phone = new Phone(storage);
    const kept = await storage.day();
    if (kept) {
      phone.#told = kept.day;
      phone.#etag = kept.etag;
      phone.toldAt = kept.toldAt;
      clock.remember(kept.offsetMs);
    }
    phone.taps = await storage.taps();
    phone.#drafts = byStop(await storage.drafts());
    return phone;
  }

  /** For as long as the page lives: the day every minute, the queue as soon as it can go. */
  live(): () => void {
    const poll = setInterval(() => void this.refresh(), POLL_MS);
    const back = () => {
      this.postman.hurry();
      void this.tracker.flush();
      void this.refresh();
    };
    const seen = () => {
      if (!document.hidden) back();
    };
    const away = () => (this.isReached = false);
    addEventListener('online', back);
    addEventListener('offline', away);
    document.addEventListener('visibilitychange', seen);
    const stop = this.postman.listen((news) => void (news === 'login' ? this.#newSession() : this.#reload()));
    void this.storage.dropOldFixes(clock.read());
    back();
    return () => {
      clearInterval(poll);
      removeEventListener('online', back);
      removeEventListener('offline', away);
      document.removeEventListener('visibilitychange', seen);
      stop();
    };
  }

  #refreshing: Promise<void> | undefined;

  /** Asks for the day; one question at a time. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#ask().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #ask(): Promise<void> {
    const logins = this.#logins;
    const whole = Date.now() - this.#wholeAt > WHOLE_MS || this.#told === undefined;
    const answer = await askDay(whole ? null : this.#etag);
    if (logins !== this.#logins) return;
    this.isReached = answer.kind !== 'away';
    if (answer.kind === 'away') return;
    if (answer.kind === 'logged_out' || answer.kind === 'no_driver') {
      this.session = answer.kind === 'no_driver' ? 'no_driver' : 'out';
      return;
    }
    this.session = 'in';
    this.toldAt = Date.now();
    const wasOwn = this.#isOwn;
    if (answer.kind === 'day') {
      const changedHands = this.#told !== undefined && driverKey(this.#told) !== driverKey(answer.day);
      clock.hear(Date.parse(answer.day.serverTime), answer.tripMs);
      this.#wholeAt = Date.now();
      this.#told = answer.day;
      this.#etag = answer.etag;
      if (changedHands) this.chosen = undefined;
    }
    // A day that is as it was is that of the same driver.
    this.#isOwn = true;
    if (!wasOwn) void this.tracker.flush();
    // First what makes room: a phone that is full keeps the new day after it.
    await this.#settle(answer.askedAt);
    if (answer.kind === 'day') await this.#keepDay(answer.day, answer.etag);
    // Whoever just logged in has taps to send.
    if (this.standing.waiting > 0) this.postman.hurry();
  }

  async #keepDay(day: Day, etag: string | null): Promise<void> {
    const { toldAt } = this;
    const offsetMs = Math.round(clock.ahead());
    try {
      await this.storage.saveDay({ day, etag, offsetMs, toldAt });
    } catch {
      // It is on the screen, but would not outlive a reload: told, as whoever can make room is the driver.
      toasts.fault(words.drive.queue.dayNotKept);
    }
  }

  /** What the server's day shows by now need not be laid over it any more. */
  async #settle(askedAt: number): Promise<void> {
    const done = settled(this.taps, askedAt);
    if (done.length === 0) return;
    await this.storage.dropTaps(done);
    this.taps = await this.storage.taps();
  }

  /** What keeps the queue from being sent: nobody is logged in, or it is not known who. */
  async #hold(): Promise<Stopped | undefined> {
    if (!this.#isOwn) await this.refresh();
    if (this.#isOwn) return undefined;
    return this.session === 'out' || this.session === 'no_driver' ? 'logged_out' : 'away';
  }

  #saves = 0;

  /** Another window, or the service worker, did something. */
  async #reload(): Promise<void> {
    this.taps = await this.storage.taps();
    let saves: number;
    let drafts: Draft[];
    do {
      saves = this.#saves;
      drafts = await this.storage.drafts();
      // What was saved here meanwhile may not be in it.
    } while (saves !== this.#saves);
    this.#drafts = byStop(drafts);
  }

  async #sent(came: string): Promise<void> {
    this.taps = await this.storage.taps();
    // The server saw it otherwise: the day says how.
    if (came === 'refused') void this.refresh();
  }

  #mine(taps: readonly Tap[]): Tap[] {
    return taps.filter((tap) => tap.driver === this.driver);
  }

  /** A moment on the lab's clocks: what was promised is told in its zone. */
  time(at: string): string {
    return timeOfDay(at, this.day?.lab.timeZone);
  }

  /** The server's time now, as it is told. */
  at(): string {
    return rfc3339(clock.read());
  }

  /** Keeps what the driver did, shows it, and sends it when it can be sent. */
  async #tap(deeds: Deed[], keeping: { draftDone?: string; replaces?: number[] } = {}): Promise<void> {
    const driver = this.driver;
    if (driver === undefined) return;
    const at = this.at();
    await this.#keep(
      deeds.map((deed) => newTap(newId(), driver, at, deed)),
      keeping,
    );
  }

  async #keep(
    taps: ReturnType<typeof newTap>[],
    keeping: { draftDone?: string; replaces?: number[] },
  ): Promise<void> {
    try {
      await this.storage.addTaps(taps, keeping);
    } catch (error) {
      // A full phone: nothing was kept, and the driver must know before they drive on.
      toasts.fault(words.drive.queue.notKept);
      throw error;
    }
    await this.#changed();
  }

  async #changed(): Promise<void> {
    this.taps = await this.storage.taps();
    this.postman.tell('changed');
    this.postman.hurry();
  }

  // What the driver does.

  async startRoute(): Promise<void> {
    if (!this.route) return;
    await this.#tap([{ kind: 'start', routeId: this.route.routeId }]);
    if (this.presence !== 'on_duty') await this.setPresence('on_duty');
  }

  async finishRoute(left: Undone[]): Promise<void> {
    if (!this.route) return;
    await this.#tap([{ kind: 'finish', routeId: this.route.routeId, left }]);
    await this.setPresence('off_duty');
  }

  /** Only the newest word counts: earlier ones that wait go. */
  async setPresence(presence: Presence): Promise<void> {
    const driver = this.driver;
    if (driver === undefined) return;
    const replaces = overtaken(this.taps, driver).map((tap) => tap.seq);
    await this.#tap([{ kind: 'presence', presence }], { replaces });
  }

  async arrive(stop: DriveStop): Promise<void> {
    this.chosen = stop.id;
    await this.#tap([{ kind: 'arrive', stopId: stop.id }]);
  }

  /** Proofs first, then the completion that names them, in one step: either all is kept or nothing. */
  async complete(stop: DriveStop): Promise<void> {
    const driver = this.driver;
    if (driver === undefined) return;
    const draft = this.draft(stop.id);
    const at = this.at();
    const proof = (what: 'signature' | 'photo', file: NonNullable<Draft['signature']>) =>
      newTap(newId(), driver, at, { kind: 'proof', stopId: stop.id, what, file });
    const signature = draft.signature && proof('signature', draft.signature);
    const photos = draft.photos.map((file) => proof('photo', file));
    const done = completion(
      stop,
      draft,
      { signature: signature?.key ?? null, photos: photos.map((tap) => tap.key) },
      {
        coordinates: this.tracker.here?.coordinates ?? null,
        notes: draft.extra > 0 ? words.drive.stop.extraNote(draft.extra) : null,
      },
    );
    const taps = [
      ...(signature ? [signature] : []),
      ...photos,
      newTap(newId(), driver, at, { kind: 'complete', stopId: stop.id, completion: done }),
    ];
    await this.#keep(taps, { draftDone: stop.id });
    this.#left(stop);
  }

  async fail(stop: DriveStop, reason: string, redeliverOn: string | null): Promise<void> {
    await this.#tap([{ kind: 'fail', stopId: stop.id, reason, redeliverOn }], { draftDone: stop.id });
    this.#left(stop);
  }

  async skip(stop: DriveStop, reason: string | null): Promise<void> {
    await this.#tap([{ kind: 'skip', stopId: stop.id, reason }], { draftDone: stop.id });
    this.#left(stop);
  }

  #left(stop: DriveStop): void {
    this.#drafts = Object.fromEntries(Object.entries(this.#drafts).filter(([id]) => id !== stop.id));
    if (this.chosen === stop.id) this.chosen = undefined;
  }

  choose(stop: DriveStop): void {
    this.chosen = stop.id;
  }

  // What was begun at a stop.

  draft(stopId: string): Draft {
    return this.#drafts[stopId] ?? newDraft(stopId);
  }

  async saveDraft(draft: Draft): Promise<void> {
    this.#drafts = { ...this.#drafts, [draft.stopId]: draft };
    this.#saves += 1;
    try {
      await this.storage.saveDraft(draft);
      this.postman.tell('changed');
    } catch {
      // It is on the screen still, but would not outlive a reload.
      toasts.fault(words.drive.queue.notKept);
    }
  }

  phase(stop: DriveStop): Phase {
    return phase(stop, this.draft(stop.id), {
      routeStatus: this.route?.status ?? 'planned',
      presence: this.presence,
      inFence: isWithin(this.tracker.here, stop.location),
    });
  }

  get isMoving(): boolean {
    return isMoving(this.tracker.here, clock.now);
  }

  // What the server refused.

  async tryAgain(tap: Tap): Promise<void> {
    await this.storage.saveTap(again(tap));
    await this.#changed();
  }

  async remove(tap: Tap): Promise<void> {
    await this.storage.dropTaps([tap]);
    await this.#changed();
  }

  /** Ends the session; what the phone kept of the day goes with it. Only where nothing waits. */
  async logOut(): Promise<void> {
    if (this.standing.waiting + this.standing.refused > 0) return;
    this.tracker.stop();
    try {
      await ask('/logout', { method: 'POST' });
    } catch (error) {
      if (error instanceof Problem) toasts.fault(error.message);
      return;
    }
    await this.storage.forget();
    location.assign('/drive');
  }

  /** Logs in; throws a `Problem` where that is refused. Nothing is sent meanwhile: it may be another driver. */
  async logIn(credentials: { invite: string } | { token: string }): Promise<void> {
    this.#isOwn = false;
    await ask('/login', { method: 'POST', body: credentials });
    this.postman.tell('login');
    await this.#newSession();
  }

  /** Whose session it is by now the day says, and nothing that was asked before. */
  async #newSession(): Promise<void> {
    this.#isOwn = false;
    this.#logins += 1;
    this.tracker.hangUp();
    await this.#refreshing;
    this.session = 'unknown';
    this.#etag = null;
    this.#wholeAt = 0;
    await this.refresh();
    this.postman.hurry();
  }
}
