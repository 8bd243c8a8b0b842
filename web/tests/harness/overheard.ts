import { expect, type BrowserContext, type Page } from '@playwright/test';

/** All that the pages of a browser got: answers, live messages, what stands in the document and what they kept. */
export class Overheard {
  #heard: { where: string; text: string }[] = [];
  #reading: Promise<void>[] = [];

  constructor(context: BrowserContext) {
    context.on('response', (response) => {
      const where = response.url();
      const body = response.text().then(
        (text) => void this.#heard.push({ where, text }),
        // Redirects and what was cut off have no body.
        () => undefined,
      );
      this.#reading.push(body);
    });
    context.on('page', (page) => this.#listen(page));
    for (const page of context.pages()) this.#listen(page);
  }

  #listen(page: Page): void {
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) =>
        this.#heard.push({ where: socket.url(), text: payload.toString() }),
      );
    });
    page.on('console', (message) => this.#heard.push({ where: 'console', text: message.text() }));
  }

  /** How many answers and messages there were: a test that heard nothing says nothing. */
  get count(): number {
    return this.#heard.length;
  }

  /** Fails if `word` came to the browser in any way. */
  async never(page: Page, word: string): Promise<void> {
    await Promise.all(this.#reading);
    const kept = await page.evaluate(everythingKept);
    const texts = [
      ...this.#heard,
      { where: 'document', text: await page.content() },
      { where: 'address', text: page.url() },
      { where: 'storage', text: kept },
    ];
    const found = texts.filter(({ text }) => text.includes(word)).map(({ where }) => where);
    expect(found, `where ${word} is`).toEqual([]);
  }
}

/** Runs in the page: its storages, databases, caches and fields, as one text. */
async function everythingKept(): Promise<string> {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((found, failed) => {
      request.onsuccess = () => found(request.result);
      request.onerror = () => failed(request.error ?? new Error('no database'));
    });
  const kept: unknown[] = [{ ...localStorage }, { ...sessionStorage }, document.cookie];
  for (const { name } of await indexedDB.databases()) {
    if (!name) continue;
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const all = await done(database.transaction(store).objectStore(store).getAll());
      for (const value of all) kept.push(value instanceof Blob ? await value.text() : value);
    }
    database.close();
  }
  if ('caches' in globalThis) {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) kept.push(await (await cache.match(request))?.text());
    }
  }
  for (const field of document.querySelectorAll('input, textarea'))
    kept.push((field as HTMLInputElement).value);
  return JSON.stringify(kept);
}
