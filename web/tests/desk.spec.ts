import {
  accessible,
  CANARY,
  city as makeCity,
  expect,
  fits,
  live,
  LONG_NAME,
  logIn,
  placeOf,
  position,
  test,
  type City,
  type Page,
  type Server,
} from './harness';

/** A desk whose vans are still at the lab: everything can be moved. */
async function quietDesk(page: Page, server: Server): Promise<City> {
  const city = await makeCity(server, false);
  await logIn(page, city);
  await page.goto('/');
  await live(page);
  await expect(marks(page, 'Jonas Becker')).toHaveCount(3);
  return city;
}

const row = (page: Page, name: string) => page.locator('[data-driver]').filter({ hasText: name });
const marks = (page: Page, name: string) => row(page, name).getByRole('gridcell');

/** What a key does is done in the next frame, and drawn in the one after that. */
const twoFrames = (page: Page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

test('a stop is dragged to another driver, is told before what it means, and comes back', async ({
  page,
  server,
}) => {
  await quietDesk(page, server);
  const from = await marks(page, 'Jonas Becker').last().boundingBox();
  const to = await row(page, 'Mira Yılmaz').locator('.line').boundingBox();
  if (!from || !to) throw new Error('the lines are not there');
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + 30, from.y + 30, { steps: 4 });
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 6 });
  // Before anything is decided.
  await expect(page.getByText(/(min for Mira Yılmaz|To Mira Yılmaz)/)).toBeVisible();
  await expect(marks(page, 'Mira Yılmaz')).toHaveCount(2);
  await page.mouse.up();
  await expect(marks(page, 'Mira Yılmaz')).toHaveCount(3);
  await expect(marks(page, 'Jonas Becker')).toHaveCount(2);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(marks(page, 'Jonas Becker')).toHaveCount(3);
  await expect(marks(page, 'Mira Yılmaz')).toHaveCount(2);
});

test('a drag that is let go beside the lines, or given up with Escape, moves nothing', async ({
  page,
  server,
}) => {
  const city = await quietDesk(page, server);
  const from = await marks(page, 'Jonas Becker').last().boundingBox();
  const to = await row(page, 'Mira Yılmaz').boundingBox();
  if (!from || !to) throw new Error('the lines are not there');
  await row(page, 'Mira Yılmaz').getByRole('rowheader').click();
  const panel = page.locator('[data-panel]');
  await expect(panel).toBeVisible();
  await page.mouse.move(from.x + 8, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(to.x + 300, to.y + 40, { steps: 6 });
  await expect(page.getByText(/(min for Mira Yılmaz|To Mira Yılmaz)/)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText(/(min for Mira Yılmaz|To Mira Yılmaz)/)).toBeHidden();
  await page.mouse.up();
  // It was the drag that was given up, not the panel.
  await expect(panel).toBeVisible();
  const route = await city.desk.get(`/v1/routes/${city.routes.D1.id}`);
  expect(route.stops).toHaveLength(3);
});

test('the keyboard moves a stop, and is back on the desk after it', async ({ page, server }) => {
  await quietDesk(page, server);
  await page.keyboard.press('j');
  await expect(row(page, 'Jonas Becker').getByRole('rowheader')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(marks(page, 'Jonas Becker').first()).toBeFocused();
  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog', { name: /Move the stop/ });
  await dialog.getByLabel('To').selectOption({ label: await optionOf(dialog, 'Mira') });
  await expect(dialog.getByRole('status')).toContainText('Mira Yılmaz');
  await dialog.getByRole('button', { name: 'Move it' }).click();
  await expect(dialog).toBeHidden();
  await expect(marks(page, 'Mira Yılmaz')).toHaveCount(3);
});

async function optionOf(dialog: ReturnType<Page['getByRole']>, name: string): Promise<string> {
  const all = await dialog.getByLabel('To').locator('option').allTextContents();
  return all.find((text) => text.includes(name)) ?? '';
}

test('who is slower is told who has the stop now', async ({ page, server }) => {
  const city = await quietDesk(page, server);
  const stop = city.routes.D1.stops[0];
  await marks(page, 'Jonas Becker').first().focus();
  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('To').selectOption({ label: await optionOf(dialog, 'Mira') });
  await expect(dialog.getByRole('status')).toContainText('Mira Yılmaz');
  // Another desk is faster; this one has seen nothing of it yet.
  const faster = () => city.desk.post(`/v1/stops/${stop.id}/move`, { routeId: city.routes.D2.id });
  await page.route('**/v1/stops/*/move*', (route) => faster().then(() => route.continue()), { times: 1 });
  await dialog.getByRole('button', { name: 'Move it' }).click();
  await expect(page.getByText(/Mira Yılmaz has it now/)).toBeVisible();
});

test('what waits is assigned with one click, and is taken off again', async ({ page, server }) => {
  await quietDesk(page, server);
  const entry = page.locator('[data-tray] li').filter({ hasText: 'Dr. Wagner & Partner' });
  await expect(entry).toContainText('RUSH');
  await entry.getByRole('button', { name: /^Assign Dr\. Wagner/ }).click();
  await expect(entry).toBeHidden();
  await expect(page.getByText(/Dr\. Wagner & Partner is on .* route/)).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(entry).toBeVisible();
});

test('the rest of a day is handed over in two clicks, and back', async ({ page, city }) => {
  await logIn(page, city);
  await page.goto('/');
  await row(page, 'Jonas Becker').getByRole('rowheader').click();
  await page.getByRole('button', { name: 'Hand the rest over' }).click();
  await page
    .locator('[data-panel]')
    .getByRole('button', { name: /Paul Krüger/ })
    .click();
  await expect(marks(page, 'Paul Krüger')).toHaveCount(3);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(marks(page, 'Jonas Becker')).toHaveCount(3);
});

test('names of patients are shown on request only, and go with the panel', async ({ page, city }) => {
  await logIn(page, city);
  await page.goto('/');
  await marks(page, 'Jonas Becker').first().click();
  const panel = page.locator('[data-panel]');
  await expect(panel.getByText('K-101')).toBeVisible();
  await expect(panel).not.toContainText(CANARY);
  await panel.getByRole('button', { name: 'Show patients’ names' }).click();
  await expect(panel).toContainText(CANARY);
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await marks(page, 'Jonas Becker').first().click();
  await expect(panel.getByText('K-101')).toBeVisible();
  await expect(panel).not.toContainText(CANARY);
});

test('a viewer sees the desk, and no control that is not his', async ({ page, city }) => {
  await logIn(page, city, 'viewer');
  await page.goto('/');
  await marks(page, 'Jonas Becker').first().click();
  const panel = page.locator('[data-panel]');
  await expect(panel.getByText('K-101')).toBeVisible();
  await expect(
    page.getByRole('button', { name: /Show patients|Move to|Assign|Leave out|Hand the rest/ }),
  ).toHaveCount(0);
});

test('a trouble comes as a card, is heard once, is put aside and taken back', async ({ page, city }) => {
  await logIn(page, city);
  await page.goto('/');
  await live(page);
  await expect(page.getByRole('article').first()).toBeVisible();
  const stop = city.routes.D2.stops[0];
  await city.desk.post(`/v1/stops/${stop.id}/fail`, { reason: 'nobody_there' });
  const card = page.getByRole('article', { name: /Ostkreuz: nothing could be done/ });
  await expect(card).toContainText('nobody there');
  await expect(page.locator('[aria-live=polite]').filter({ hasText: /^New: .*Ostkreuz/ })).toHaveCount(1);
  await card.getByRole('button', { name: 'Done with it' }).click();
  await expect(card).toBeHidden();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(card).toBeVisible();
});

test('a late stop is counted, filtered and said in words', async ({ page, city }) => {
  await logIn(page, city);
  await page.goto('/');
  await live(page);
  // So far away that nothing of the route is reached in time.
  await position(city, 'D1', { lat: 53.9, lng: 13.4 });
  await expect(page.getByRole('article', { name: /Sommer: \d+ min late/ })).toBeVisible();
  await expect(marks(page, 'Jonas Becker').first()).toHaveAccessibleName(/min late/);
  await page.getByRole('button', { name: /late now/ }).click();
  await expect(page.locator('[data-driver]')).toHaveCount(1);
  await expect(row(page, 'Jonas Becker')).toBeVisible();
});

test('a desk that could not start is tried again', async ({ page, city }) => {
  await logIn(page, city);
  await page.route('**/v1/me', (route) => route.abort(), { times: 1 });
  await page.goto('/');
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
  await live(page);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(marks(page, 'Jonas Becker')).toHaveCount(3);
});

test('a snoozed trouble is away for every desk', async ({ page, city }) => {
  const stop = city.routes.D2.stops[0];
  await city.desk.post(`/v1/stops/${stop.id}/fail`, { reason: 'nobody_there' });
  await logIn(page, city);
  await page.goto('/');
  await live(page);
  const card = page.getByRole('article', { name: /Ostkreuz: nothing could be done/ });
  await expect(card).toBeVisible();
  const { items } = await city.desk.get('/v1/alerts?status=open');
  const alert = items.find((one: { code: string }) => one.code === 'stop_failed');
  await city.desk.post(`/v1/alerts/${alert.number}/snooze`, { minutes: 15 });
  await expect(card).toBeHidden();
  // The snapshot of a page that opens holds it, and says until when.
  await page.reload();
  await live(page);
  await expect(page.getByRole('article').first()).toBeVisible();
  await expect(card).toBeHidden();
});

test('single keys can be switched off', async ({ page, city }) => {
  await logIn(page, city);
  await page.goto('/');
  await live(page);
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  for (const key of ['j', '/']) {
    await page.keyboard.press(key);
    await twoFrames(page);
    await expect(page.locator(':focus:is(input, [role=rowheader])')).toHaveCount(0);
  }
  // With the keys on again the same presses do go there.
  await page.evaluate(() => localStorage.removeItem('pontic.keys'));
  await page.reload();
  await live(page);
  await page.keyboard.press('/');
  await expect(page.getByRole('combobox', { name: 'Search' })).toBeFocused();
});

test('the desk is accessible, and fits every window', async ({ page, city }) => {
  test.slow();
  await logIn(page, city);
  await position(city, 'D1', placeOf('C1'));
  await page.goto('/');
  await live(page);
  await expect(page.getByText(LONG_NAME).first()).toBeVisible();
  await accessible(page, ['.maplibregl-canvas']);
  await marks(page, 'Jonas Becker').first().click();
  await expect(page.locator('[data-panel]').getByText('K-101')).toBeVisible();
  await accessible(page, ['.maplibregl-canvas']);
  await row(page, 'Jonas Becker').getByRole('rowheader').click();
  await expect(page.getByText('The day so far')).toBeVisible();
  await accessible(page, ['.maplibregl-canvas']);
  for (const size of ['desk', 'phone', 'zoom'] as const) await fits(page, size);
});
