import {
  accessible,
  between,
  CANARY,
  city,
  expect,
  type Json,
  LAB,
  live,
  logIn,
  LONG_NAME,
  MORNING,
  Pages,
  placeOf,
  position,
  Server,
  test,
  type City,
  type Page,
} from './harness';

// A clinic's visit against the real server, from a link that is early to one that is over.

/** The path of a stop's page, as the dispatcher gets it. */
async function linkOf(city: City, clinic: string): Promise<string> {
  const stop = stopOf(city, clinic);
  const { trackLink } = await city.desk.get(`/v1/stops/${stop}`);
  return new URL(trackLink, city.server.origin).pathname;
}

function stopOf(city: City, clinic: string): string {
  const stops = Object.values(city.routes).flatMap(({ stops }) => stops);
  return stops.find(({ clinicId }) => clinicId === clinic).id;
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 });

test('a link that was cut, or made up, leads nowhere', async ({ page, city }) => {
  const link = await linkOf(city, 'C2');
  for (const wrong of [link.slice(0, -1), `${link}A`, '/t/x']) {
    await page.goto(wrong);
    await expect(heading(page), wrong).toHaveText('This link leads nowhere');
  }
});

test('before the route starts the page says so, and shows the visit by itself once it has', async ({
  page,
  server,
}) => {
  const early = await city(server, false);
  await page.clock.install();
  await page.goto(await linkOf(early, 'C2'));
  await expect(heading(page)).toHaveText('The driver has not set off yet');
  await expect(page.getByText(LONG_NAME), 'nothing is told before').toHaveCount(0);
  await early.desk.post(`/v1/routes/${early.routes.D1.id}/start`);
  await page.clock.runFor(31_000);
  await expect(heading(page)).toHaveText('The driver is on the way');
  await expect(page.getByText(`For ${LONG_NAME}`)).toBeVisible();
});

test('a visit from the way to the door: when, what, how near', async ({ page, city }) => {
  await position(city, 'D1', LAB);
  await page.goto(await linkOf(city, 'C2'));
  await expect(heading(page)).toHaveText('The driver is on the way');
  await expect(page.getByText('1 stop before you')).toBeVisible();
  await expect(page.getByText(/^\d\d:\d\d – \d\d:\d\d$/)).toBeVisible();
  await expect(page.getByText('1 package', { exact: true })).toBeVisible();
  await expect(page.getByText('2 packages', { exact: true })).toBeVisible();
  await expect(page.getByText('RUSH')).toBeVisible();
  await expect(page.getByRole('img'), 'far away the driver is nowhere').toHaveCount(0);
  await accessible(page);

  // The stop before is done; the driver is two kilometres away and comes nearer.
  const first = stopOf(city, 'C1');
  await city.drivers.D1.post(`/v1/stops/${first}/complete`, { receivedBy: 'Frau Weber' });
  await position(city, 'D1', between(placeOf('C1'), placeOf('C2'), 0.4));
  await page.reload();
  await expect(heading(page)).toHaveText('You are the next stop');
  await expect(page.getByText(/^In about \d+ min$/)).toBeVisible();
  await expect(page.getByRole('img', { name: /^Sketch: the driver is 1\.\d km from you$/ })).toBeVisible();
  await accessible(page);

  await position(city, 'D1', between(placeOf('C1'), placeOf('C2'), 0.8));
  // Asked every five seconds now.
  await expect(page.getByRole('img', { name: /^Sketch: the driver is \d+ m from you$/ })).toBeVisible();

  const stop = stopOf(city, 'C2');
  await city.drivers.D1.post(`/v1/stops/${stop}/arrive`);
  await expect(heading(page)).toHaveText('The driver is here');
  await city.drivers.D1.post(`/v1/stops/${stop}/complete`, { receivedBy: 'Frau Weber' });
  await page.reload();
  await expect(heading(page)).toHaveText('All done');
  await expect(page.getByText('Handed over')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Tell the driver' })).toHaveCount(0);
});

test('what the clinic says reaches the desk and the stop, and can be taken back', async ({ page, city }) => {
  await page.goto(await linkOf(city, 'C2'));
  const stop = `/v1/stops/${stopOf(city, 'C2')}`;
  const answers = async () => {
    const { answers = [] } = await city.desk.get(stop);
    return answers.map(({ kind, until, count }: Json) => ({ kind, until, count }));
  };
  const told = page.getByText('The lab and the driver know.');

  await page.getByRole('button', { name: 'We are closed until' }).click();
  await page.getByLabel('Closed until').fill('11:15');
  await page.getByRole('button', { name: 'Tell the driver' }).click();
  await expect(page.getByText('You said: closed until 11:15')).toBeVisible();
  await expect(told).toBeVisible();
  // A quarter past eleven in Berlin.
  expect(await answers()).toEqual([
    { kind: 'closed_until', until: '2026-11-25T10:15:00Z', count: undefined },
  ]);

  await page.getByRole('button', { name: 'Leave it in the lock box' }).click();
  expect(await answers(), 'nothing is told before it is confirmed').toHaveLength(1);
  await page.getByRole('button', { name: 'Tell the driver' }).click();
  await expect(page.getByText('You said: leave it in the lock box')).toBeVisible();

  await page.getByRole('button', { name: 'There is more to fetch' }).click();
  await page.getByRole('button', { name: 'One more' }).click();
  await page.getByRole('button', { name: 'One more' }).click();
  await page.getByRole('button', { name: 'Tell the driver' }).click();
  await expect(page.getByText('You said: 3 more to fetch')).toBeVisible();
  await accessible(page);

  const alerts = await city.desk.get(`/v1/alerts?labId=${city.lab}`);
  const heard = alerts.items.filter(({ code }: Json) => code === 'clinic_answered');
  expect(heard).toHaveLength(3);

  await page.getByRole('button', { name: 'Take back: You said: leave it in the lock box' }).click();
  await expect(page.getByText('Taken back.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Leave it in the lock box' })).toBeVisible();
  expect((await answers()).map(({ kind }: Json) => kind).sort()).toEqual(['closed_until', 'more_to_fetch']);

  // Whoever opens the link again sees what was said.
  await page.reload();
  await expect(page.getByText('You said: 3 more to fetch')).toBeVisible();
});

test('a time that has passed is refused in words, a clinic without a lock box is not asked for one', async ({
  page,
  city,
}) => {
  await page.goto(await linkOf(city, 'C3'));
  await expect(page.getByRole('button', { name: 'There is more to fetch' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Leave it in the lock box' })).toHaveCount(0);
  await page.getByRole('button', { name: 'We are closed until' }).click();
  await page.getByLabel('Closed until').fill('06:00');
  await page.getByRole('button', { name: 'Tell the driver' }).click();
  await expect(page.getByText('This time has passed already.')).toBeVisible();
});

test('the dispatcher sees what a clinic said while it is said', async ({ page, city, context }) => {
  await logIn(page, city);
  await page.goto('/');
  await live(page);
  const clinic = await context.newPage();
  await clinic.goto(await linkOf(city, 'C2'));
  await clinic.getByRole('button', { name: 'There is more to fetch' }).click();
  await clinic.getByRole('button', { name: 'Tell the driver' }).click();
  await expect(clinic.getByText('You said: 1 more to fetch')).toBeVisible();
  await expect(page.getByText(LONG_NAME).first()).toBeVisible();
  await expect(page.getByText(/more to fetch/i).first()).toBeVisible();
});

test('half an hour after the visit the link shows nothing any more', async ({ browser }) => {
  const server = await Server.start(MORNING);
  const pages = await Pages.of(server);
  try {
    const made = await city(server);
    const link = await linkOf(made, 'C1');
    await made.drivers.D1.post(`/v1/stops/${stopOf(made, 'C1')}/complete`, {});
    const page = await browser.newPage();
    for (const [now, title] of [
      ['2026-11-25T08:55:00Z', 'All done'],
      ['2026-11-25T09:03:00Z', 'This visit is over'],
    ] as const) {
      await server.restart(now);
      const answer = await page.request.get(`${server.origin}${link}/state`);
      expect(answer.status(), title).toBe(title === 'All done' ? 200 : 404);
      if (title !== 'All done') expect((await answer.json()).code).toBe('link_over');
      await page.goto(pages.origin + link);
      await expect(heading(page)).toHaveText(title);
    }
    await page.close();
  } finally {
    await pages.end();
    await server.end();
  }
});

test('a clinic’s page names no person and no case, and keeps nothing', async ({ page, city, overheard }) => {
  await position(city, 'D1', LAB);
  await page.goto(await linkOf(city, 'C2'));
  await expect(heading(page)).toHaveText('The driver is on the way');
  for (const word of [CANARY, 'Jonas', 'Becker', 'Weber', 'K-201', 'P-21', 'Ring twice', '"D1"']) {
    await overheard.never(page, word);
  }
  expect(await page.context().cookies()).toEqual([]);
  expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
});

test('all of the page is under 60 KB on the wire', async ({ page, city, pages, server }) => {
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', (request) =>
    sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize)),
  );
  await page.goto(await linkOf(city, 'C2'));
  await expect(heading(page)).toHaveText('The driver is on the way');
  const all = await Promise.all(sizes);
  expect(all.length).toBeGreaterThan(3);
  // Sources as they are (PONTIC_PAGES=vite) are not packed.
  const most = pages.origin === server.origin ? 60_000 : Infinity;
  expect(all.reduce((sum, size) => sum + size, 0)).toBeLessThan(most);
});
