import {
  accessible,
  CLINICS,
  city,
  expect,
  type Json,
  live,
  liveState,
  logIn,
  LONG_NAME,
  position,
  test,
  type City,
  type Locator,
  type Page,
} from './harness';

// A dispatcher's day: what is late is seen, a stop goes to another van, what waits is assigned, a van breaks down, somebody else was
// quicker, the network drops.

const FAR = { lat: 52.38, lng: 12.98 };

function stopOf(city: City, clinic: string): Json {
  const stops = Object.values(city.routes).flatMap(({ stops }) => stops);
  return stops.find(({ clinicId }) => clinicId === clinic);
}

/** The mark of a stop on the day line of its driver. */
function mark(page: Page, city: City, clinic: string): Locator {
  return page.locator(`[data-stop$="/${stopOf(city, clinic).id}"]`);
}

function row(page: Page, driver: string): Locator {
  return page.getByRole('row').filter({ hasText: driver });
}

async function clinicsOf(city: City, driver: 'D1' | 'D2'): Promise<string[]> {
  const { stops } = await city.desk.get(`/v1/routes/${city.routes[driver].id}`);
  const open = stops.filter(({ status }: Json) => status === 'planned');
  return open.map(({ clinicId }: Json) => clinicId);
}

/** Takes a mark with the pointer and holds it over a driver's line. */
async function dragOver(page: Page, from: Locator, to: Locator): Promise<void> {
  const [start, end] = [await from.boundingBox(), await to.boundingBox()];
  if (!start || !end) throw new Error('nothing to drag, or nowhere');
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(start.x + 20, start.y + 20, { steps: 4 });
  await page.mouse.move(end.x + end.width * 0.6, end.y + end.height * 0.75, { steps: 8 });
}

async function atDesk(page: Page, city: City, origin = ''): Promise<void> {
  await logIn(page, city);
  await page.goto(`${origin}/`);
  await live(page);
  await expect(row(page, 'Jonas Becker')).toBeVisible();
}

test('a stop that will be late is a card on top, with who is late by how much', async ({ page, city }) => {
  await atDesk(page, city);
  await position(city, 'D1', FAR);
  const card = page.getByRole('article', { name: /^Zahnarztpraxis Dr\. Sommer: \d+ min late$/ });
  await expect(card).toBeVisible();
  await expect(card).toContainText('Jonas Becker is expected');
  await expect(mark(page, city, 'C1')).toHaveAccessibleName(/min late/);
  await accessible(page);
});

test('a stop is dragged to another driver: what it means before the drop, and a way back after it', async ({
  page,
  server,
}) => {
  const made = await city(server, false);
  await atDesk(page, made);
  const before = { D1: await clinicsOf(made, 'D1'), D2: await clinicsOf(made, 'D2') };
  await dragOver(page, mark(page, made, 'C4'), row(page, 'Jonas Becker'));
  await expect(page.getByText(/[+-]?\d+ min for Jonas Becker/)).toBeVisible();
  expect(await clinicsOf(made, 'D2'), 'nothing is done before the drop').toEqual(before.D2);
  await page.mouse.up();
  await expect(page.getByText('Zahnärzte am Ostkreuz is Jonas Becker’s now')).toBeVisible();
  await expect(row(page, 'Jonas Becker').locator('[data-stop]')).toHaveCount(4);
  expect(await clinicsOf(made, 'D2')).toEqual(['C5']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('Zahnärzte am Ostkreuz is back where it was')).toBeVisible();
  await expect(row(page, 'Jonas Becker').locator('[data-stop]')).toHaveCount(3);
  expect({ D1: await clinicsOf(made, 'D1'), D2: await clinicsOf(made, 'D2') }).toEqual(before);
});

test('a drag that ends nowhere, or is given up with Escape, changes nothing', async ({ page, server }) => {
  const made = await city(server, false);
  await atDesk(page, made);
  await dragOver(page, mark(page, made, 'C4'), row(page, 'Jonas Becker'));
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await dragOver(page, mark(page, made, 'C4'), page.getByRole('heading', { name: 'To do' }));
  await page.mouse.up();
  await expect(row(page, 'Mira Yılmaz').locator('[data-stop]')).toHaveCount(2);
  expect(await clinicsOf(made, 'D2')).toEqual(['C4', 'C5']);
});

test('the same with the keyboard alone', async ({ page, server }) => {
  const made = await city(server, false);
  await atDesk(page, made);
  await mark(page, made, 'C4').focus();
  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog', { name: 'Move the stop at Zahnärzte am Ostkreuz' });
  await expect(dialog).toBeVisible();
  await dialog.getByLabel('To').selectOption({ value: made.routes.D1.id });
  await dialog.getByLabel('Place among the open stops').selectOption({ value: '1' });
  await expect(dialog.getByText(/min for Jonas Becker/)).toBeVisible();
  await accessible(page);
  await dialog.getByRole('button', { name: 'Move it' }).press('Enter');
  await expect(dialog).toBeHidden();
  expect(await clinicsOf(made, 'D1')).toEqual(['C4', 'C1', 'C2', 'C3']);
});

test('cases that are on the road in one van do not go into another', async ({ page, city }) => {
  await atDesk(page, city);
  await dragOver(page, mark(page, city, 'C4'), row(page, 'Jonas Becker'));
  await expect(page.getByText('Its cases are on the road in Mira Yılmaz’s van.')).toBeVisible();
  await page.mouse.up();
  expect(await clinicsOf(city, 'D2')).toEqual(['C4', 'C5']);
});

test('what waits for a driver goes to the best one with one press, and can be taken off again', async ({
  page,
  server,
}) => {
  const made = await city(server, false);
  await atDesk(page, made);
  await page.getByRole('button', { name: /^Assign Dr\. Wagner & Partner to / }).click();
  await expect(page.getByText(/^Dr\. Wagner & Partner is on .+’s route$/)).toBeVisible();
  const all = [...(await clinicsOf(made, 'D1')), ...(await clinicsOf(made, 'D2'))];
  expect(all.filter((clinic) => clinic === 'C6')).toHaveLength(1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('Dr. Wagner & Partner waits again')).toBeVisible();
  expect(await clinicsOf(made, 'D1')).not.toContain('C6');
});

test('a van breaks down: its rest goes to another driver in two clicks, and back', async ({ page, city }) => {
  await atDesk(page, city);
  await row(page, 'Jonas Becker').getByRole('rowheader').click();
  await page.getByRole('button', { name: 'Hand the rest over' }).click();
  await page.getByRole('button', { name: /^Paul Krüger/ }).click();
  await expect(page.getByText('3 stops are Paul Krüger’s now')).toBeVisible();
  await expect(row(page, 'Paul Krüger').locator('[data-stop]')).toHaveCount(3);
  expect((await city.desk.get(`/v1/routes/${city.routes.D1.id}`)).driverId).toBe('D3');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('They are Jonas Becker’s again')).toBeVisible();
  expect((await city.desk.get(`/v1/routes/${city.routes.D1.id}`)).driverId).toBe('D1');
});

test('two dispatchers move the same stop: the second is told who has it, and the first stays right', async ({
  page,
  server,
}) => {
  const made = await city(server, false);
  // What the second one's page hears is held back, as on a slow line.
  let isHeld = false;
  await page.routeWebSocket(/\/ws\/dispatch/, (near) => {
    const far = near.connectToServer();
    far.onMessage((message) => {
      if (!isHeld) near.send(message);
    });
  });
  await atDesk(page, made);
  isHeld = true;
  const stop = stopOf(made, 'C4');
  await made.desk.post(`/v1/stops/${stop.id}/move`, { routeId: made.routes.D1.id, position: 2 });
  const first = await clinicsOf(made, 'D1');
  await mark(page, made, 'C4').focus();
  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('To').selectOption({ value: made.routes.D2.id });
  await dialog.getByLabel('Place among the open stops').selectOption({ label: '2: at the end' });
  await dialog.getByRole('button', { name: 'Move it' }).click();
  await expect(page.getByText('Somebody else moved it meanwhile: Jonas Becker has it now.')).toBeVisible();
  expect(await clinicsOf(made, 'D1')).toEqual(first);
});

test('a line that drops is said in the strip, never in the way; what happened meanwhile is there after it', async ({
  page,
  city,
  line,
}) => {
  await atDesk(page, city, line.origin);
  line.cut();
  await expect(liveState(page, /^Away for \d+ s/)).toBeVisible();
  // For everybody to read, and not by the colour of a point.
  const said = await page.getByText(/^Away for \d+ s/).boundingBox();
  expect(said?.width).toBeGreaterThan(60);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(row(page, 'Jonas Becker')).toBeVisible();
  await city.drivers.D1.post(`/v1/stops/${stopOf(city, 'C1').id}/complete`, {});
  await city.desk.put('/v1/drivers/D3', { labId: city.lab, name: 'Paula Krüger' });
  line.mend();
  await live(page);
  await expect(row(page, 'Jonas Becker').getByText('1 of 3')).toBeVisible();
  await expect(row(page, 'Jonas Becker')).toContainText(LONG_NAME);
  await expect(row(page, 'Paula Krüger')).toBeVisible();
});

test('a clinic that calls is found, with where its case is now', async ({ page, city }) => {
  await atDesk(page, city);
  await page.keyboard.press('/');
  await page.keyboard.type('K-201');
  const found = page.getByRole('option').first();
  await expect(found).toContainText(LONG_NAME);
  await page.getByRole('combobox', { name: /^Search/ }).fill('Tiergarten');
  await expect(page.getByRole('option').first()).toContainText(LONG_NAME);
  expect(CLINICS.some(({ name }) => name === LONG_NAME)).toBe(true);
});
