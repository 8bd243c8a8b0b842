// Users in a real browser against the real server: each worker has a server, each test a city of its own in it.
import { test as base, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { Api, type Role } from './harness/api';
import { city as makeCity, type City } from './harness/city';
import { Line } from './harness/line';
import { Overheard } from './harness/overheard';
import { Pages } from './harness/pages';
import { MORNING, Server } from './harness/server';

export { expect, type BrowserContext, type Locator, type Page } from '@playwright/test';
export { Api, type Json, type Role } from './harness/api';
export * from './harness/city';
export { Line } from './harness/line';
export { accessible, fits, picture } from './harness/looks';
export { Overheard } from './harness/overheard';
export { Pages } from './harness/pages';
export { MORNING, Server } from './harness/server';

interface WorkerParts {
  /** Where the server's clock starts; `system`: it is the system's. */
  now: string;
  server: Server;
  pages: Pages;
}

interface TestParts {
  /** Whether pages go by the server's clock; a test that moves their clock itself (`page.clock`) says no. */
  stepped: boolean;
  /** A lab with work and two vans on the road. */
  city: City;
  /** A line to the server that can be cut: `page.goto(line.origin + '/drive')`. */
  line: Line;
  /** What the browser of `page` gets. */
  overheard: Overheard;
  /** Fails the test when a page throws, breaks its policy, or asks another host. */
  wellBehaved: undefined;
}

export const test = base.extend<TestParts, WorkerParts>({
  now: [MORNING, { option: true, scope: 'worker' }],
  server: [
    async ({ now }, use) => {
      const server = await Server.start(now === 'system' ? undefined : now);
      await use(server);
      await server.end();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  pages: [
    async ({ server }, use) => {
      const pages = await Pages.of(server);
      await use(pages);
      await pages.end();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  baseURL: async ({ pages }, use) => use(pages.origin),
  stepped: [true, { option: true }],
  context: async ({ context, server, stepped }, use) => {
    if (stepped) await inStep(context, server);
    await use(context);
  },
  city: async ({ server }, use) => use(await makeCity(server)),
  line: async ({ pages }, use) => {
    const line = await Line.to(pages.origin);
    await use(line);
    await line.end();
  },
  overheard: async ({ context }, use) => use(new Overheard(context)),
  wellBehaved: [
    async ({ context, server, pages, line }, use) => {
      const faults: string[] = [];
      const own = [server.origin, pages.origin, line.origin];
      context.on('weberror', (error) => faults.push(String(error.error())));
      context.on('console', (message) => {
        const said = message.text();
        // The recorder of traces asks for pictures that a page made itself: not the page.
        const isRecorder = said.startsWith("Connecting to 'blob:");
        if (/Content Security Policy|Refused to/.test(said) && !isRecorder) faults.push(said);
      });
      context.on('request', (request) => {
        const { protocol, origin } = new URL(request.url());
        if (protocol.startsWith('http') && !own.includes(origin)) faults.push(`asked ${request.url()}`);
      });
      await use(undefined);
      base.expect(faults, 'what the pages did wrong').toEqual([]);
    },
    { auto: true },
  ],
});

/** Pages go by the server's clock where it was set, positions of the browser too. Timers stay what they are. */
export async function inStep(context: BrowserContext, server: Server): Promise<void> {
  await context.addInitScript((ahead: number) => {
    if (ahead === 0) return;
    const System = Date;
    class Shifted extends System {
      constructor(...parts: [] | [string | number | Date]) {
        super(parts.length === 0 ? System.now() + ahead : parts[0]);
      }
      static override now = () => System.now() + ahead;
    }
    globalThis.Date = new Proxy(Shifted, {
      // More than one part: a civil time, as it is.
      construct: (shifted, parts: unknown[], made) =>
        parts.length > 1
          ? (Reflect.construct(System, parts, made) as object)
          : (Reflect.construct(shifted, parts, made) as object),
      apply: () => new Shifted().toString(),
    }) as unknown as DateConstructor;
    if (typeof GeolocationPosition === 'undefined') return;
    const told = Object.getOwnPropertyDescriptor(GeolocationPosition.prototype, 'timestamp')?.get;
    Object.defineProperty(GeolocationPosition.prototype, 'timestamp', {
      get(this: GeolocationPosition) {
        return Number(told?.call(this)) + ahead;
      },
    });
  }, server.ahead);
}

/** Logs the browser in with a token of that role, for the city's lab; on every line to the server, as cookies know no ports. */
export async function logIn(page: Page, city: City, who: Role | Api = 'dispatcher'): Promise<Api> {
  const api = who instanceof Api ? who : await city.token(who);
  const answer = await page
    .context()
    .request.post(`${city.server.origin}/login`, { data: { token: api.token } });
  base.expect(answer.ok(), `login: ${answer.status()}`).toBe(true);
  return api;
}

/** How the live stream stands, as the page says it; a way to the live desk is called so too. */
export function liveState(page: Page, said: RegExp): Locator {
  return page.getByText(said).and(page.locator(':not(nav *)')).first();
}

/** Waits until the live stream is there. */
export async function live(page: Page): Promise<void> {
  await base.expect(liveState(page, /^Live(, \d+ s ago)?$/)).toBeVisible();
}
