import {
  between,
  city,
  expect,
  LAB,
  live,
  logIn,
  picture,
  placeOf,
  position,
  test,
  type City,
} from './harness';
import type { Page } from './harness';

// What the screens look like on a working morning: the pictures of the front page and of docs/screens.md.

/** Vans on the road, one stop done, a clinic that answered, one that will be late. */
async function morning(made: City): Promise<void> {
  const stops = made.routes.D1.stops;
  await made.drivers.D1.post(`/v1/stops/${stops[0].id}/complete`, {
    cases: [{ caseId: 'K-102', reason: 'missing' }],
    receivedBy: 'Frau Weber',
  });
  // The newest position is of a time at which the vans were on the road.
  await new Promise((passed) => setTimeout(passed, 2_000));
  const now = made.server.now().getTime();
  for (let minutes = 9; minutes >= 0; minutes -= 1) {
    const timestamp = new Date(now - minutes * 60_000).toISOString();
    const share = (9 - minutes) / 10;
    await position(made, 'D1', between(placeOf('C1'), placeOf('C2'), share * 0.7), { timestamp });
    await position(made, 'D2', between(LAB, placeOf('C4'), share * 0.6), { timestamp, heading: 115 });
  }
  const { trackLink } = await made.desk.get(`/v1/stops/${stops[2].id}`);
  await made.desk.post(`${trackLink}/answers`, { kind: 'more_to_fetch', count: 2 });
}

async function atDesk(page: Page, made: City): Promise<void> {
  await logIn(page, made);
  await page.goto('/');
  await live(page);
  await expect(page.getByRole('region', { name: 'Map' }).getByText(/^Grid \d/)).toBeVisible({
    timeout: 30_000,
  });
}

test('the desk', async ({ page, city: made }) => {
  await morning(made);
  await atDesk(page, made);
  // The counts of the clinics come a moment after the map.
  await page.waitForTimeout(3_000);
  await picture(page, 'desk');
  await picture(page, 'desk-dark', { dark: true });
  await picture(page, 'desk-zoom', { size: 'zoom' });
  await picture(page, 'desk-phone', { size: 'phone' });
  await page.locator('[data-driver$="/D1"] [data-cell=""]').click();
  await picture(page, 'desk-driver');
});

test('the boards', async ({ page, server }) => {
  const made = await city(server, false);
  await atDesk(page, made);
  for (const [place, heading] of [
    ['deliveries', 'Deliveries'],
    ['pickups', 'Pickups'],
    ['plan', 'Plan'],
    ['drivers', 'Drivers'],
    [`clinics/C2?lab=${made.lab}`, 'Kieferorthopädische'],
  ] as const) {
    await page.goto(`/#/${place}`);
    await expect(page.getByRole('heading', { name: new RegExp(heading) }).first()).toBeVisible();
    await page.waitForTimeout(1_500);
    await picture(page, place.startsWith('clinics') ? 'clinic' : place);
  }
});

test('the integrations', async ({ page, city: made }) => {
  await logIn(page, made, made.server.admin);
  for (const [place, name] of [
    ['', 'integrations'],
    ['events', 'integrations-events'],
    ['endpoints', 'integrations-endpoints'],
  ] as const) {
    await page.goto(`/integrations#/${place}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForTimeout(1_500);
    await picture(page, name);
  }
});
