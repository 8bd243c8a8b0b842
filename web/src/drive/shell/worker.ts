/**
 * The service worker of /drive: keeps the app itself on the phone, so that it opens without any network, and sends what waits when the
 * phone wakes it. Data is never kept here: the database has that.
 */
import { alone, drain, post } from '../queue/sending';
import { driverKey } from '../day/day';
import { askDay } from './dayline';
import { Storage } from './storage';

/** What the build made for /drive; put in by the build. */
declare const APP: { version: string; files: string[] };

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends Extendable {
  request: Request;
  respondWith(response: Promise<Response>): void;
}
interface SyncEvent extends Extendable {
  tag: string;
}
interface WorkerScope {
  addEventListener(type: 'install' | 'activate', hear: (event: Extendable) => void): void;
  addEventListener(type: 'fetch', hear: (event: FetchEvent) => void): void;
  addEventListener(type: 'sync', hear: (event: SyncEvent) => void): void;
  addEventListener(type: 'message', hear: (event: MessageEvent<unknown>) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  registration: { active: unknown };
}

const scope = self as unknown as WorkerScope;
const PREFIX = 'pontic-drive-';
const CACHE = `${PREFIX}${APP.version}`;
const SHELL = '/drive';
const FILES = new Set(APP.files);

scope.addEventListener('install', (event) => {
  event.waitUntil(
    install().then(() =>
      // The very first one has nobody to disturb; a later one waits until the page says so.
      scope.registration.active ? undefined : scope.skipWaiting(),
    ),
  );
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(forgetOthers().then(() => scope.clients.claim()));
});

scope.addEventListener('message', (event) => {
  if (event.data === 'activate') void scope.skipWaiting();
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === 'navigate' && url.pathname === SHELL) event.respondWith(kept(SHELL, request));
  else if (FILES.has(url.pathname)) event.respondWith(kept(url.pathname, request));
});

scope.addEventListener('sync', (event) => {
  if (event.tag === 'pontic-drive-queue') event.waitUntil(send());
});

/** All files, or none: half an app is none. Names with a hash may come from the browser's cache, the others are asked for anew. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(
    APP.files.map((path) => new Request(path, { cache: path.startsWith('/assets/') ? 'default' : 'reload' })),
  );
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function kept(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

/** Sends the queue; what does not go through makes the phone try again later. */
async function send(): Promise<void> {
  const storage = await Storage.open();
  const channel = new BroadcastChannel('pontic-drive-queue');
  try {
    const day = await storage.day();
    if (!day) return;
    const driver = driverKey(day.day);
    // Another driver may have logged in since: what one did is not told in another's name.
    const answer = await askDay(day.etag);
    if (answer.kind === 'away') throw new Error('not through');
    if (answer.kind === 'logged_out' || answer.kind === 'no_driver') return;
    if (answer.kind === 'day' && driverKey(answer.day) !== driver) return;
    const why = await alone(() =>
      drain(storage, () => driver, post, {
        now: () => Date.now(),
        changed: () => channel.postMessage('changed'),
      }),
    );
    if (why === 'away' || why === 'failed') throw new Error('not through');
  } finally {
    channel.close();
    storage.close();
  }
}
