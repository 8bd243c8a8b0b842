import type { VisitState } from '../src/track/state';
import { accessible, expect, fits, LONG_NAME, picture, test, type Page } from './harness';

// How the clinic's page looks and behaves at each stage of a visit: the server's answers are given here, so that every stage is there at
// once. What the server really says is in track.spec.ts.

test.use({ stepped: false });

const LINK = '/t/AAAAAAAAAAAAAAAAAAAAAA';
const CLINIC = { lat: 52.5256, lng: 13.3432 };

function stateAt(now: Date, more: Partial<VisitState> = {}): VisitState {
  const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString();
  return {
    state: 'coming',
    labName: 'Dentallabor Nordlicht',
    labPhone: '+49 30 5550100',
    clinicName: LONG_NAME,
    timeZone: 'Europe/Berlin',
    language: 'en',
    serverTime: now.toISOString(),
    eta: at(42),
    etaFrom: at(36),
    etaTo: at(53),
    windowStart: at(10),
    windowEnd: at(70),
    stopsBefore: 2,
    bring: { deliveries: 1, packages: 3 },
    fetch: { pickups: 1, packages: 2 },
    requiresSignature: true,
    rush: true,
    clinicLocation: CLINIC,
    lockBoxAllowed: true,
    answers: [],
    ...more,
  };
}

const next = (now: Date): Partial<VisitState> => ({
  state: 'next',
  stopsBefore: 0,
  eta: new Date(now.getTime() + 6 * 60_000).toISOString(),
  etaFrom: new Date(now.getTime() + 4 * 60_000).toISOString(),
  etaTo: new Date(now.getTime() + 8 * 60_000).toISOString(),
  driver: {
    coordinates: { lat: 52.5341, lng: 13.3652 },
    timestamp: new Date(now.getTime() - 9_000).toISOString(),
    heading: 236,
  },
});

/** Answers with that state, or with that refusal. */
async function told(page: Page, answer: () => VisitState | string | undefined): Promise<{ asked: number }> {
  const count = { asked: 0 };
  await page.route('**/t/*/state', (route) => {
    count.asked += 1;
    const body = answer();
    if (body === undefined) return route.abort();
    if (typeof body !== 'string') return route.fulfill({ json: body });
    return route.fulfill({ status: 404, json: { code: body, status: 404 } });
  });
  return count;
}

test('a visit on the way: when, how many stops before, what comes and what goes', async ({
  page,
  server,
}) => {
  await told(page, () => stateAt(server.now()));
  await page.goto(LINK);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The driver is on the way');
  await expect(page.getByText('2 stops before you')).toBeVisible();
  await expect(page.getByText(/^most likely at \d\d:\d\d$/)).toBeVisible();
  await expect(page.getByText('3 packages')).toBeVisible();
  await expect(page.getByText('2 packages')).toBeVisible();
  await expect(page.getByText('RUSH')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Call the lab' })).toHaveAttribute('href', 'tel:+49305550100');
  await expect(page.getByRole('img', { name: /Sketch/ })).toHaveCount(0);
  for (const size of ['desk', 'phone', 'zoom'] as const) await fits(page, size);
  await accessible(page);
  await picture(page, 'track-coming');
  await picture(page, 'track-coming-phone', { size: 'phone' });
});

test('the last minutes: a sketch of where the driver is, and how far', async ({ page, server }) => {
  await told(page, () => stateAt(server.now(), next(server.now())));
  await page.goto(LINK);
  await expect(page.getByText('In about 6 min')).toBeVisible();
  await expect(page.getByRole('img', { name: 'Sketch: the driver is 1.8 km from you' })).toBeVisible();
  await expect(page.getByText('Position of 9 seconds ago')).toBeVisible();
  for (const size of ['desk', 'phone', 'zoom'] as const) await fits(page, size);
  await accessible(page);
  await picture(page, 'track-next');
  await picture(page, 'track-next-phone-dark', { size: 'phone', dark: true });
  await picture(page, 'track-next-zoom', { size: 'zoom' });
});

test('later than agreed is said as that, with when it was to be', async ({ page, server }) => {
  await told(page, () => stateAt(server.now(), { windowEnd: server.inMinutes(20) }));
  await page.goto(LINK);
  await expect(page.getByText(/^Later than agreed: it was to be by \d\d:\d\d\.$/)).toBeVisible();
  await accessible(page);
  await picture(page, 'track-late', { size: 'phone' });
});

test('the agreed time where no better one is known, and none where none is', async ({ page, server }) => {
  let state = stateAt(server.now(), { eta: undefined, etaFrom: undefined, etaTo: undefined });
  await told(page, () => state);
  await page.goto(LINK);
  await expect(page.getByText('Agreed', { exact: true })).toBeVisible();
  state = { ...state, windowStart: undefined, windowEnd: undefined };
  await page.reload();
  await expect(page.getByText('The time is not known yet.')).toBeVisible();
});

const ENDS = [
  ['here', 'The driver is here', {}],
  ['done', 'All done', { outcome: { delivered: 3, fetched: 2, at: '2026-11-25T08:41:00Z' } }],
  [
    'failed',
    'The driver could not do it',
    { outcome: { delivered: 0, fetched: 0, at: '2026-11-25T08:41:00Z' } },
  ],
  ['over', 'No visit on this run', {}],
] as const;
for (const [state, heading, more] of ENDS) {
  test(`${state}: ${heading}`, async ({ page, server }) => {
    await told(page, () => stateAt(server.now(), { state, stopsBefore: 0, eta: undefined, ...more }));
    await page.goto(LINK);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
    if (state !== 'here') await expect(page.getByRole('heading', { name: 'Tell the driver' })).toHaveCount(0);
    await fits(page, 'phone');
    await accessible(page);
    await picture(page, `track-${state}`, { size: 'phone' });
  });
}

for (const [code, heading] of [
  ['link_unknown', 'This link leads nowhere'],
  ['link_early', 'The driver has not set off yet'],
  ['link_over', 'This visit is over'],
] as const) {
  test(`${code} is a friendly sentence`, async ({ page }) => {
    await told(page, () => code);
    await page.goto(LINK);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
    await fits(page, 'phone');
    await accessible(page);
    await picture(page, `track-${code.replace('_', '-')}`, { size: 'phone' });
  });
}

test('the language is the one that the clinic is written to, and the other is one press away', async ({
  page,
  server,
}) => {
  await told(page, () => stateAt(server.now(), { ...next(server.now()), language: 'de' }));
  await page.goto(LINK);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sie sind der nächste Halt');
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  for (const size of ['desk', 'phone', 'zoom'] as const) await fits(page, size);
  await accessible(page);
  await picture(page, 'track-next-german', { size: 'phone' });
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are the next stop');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
});

test('without a connection the page says how old it is, asks ever less often, and comes back', async ({
  page,
  server,
}) => {
  let away = false;
  await page.clock.install();
  const count = await told(page, () => (away ? undefined : stateAt(server.now(), next(server.now()))));
  await page.goto(LINK);
  await expect(page.getByText('In about 6 min')).toBeVisible();
  away = true;
  for (let second = 0; second < 130; second += 5) {
    const before = count.asked;
    await page.clock.runFor(5_000);
    // That an asking failed is known a moment later, which no clock counts.
    if (count.asked > before) await page.waitForTimeout(50);
  }
  await expect(page.getByText('No connection. What you see is of 2 minutes ago.')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 }), 'what was known stays').toHaveText(
    'You are the next stop',
  );
  // Every 5 seconds it would have been 26 more; apart by 5, 5, 10, 20, 40, 80 seconds it is a handful.
  expect(count.asked).toBeLessThan(10);
  await accessible(page);
  await picture(page, 'track-away', { size: 'phone' });
  away = false;
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect(page.getByText('As of just now')).toBeVisible();
});

test('a page that nobody looks at asks nothing', async ({ page, server }) => {
  await page.clock.install();
  const count = await told(page, () => stateAt(server.now()));
  await page.goto(LINK);
  await expect(page.getByText('2 stops before you')).toBeVisible();
  const show = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await show(true);
  const before = count.asked;
  await page.clock.runFor(120_000);
  expect(count.asked).toBe(before);
  await show(false);
  await expect.poll(() => count.asked).toBe(before + 1);
});

test('what is refused is told beside what was said, and nothing is lost', async ({ page, server }) => {
  await told(page, () => stateAt(server.now()));
  let refusal: object = {
    status: 400,
    json: { code: 'invalid', errors: [{ field: 'until', reason: 'in_past' }] },
  };
  await page.route('**/t/*/answers', (route) => route.fulfill(refusal));
  await page.goto(LINK);
  await page.getByRole('button', { name: 'We are closed until' }).click();
  const until = page.getByLabel('Closed until');
  await expect(until).toBeFocused();
  await until.fill('07:10');
  await page.getByRole('button', { name: 'Tell the driver' }).click();
  await expect(page.getByText('This time has passed already.')).toBeVisible();
  await expect(until).toHaveValue('07:10');
  await accessible(page);
  await picture(page, 'track-answer', { size: 'phone' });
  refusal = { status: 409, json: { code: 'too_many_answers' } };
  await page.getByRole('button', { name: 'Tell the driver' }).click();
  await expect(page.getByText('That was often enough for one visit: call the lab.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(until).toHaveCount(0);
});

test('it prints as a note: when, what comes and what goes, and as of when', async ({ page, server }) => {
  await told(page, () => stateAt(server.now()));
  await page.goto(LINK);
  await expect(page.getByText('2 stops before you')).toBeVisible();
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByText(/^As of Wednesday/)).toBeVisible();
  await expect(page.getByText('3 packages')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Tell the driver' })).toBeHidden();
  await expect(page.getByRole('button', { name: 'Print' })).toBeHidden();
});
