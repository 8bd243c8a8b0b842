import {
  accessible,
  CANARY,
  CLINICS,
  expect,
  fits,
  live,
  logIn,
  picture,
  position,
  test,
  type Page,
} from './harness';

// The map, a day once more, the wall and the search, against the real server.

const map = (page: Page) => page.getByRole('region', { name: 'Map' });

test('the map shows who is on the road, follows whom it is told to, and never stops the keyboard', async ({
  page,
  city,
}) => {
  await position(city, 'D1', { lat: 52.53, lng: 13.37 });
  await logIn(page, city);
  await page.goto('/');
  await live(page);
  await expect(map(page).getByText(/^Grid \d/)).toBeVisible({ timeout: 30_000 });
  const follow = map(page).getByRole('button', { name: /follow/i });
  await expect(follow, 'nobody is chosen').toBeDisabled();
  await page.locator('[data-driver$="/D1"] [data-cell=""]').click();
  await expect(follow).toBeEnabled();
  await follow.click();
  await expect(follow).toHaveAttribute('aria-pressed', 'true');
  await map(page).getByRole('button', { name: 'Show everything' }).press('Enter');
  await expect(follow, 'showing everything ends following').toHaveAttribute('aria-pressed', 'false');
  await map(page).getByRole('button', { name: 'Zoom in' }).press('Enter');
  await map(page).getByText('Signs').click();
  await expect(map(page).getByText(/not heard of for 10 minutes/)).toBeVisible();
  // The lists beside it have tests of their own.
  await accessible(page, ['[data-driver]']);
});

test('without WebGL the page says so, and everything else works', async ({ page, city }) => {
  await page.addInitScript(() => {
    const get = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...args: unknown[]) {
      return String(args[0]).startsWith('webgl') ? null : Reflect.apply(get, this, args);
    } as typeof get;
  });
  await logIn(page, city);
  await page.goto('/');
  await expect(map(page).getByText(/cannot draw the map/)).toBeVisible({ timeout: 30_000 });
  await expect(page.locator('[data-driver$="/D1"]')).toBeVisible();
});

test('a day can be gone through with the keyboard, and a gap is told as one', async ({
  page,
  city,
  server,
}) => {
  for (const [minutes, lat] of [
    [-40, 52.53],
    [-39, 52.531],
    [-38, 52.532],
    [-20, 52.54],
    [-19, 52.541],
  ] as const)
    await city.drivers.D1.post('/v1/drivers/D1/positions', {
      coordinates: { lat, lng: 13.38 },
      timestamp: server.inMinutes(minutes),
      speed: 31,
      heading: 0,
      accuracy: 5,
    });
  await logIn(page, city);
  await page.goto(`/#/replay/D1/${city.date}`);
  const slider = page.getByRole('slider', { name: 'Time of day' });
  await expect(slider).toBeEnabled({ timeout: 30_000 });
  await expect(page.getByText('1 gap', { exact: true })).toBeVisible();
  await expect(slider).toHaveAttribute('aria-valuetext', /31 km\/h/);
  await page.getByRole('button', { name: /^No positions for 18 min/ }).press('Enter');
  await slider.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuetext', /no positions for 18 min/);
  await slider.press('End');
  await expect(slider).toHaveAttribute('aria-valuetext', /31 km\/h/);
  await slider.press('Home');
  await page.getByRole('button', { name: 'Play' }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'The day in figures' })).toBeVisible();
  await accessible(page);
  for (const size of ['desk', 'phone', 'zoom'] as const) await fits(page, size);
});

test('a day without positions, and a driver nobody knows, are told as that', async ({ page, city }) => {
  await logIn(page, city);
  await page.goto(`/#/replay/D3/${city.date}`);
  await expect(page.getByText('There are no positions of this driver on this day.')).toBeVisible();
  await page.goto('/#/replay/NOBODY/2026-01-01');
  await expect(page.getByText('There is no such driver.')).toBeVisible();
});

test('the wall names nobody and has nothing to press', async ({ page, city }) => {
  await position(city, 'D1', { lat: 52.53, lng: 13.37 });
  await logIn(page, city, 'viewer');
  await page.goto('/?wall=1');
  await expect(page.getByRole('heading', { name: 'Late and at risk' })).toBeVisible();
  await expect(page.locator('canvas.map-sheet').first()).toBeVisible({ timeout: 30_000 });
  const all = (await page.locator('body').textContent()) ?? '';
  for (const name of ['Jonas', 'Becker', 'Mira', 'Frau Weber', CANARY]) expect(all).not.toContain(name);
  await expect(page.getByRole('main').getByRole('button')).toHaveCount(0);
  await expect(page.getByRole('main').getByRole('link')).toHaveCount(0);
  await accessible(page);
  await picture(page, 'wall', { dark: true });
});

test('a search says where a case is, and shows it', async ({ page, city }) => {
  await logIn(page, city);
  await page.goto('/');
  await live(page);
  const field = page.getByRole('combobox', { name: /^Search/ });
  await page.keyboard.press('/');
  await expect(field).toBeFocused();
  await page.keyboard.type('sommer');
  const found = page.getByRole('option', { name: new RegExp(CLINICS[0]?.name ?? '') });
  await expect(found.first()).toBeVisible();
  await expect(field).toHaveAttribute('aria-expanded', 'true');
  await expect(field).toHaveAttribute('aria-activedescendant', /./);
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect(found.first()).toBeHidden();
  await field.fill('K-201');
  await expect(page.getByRole('option', { name: /K-201/ }).first()).toContainText(/Tiergarten/);
  await field.press('Enter');
  await expect(field).toHaveValue('');
  await field.fill('nothing-is-called-so');
  await expect(page.getByText(/Nothing is called/)).toBeVisible();
  await field.fill(CANARY);
  await expect(page.getByText(/Nothing is called/), 'patients are not searched').toBeVisible();
  expect((await city.desk.get(`/v1/search?q=${CANARY}`)).items).toEqual([]);
});
