import {
  CANARY,
  CLINICS,
  expect,
  logIn,
  MARKUP,
  position,
  placeOf,
  test,
  type City,
  type Page,
  type Role,
} from './harness';

/** Every page, and every place in it that has an address. */
function places(city: City): string[] {
  const desk = ['', 'deliveries', 'pickups', 'clinics', 'drivers', 'plan', 'wall'].map(
    (place) => `/#/${place}`,
  );
  const clinics = CLINICS.map(({ id }) => `/#/clinics/${id}`);
  return [...desk, ...clinics, `/#/replay/D1/${city.date}`, '/?wall=1', '/integrations', '/drive', '/docs/'];
}

/** Looks at a place as somebody does: waits for it, moves through it with the keyboard, opens what can be opened. */
async function lookAround(page: Page, place: string): Promise<void> {
  // A new document each time, also where only the part behind the # differs.
  await page.goto('about:blank');
  await page.goto(place);
  await page.locator('main, #swagger-ui, body').first().waitFor();
  await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => undefined);
  for (const key of ['j', 'j', 'Enter', 'k', 'Enter', 'Escape']) await page.keyboard.press(key);
  await page.waitForTimeout(150);
}

const BLIND: Role[] = ['viewer', 'finance', 'source', 'driver'];

for (const role of BLIND) {
  test(`a ${role} gets no name of a patient, on no page and in no answer`, async ({
    page,
    city,
    overheard,
  }) => {
    test.slow();
    await logIn(page, city, role === 'driver' ? city.drivers.D1 : role);
    await position(city, 'D1', placeOf('C1'));
    for (const place of places(city)) {
      await lookAround(page, place);
      await overheard.never(page, CANARY);
    }
    expect(overheard.count, 'answers that were looked at').toBeGreaterThan(30);
  });
}

test('nobody who is not logged in gets a name of a patient', async ({ page, city, overheard }) => {
  for (const place of ['/', '/login', '/drive', '/integrations', '/t/unknown', '/docs/']) {
    await lookAround(page, place);
    await overheard.never(page, CANARY);
  }
  expect(city.deliveries['C1']).toBeTruthy();
});

test('the watch sees a name where there is one', async ({ page, city, overheard }) => {
  await logIn(page, city, 'dispatcher');
  await page.goto('/docs/');
  // Asked for as a page would: a dispatcher may read it, and then it must be noticed.
  await page.evaluate(
    (path) => fetch(path).then((answer) => answer.text()),
    `/v1/deliveries/${city.deliveries['C1']}`,
  );
  await expect(overheard.never(page, CANARY)).rejects.toThrow(CANARY);
});

test('texts of others are shown, never run', async ({ page, city }) => {
  test.slow();
  await logIn(page, city, 'dispatcher');
  for (const place of places(city)) {
    await lookAround(page, place);
    expect(await page.evaluate(() => 'ran' in window), `${place} ran ${MARKUP}`).toBe(false);
    expect(await page.locator('b', { hasText: /^(Nord|by the back door)$/ }).count(), place).toBe(0);
  }
});
