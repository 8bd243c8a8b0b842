import {
  accessible,
  city,
  expect,
  fits,
  type Json,
  logIn,
  LONG_NAME,
  picture,
  placeOf,
  test,
  type City,
  type Page,
} from './harness';

// A driver's day on a phone: the network goes away in the middle, and nothing is lost, told twice or told in another order.

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

function stopOf(made: City, clinic: string): string {
  return made.routes.D1.stops.find(({ clinicId }: Json) => clinicId === clinic).id;
}

async function statusOf(made: City, clinic: string): Promise<string> {
  return (await made.desk.get(`/v1/stops/${stopOf(made, clinic)}`)).status;
}

/** The phone of the first driver, logged in, at the first clinic. */
async function atWheel(page: Page, made: City, origin = ''): Promise<void> {
  await page.context().grantPermissions(['geolocation']);
  const { lat, lng } = placeOf('C1');
  await page.context().setGeolocation({ latitude: lat, longitude: lng, accuracy: 8 });
  await logIn(page, made, made.drivers.D1);
  await page.goto(`${origin}/drive`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Zahnarztpraxis Dr. Sommer');
}

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click();
const heading = (page: Page) => page.getByRole('heading', { level: 1 });

async function type(page: Page, caseId: string): Promise<void> {
  await page.getByLabel('Case number').fill(caseId);
  await press(page, 'Take it');
}

async function sign(page: Page): Promise<void> {
  const field = page.getByLabel('Sign here with a finger');
  await field.scrollIntoViewIfNeeded();
  const box = await field.boundingBox();
  if (!box) throw new Error('nowhere to sign');
  await page.mouse.move(box.x + 30, box.y + box.height / 2);
  await page.mouse.down();
  for (let step = 1; step <= 12; step += 1) {
    await page.mouse.move(box.x + 30 + step * 18, box.y + box.height / 2 + (step % 2 ? -18 : 18), {
      steps: 3,
    });
  }
  await page.mouse.up();
  await expect(page.getByText('Signed')).toBeVisible();
}

/** Scans by typing, names who receives it, and signs: up to the button that says done. */
async function handOver(page: Page): Promise<void> {
  await press(page, 'I am here');
  await press(page, 'Scan');
  await press(page, 'Type the number');
  await type(page, 'K-101');
  await expect(page.getByText('K-101 is right')).toBeVisible();
  await type(page, 'k-102');
  await press(page, 'Go on');
  await press(page, 'Frau Weber');
  await sign(page);
}

/** How often each kind of event about a stop is in the server's log. */
async function eventsOf(made: City, clinic: string): Promise<Record<string, number>> {
  const stop = stopOf(made, clinic);
  const counts: Record<string, number> = {};
  let after = 0;
  for (;;) {
    const { items, next } = await made.desk.get(`/v1/events?direction=in&after=${after}&limit=200`);
    for (const event of items) {
      if (event.detail?.stopId !== stop) continue;
      counts[event.type] = (counts[event.type] ?? 0) + 1;
    }
    if (next === null) return counts;
    after = next;
  }
}

test('a day with the network cut in the middle: all is kept, sent in order, nothing twice', async ({
  page,
  server,
  line,
}) => {
  const made = await city(server, false);
  await atWheel(page, made, line.origin);
  await expect(page.getByText('Deliver 2', { exact: true })).toBeVisible();
  await fits(page, 'phone');
  await accessible(page);
  await picture(page, 'drive-stop', { size: 'phone' });
  await press(page, 'Start route');
  await expect
    .poll(async () => (await made.desk.get(`/v1/routes/${made.routes.D1.id}`)).status)
    .toBe('started');

  await press(page, 'I am here');
  await press(page, 'Scan');
  await press(page, 'Type the number');
  await type(page, 'K-201');
  await expect(page.getByText(`Not for here: stop 2, ${LONG_NAME}`)).toBeVisible();
  await type(page, 'K-999');
  await expect(page.getByText('Not one of your cases today. Ask the lab.')).toBeVisible();
  await type(page, 'K-101');
  await type(page, 'K-102');
  await press(page, 'Go on');
  await expect(page.getByText(/^Still needed: .*signature$/)).toBeVisible();
  await press(page, 'Frau Weber');
  await sign(page);
  await accessible(page);

  // A basement: from here on nothing goes out.
  line.cut();
  await press(page, 'Done');
  await expect(heading(page)).toHaveText(LONG_NAME);
  await press(page, 'I am here');
  await press(page, 'Scan');
  await press(page, 'Tick K-201 by hand');
  await press(page, 'Tick 2 packages by hand');
  await press(page, 'Go on');
  await press(page, 'Herr Ott');
  await press(page, 'Done');
  await expect(heading(page)).toHaveText('Praxis <b>Nord</b> & Söhne');
  await expect(page.getByRole('button', { name: /^4 to send/ })).toBeVisible();
  expect(await statusOf(made, 'C1')).toBe('arrived');
  expect(await statusOf(made, 'C2')).toBe('planned');
  await press(page, /^4 to send/);
  await expect(page.getByRole('listitem')).toHaveText([/Signature/, /Stop done/, /Arrived/, /Stop done/]);
  await accessible(page);
  await picture(page, 'drive-queue', { size: 'phone' });

  const sent: string[] = [];
  page.on('response', (answer) => {
    const { pathname } = new URL(answer.url());
    if (answer.request().method() === 'POST' && answer.ok() && !pathname.endsWith('/status')) {
      sent.push(pathname.replace(/[0-9a-f-]{36}/, 'ID'));
    }
  });
  line.mend();
  // As the phone says it when it has a network again.
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(page.getByText('Everything is with the server.')).toBeVisible({ timeout: 60_000 });
  expect(sent).toEqual([
    '/v1/proofs',
    '/v1/stops/ID/complete',
    '/v1/stops/ID/arrive',
    '/v1/stops/ID/complete',
  ]);
  const [first, second] = await Promise.all(
    ['C1', 'C2'].map((clinic) => made.desk.get(`/v1/stops/${stopOf(made, clinic)}`)),
  );
  expect([first.status, second.status]).toEqual(['done', 'done']);
  // Times are those of the taps, not of the sending.
  expect(Date.parse(second.arrivedAt)).toBeGreaterThan(Date.parse(first.closedAt) - 1_000);
  expect(Date.parse(second.closedAt)).toBeGreaterThanOrEqual(Date.parse(second.arrivedAt));
  for (const clinic of ['C1', 'C2']) {
    for (const [kind, count] of Object.entries(await eventsOf(made, clinic))) {
      expect(count, `${kind} of ${clinic}`).toBe(1);
    }
  }
});

test('an answer that is lost on its way back makes nothing twice', async ({ page, city }) => {
  await atWheel(page, city);
  await handOver(page);
  let lost = 0;
  await page.route('**/v1/stops/*/complete', async (route) => {
    lost += 1;
    if (lost > 1) return route.continue();
    // The server has done it, and nobody hears of it.
    await route.fetch();
    return route.abort('connectionreset');
  });
  await press(page, 'Done');
  await expect.poll(() => statusOf(city, 'C1')).toBe('done');
  await expect.poll(() => lost, { timeout: 30_000 }).toBeGreaterThan(1);
  await expect(page.getByRole('button', { name: /to send|refused/ })).toHaveCount(0);
  const events = Object.entries(await eventsOf(city, 'C1'));
  expect(events.length).toBeGreaterThan(0);
  for (const [kind, count] of events) expect(count, kind).toBe(1);
});

test('a file that is no picture is said as that, and nothing breaks', async ({ page, city }) => {
  await atWheel(page, city);
  await handOver(page);
  await page.locator('input[type="file"]').setInputFiles({
    name: 'box.jpg',
    mimeType: 'image/jpeg',
    buffer: Buffer.from('no picture at all'),
  });
  await expect(page.getByText('This file is no picture that the phone can open.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Done', exact: true })).toBeEnabled();
});

test('a proof that the server refuses is kept, with the stop that needs it, until it can be sent', async ({
  page,
  city,
}) => {
  await atWheel(page, city);
  await handOver(page);
  await page.route('**/v1/proofs', (route) =>
    route.fulfill({ status: 415, json: { status: 415, code: 'unsupported_media_type' } }),
  );
  await press(page, 'Done');
  await press(page, /was refused/);
  await expect(page.getByText('The server does not understand it.')).toBeVisible();
  await expect(page.getByText('waits for its proof')).toBeVisible();
  expect(await statusOf(city, 'C1')).toBe('arrived');
  await accessible(page);
  await page.unroute('**/v1/proofs');
  await press(page, 'Try again');
  await expect(page.getByText('Everything is with the server.')).toBeVisible();
  await expect.poll(() => statusOf(city, 'C1')).toBe('done');
});

test('the end of the day waits for a stop whose proof was refused, and says so', async ({ page, city }) => {
  await atWheel(page, city);
  await handOver(page);
  await page.route('**/v1/proofs', (route) =>
    route.fulfill({ status: 415, json: { status: 415, code: 'unsupported_media_type' } }),
  );
  await press(page, 'Done');
  await expect(page.getByRole('button', { name: /was refused/ })).toBeVisible();
  await press(page, 'Menu');
  await press(page, 'End of the day');
  await press(page, 'All back to the lab');
  await press(page, 'Finish route');
  await press(page, /was refused/);
  await expect(page.getByText(/^waits until what was refused above/)).toBeVisible();
  await accessible(page);
  // What does not depend on it goes out: the driver is off duty.
  await expect
    .poll(async () => (await city.desk.get(`/v1/drivers/D1?labId=${city.lab}`)).presence)
    .toBe('off_duty');
  const route = () => city.desk.get(`/v1/routes/${city.routes.D1.id}?labId=${city.lab}`);
  expect((await route()).status).toBe('started');
  await page.unroute('**/v1/proofs');
  await press(page, 'Try again');
  await expect.poll(async () => (await route()).status).toBe('finished');
  expect(await statusOf(city, 'C1')).toBe('done');
});

test('without the permission for positions the driver is told, and everything else works', async ({
  page,
  city,
}) => {
  await logIn(page, city, city.drivers.D1);
  await page.goto('/drive');
  await press(page, 'Allow location');
  await expect(page.getByText(/^Location is off for this page/)).toBeVisible();
  await accessible(page);
  await press(page, 'I am here');
  await expect.poll(() => statusOf(city, 'C1')).toBe('arrived');
});
