/** What the phone keeps: the day, the taps, the drafts and the positions. All of it outlives a reload, a crash and the end of a session. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Day } from '../day/day';
import type { Draft } from '../day/draft';
import type { NewTap, Tap } from '../queue/tap';

/** The day as the server told it last. */
export interface KeptDay {
  day: Day;
  etag: string | null;
  /** What to add to this phone's clock to have the server's, in milliseconds. */
  offsetMs: number;
  /** When it was told, by this phone's clock. */
  toldAt: number;
}

/** A position as it is sent; its key in the store is its `ref`. */
export interface KeptFix {
  driver: string;
  /** Milliseconds since 1970, by the server's clock. */
  at: number;
  message: Record<string, unknown>;
}

interface Schema extends DBSchema {
  taps: { key: number; value: Tap };
  drafts: { key: string; value: Draft };
  fixes: { key: number; value: KeptFix };
  kept: { key: string; value: unknown };
}

const NAME = 'pontic-drive';
const VERSION = 1;
/** Positions older than a week are refused by the server. */
const FIX_AGE_MS = 7 * 24 * 3_600_000;

async function opened(name: string, lost: () => void): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>(name, VERSION, {
    upgrade(made) {
      made.createObjectStore('taps', { keyPath: 'seq', autoIncrement: true });
      made.createObjectStore('drafts', { keyPath: 'stopId' });
      made.createObjectStore('fixes', { autoIncrement: true });
      made.createObjectStore('kept');
    },
    // A newer version of the app in another window: let it have the database.
    blocking: (_was, _will, event) => (event.target as IDBDatabase).close(),
    terminated: lost,
  });
}

export class Storage {
  #db: IDBPDatabase<Schema> | undefined;
  #opening: Promise<IDBPDatabase<Schema>> | undefined;

  private constructor(private readonly name: string) {}

  static async open(name = NAME): Promise<Storage> {
    const storage = new Storage(name);
    await storage.#open();
    return storage;
  }

  close(): void {
    this.#db?.close();
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    this.#opening ??= opened(this.name, () => (this.#db = undefined)).finally(
      () => (this.#opening = undefined),
    );
    this.#db = await this.#opening;
    return this.#db;
  }

  /** Works on the database. Phones end the connection of a page in the background: then once more, on a new one. */
  async #on<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    const db = this.#db ?? (await this.#open());
    try {
      return await work(db);
    } catch (error) {
      const isClosed = error instanceof DOMException && error.name === 'InvalidStateError';
      if (this.#db === db && !isClosed) throw error;
      return work(this.#db === undefined || this.#db === db ? await this.#open() : this.#db);
    }
  }

  async taps(): Promise<Tap[]> {
    return this.#on((db) => db.getAll('taps'));
  }

  /** Keeps taps in their order, all or none, and with them drops the draft that they came of and the taps they replace. */
  async addTaps(
    taps: readonly NewTap[],
    { draftDone, replaces = [] }: { draftDone?: string; replaces?: readonly number[] } = {},
  ): Promise<void> {
    return this.#on(async (db) => {
      const work = db.transaction(['taps', 'drafts'], 'readwrite', { durability: 'strict' });
      const store = work.objectStore('taps');
      const steps: Promise<unknown>[] = replaces.map((seq) => store.delete(seq));
      // The key is made by the store: what is added has none yet.
      for (const tap of taps) steps.push(store.add(tap as Tap));
      if (draftDone !== undefined) steps.push(work.objectStore('drafts').delete(draftDone));
      await Promise.all([...steps, work.done]);
    });
  }

  /** Keeps what became of a tap, if it is still there. */
  async saveTap(tap: Tap): Promise<void> {
    return this.#on(async (db) => {
      const work = db.transaction('taps', 'readwrite', { durability: 'strict' });
      if ((await work.store.getKey(tap.seq)) !== undefined) await work.store.put(tap);
      await work.done;
    });
  }

  async dropTaps(taps: readonly Tap[]): Promise<void> {
    if (taps.length === 0) return;
    return this.#on(async (db) => {
      const work = db.transaction('taps', 'readwrite');
      await Promise.all([...taps.map((tap) => work.store.delete(tap.seq)), work.done]);
    });
  }

  async drafts(): Promise<Draft[]> {
    return this.#on((db) => db.getAll('drafts'));
  }

  async saveDraft(draft: Draft): Promise<void> {
    await this.#on((db) => db.put('drafts', draft));
  }

  async dropDraft(stopId: string): Promise<void> {
    await this.#on((db) => db.delete('drafts', stopId));
  }

  async day(): Promise<KeptDay | undefined> {
    return (await this.#on((db) => db.get('kept', 'day'))) as KeptDay | undefined;
  }

  async saveDay(kept: KeptDay): Promise<void> {
    await this.#on((db) => db.put('kept', kept, 'day'));
  }

  /** Drops the day and what was begun; taps and positions that wait stay. */
  async forget(): Promise<void> {
    await this.#on((db) => db.delete('kept', 'day'));
    await this.#on((db) => db.clear('drafts'));
  }

  async addFix(fix: KeptFix): Promise<void> {
    await this.#on((db) => db.add('fixes', fix));
  }

  /** The oldest positions of a driver after `ref`, with their refs. */
  async fixes(driver: string, after: number, most: number): Promise<{ ref: number; fix: KeptFix }[]> {
    return this.#on(async (db) => {
      const found: { ref: number; fix: KeptFix }[] = [];
      const work = db.transaction('fixes');
      let cursor = await work.store.openCursor(IDBKeyRange.lowerBound(after, true));
      while (cursor && found.length < most) {
        if (cursor.value.driver === driver) found.push({ ref: cursor.key, fix: cursor.value });
        cursor = await cursor.continue();
      }
      return found;
    });
  }

  async dropFix(ref: number): Promise<void> {
    await this.#on((db) => db.delete('fixes', ref));
  }

  /** Drops positions that nobody would take any more. */
  async dropOldFixes(now: number): Promise<void> {
    return this.#on(async (db) => {
      const work = db.transaction('fixes', 'readwrite');
      let cursor = await work.store.openCursor();
      while (cursor && now - cursor.value.at > FIX_AGE_MS) {
        await cursor.delete();
        cursor = await cursor.continue();
      }
      await work.done;
    });
  }
}
