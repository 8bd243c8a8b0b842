import { createHmac } from 'node:crypto';
import { accessible, CANARY, expect, fits, logIn, test, type City, type Json, type Page } from './harness';

/** An endpoint of Open Dental for the city's lab, with a webhook that it refuses: number 0 is a clinic only where a mapping says which. */
async function refusedWebhook(city: City, number = 0): Promise<{ id: string; caseNumber: number }> {
  const id = `od-${city.lab.toLowerCase()}`;
  const body = { labId: city.lab, system: 'opendental', secrets: ['a-secret-of-the-test'] };
  await city.server.admin.put(`/v1/endpoints/${id}`, body);
  const caseNumber = Math.floor(Math.random() * 1e9);
  const answer = await sent(city, id, 'a-secret-of-the-test', caseNumber, number);
  expect(answer.status).toBe(400);
  return { id, caseNumber };
}

/** A webhook of a practice with a patient's name in it, signed. */
function sent(city: City, id: string, secret: string, caseNumber: number, number = 0): Promise<Response> {
  const at = new Date(city.server.now().getTime() + 30 * 3_600_000).toISOString();
  const message = {
    LabCaseNum: caseNumber,
    ClinicNum: number,
    DateTimeScheduled: at,
    PatName: CANARY,
    Note: `for ${CANARY}`,
  };
  const body = JSON.stringify(message);
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return fetch(`${city.server.origin}/webhooks/ehr/opendental/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-opendental-signature': signature },
    body,
  });
}

async function open(page: Page, hash: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`/integrations${hash}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

test('a refused webhook is mended by naming the clinic, and goes in', async ({ page, city }) => {
  const { caseNumber } = await refusedWebhook(city);
  await logIn(page, city);
  await open(page, '#/quarantine');
  const group = page.getByRole('article').filter({ hasText: 'which clinic the practice’s number 0 is' });
  await expect(group).toBeVisible();
  await accessible(page);

  const clinic = group.getByLabel('Number 0 is the clinic');
  await clinic.fill('nobody');
  await clinic.press('Enter');
  await expect(group.getByText('Choose one of the clinics in the list.')).toBeVisible();
  await expect(clinic).toHaveAttribute('aria-invalid', 'true');
  await clinic.fill('Zahnarztpraxis Dr. Sommer (C1)');
  await clinic.press('Enter');
  await expect(page.getByText('1 was accepted, 0 are still refused.')).toBeVisible();
  await expect(group).toBeHidden();
  const pickups: Json = await city.desk.get(`/v1/pickups?clinicId=C1&pickupId=opendental-${caseNumber}`);
  expect(pickups.items).toHaveLength(1);
});

test('a secret is changed over without a webhook lost', async ({ page, city }) => {
  const { id } = await refusedWebhook(city);
  const admin = await city.token('admin');
  await logIn(page, city, admin);
  await open(page, `#/endpoints/${id}`);
  await page.getByRole('button', { name: 'Change over to a new secret' }).click();
  const once = page.getByRole('dialog', { name: 'The new secret' });
  const secret = (await once.locator('code').first().textContent()) ?? '';
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  await page.keyboard.press('Escape');
  await expect(once, 'it is not lost by a key').toBeVisible();
  await once.getByRole('button', { name: 'I have kept it' }).click();
  await expect(page.getByText('Both secrets are good now.')).toBeVisible();
  expect(await page.content(), 'it was shown once').not.toContain(secret);
  // Both are authentic: what is refused is the clinic's number, not the signature.
  for (const good of ['a-secret-of-the-test', secret])
    expect((await sent(city, id, good, 1)).status).toBe(400);

  const before: Json = await admin.get(`/v1/endpoints/${id}`);
  const [, old] = before.secretFingerprints as string[];
  await page.getByRole('button', { name: `Remove ${old}` }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Remove ${old}` })
    .click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect.poll(async () => (await sent(city, id, 'a-secret-of-the-test', 2)).status).toBe(401);
  expect((await sent(city, id, secret, 3)).status).toBe(400);
});

test('a subscription is made, its faults told at their fields', async ({ page, city }) => {
  const admin = await city.token('admin');
  await logIn(page, city, admin);
  await open(page, '#/subscriptions');
  await page.getByRole('button', { name: 'New subscription' }).click();
  const form = page.getByRole('dialog', { name: 'New subscription' });
  const create = form.getByRole('button', { name: 'Create' });
  const id = `crm-${city.lab.toLowerCase()}`;
  await form.getByLabel('Id', { exact: true }).fill(id);
  await form.getByLabel('Address (URL)').fill('ftp://nowhere');
  await form.getByLabel('Pattern').fill('{\n  "detail": x\n}');
  await create.click();
  await expect(form.getByText('Line 2: this is not JSON.')).toBeVisible();
  await form.getByLabel('Pattern').fill('{"detail": {"caseCount": [{"numeric": ["!", 2]}]}}');
  await create.click();
  await expect(form.getByLabel('Address (URL)')).toHaveAttribute('aria-invalid', 'true');
  await expect(form.getByLabel('Pattern')).toHaveAttribute('aria-invalid', 'true');
  await accessible(page);
  await form.getByLabel('Address (URL)').fill('https://crm.invalid/hook');
  await form.getByLabel('Pattern').fill('{"detail-type": [{"prefix": "Delivery"}]}');
  await create.click();
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await expect(page.getByRole('heading', { level: 1, name: id })).toBeVisible();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await expect(page.getByText(/Test\s*Not taken:/)).toBeVisible();
  const made: Json = await admin.get(`/v1/subscriptions/${id}`);
  expect(made).toMatchObject({ labId: city.lab, pattern: { 'detail-type': [{ prefix: 'Delivery' }] } });
  expect(made.secretFingerprints).toHaveLength(1);
});

test('a token is shown once and revoked', async ({ page, city }) => {
  const admin = await city.token('admin');
  await logIn(page, city, admin);
  await open(page, '#/tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Role').selectOption('driver');
  await page.getByRole('button', { name: 'Create' }).click();
  await expect(page.getByText('This is needed.')).toBeVisible();
  await page.getByLabel('Driver', { exact: true }).fill('D3');
  await page.getByRole('button', { name: 'Create' }).click();
  const secret = (await page.getByRole('dialog').locator('code').first().textContent()) ?? '';
  expect(secret).toMatch(/^pnt_/);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  expect(await page.content()).not.toContain(secret);
  const asks = () => fetch(`${city.server.origin}/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  const who = (await (await asks()).json()) as Json;
  expect(who).toMatchObject({ role: 'driver', driverId: 'D3', labId: city.lab });
  const row = page.getByRole('row').filter({ hasText: who.tokenId });
  await row.getByRole('button', { name: /^Revoke/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(row).toBeHidden();
  expect((await asks()).status).toBe(401);
});

test('the log begins at its end, and a story leads from one thing to the next', async ({ page, city }) => {
  await logIn(page, city);
  await open(page, '#/events');
  const numbers = async () => {
    const cells = await page.getByRole('row').locator('td.number').allTextContents();
    return cells.map(Number);
  };
  await expect.poll(async () => (await numbers()).length).toBeGreaterThan(10);
  const shown = await numbers();
  expect(shown).toEqual([...shown].sort((one, other) => other - one));
  await page.getByLabel('What became of …').fill(String(city.deliveries['C1']));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  const story = page.getByRole('article');
  await expect(story).toContainText('was made');
  await story
    .getByRole('link', { name: /^number \d+$/ })
    .first()
    .click();
  await expect(page.getByRole('heading', { name: 'What it caused' })).toBeVisible();
});

test('words that cannot be filled in are told at their line', async ({ page, city }) => {
  const admin = await city.token('admin');
  await logIn(page, city, admin);
  await open(page, '#/notices?part=templates');
  await page.getByRole('button', { name: /Choose words ?: The driver comes, English/ }).click();
  await page.getByLabel('Subject').fill('We are coming');
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Good morning\n{{ nobody }}');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Line 2: this kind has no such field.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Good morning\n{{ time }}');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('button', { name: /Edit ?: The driver comes, English/ })).toBeVisible();
});

const PLACES = ['', 'events', 'quarantine', 'dead-letters', 'notices', 'notices?part=templates'];
const ADMINS = ['endpoints', 'subscriptions', 'tokens', 'notices?part=testing'];

test('a dispatcher is shown nothing that they may not do', async ({ page, city }) => {
  await logIn(page, city);
  await open(page, '#/');
  const pages = page.getByRole('navigation', { name: 'Sections' }).getByRole('link');
  await expect(pages).toHaveText([/^Overview/, /^Events/, /^Quarantine/, /^Dead letters/, /^Notices/]);
  await page.goto('/integrations#/tokens');
  await expect(page.getByText('There is no such page here.')).toBeVisible();
});

for (const role of ['admin', 'dispatcher'] as const) {
  test(`no name of a patient comes to the integrations of a ${role}`, async ({ page, city, overheard }) => {
    test.slow();
    const { id } = await refusedWebhook(city);
    const who = await logIn(page, city, role);
    const events: Json = await who.get('/v1/events?type=CaseReadyToShip&order=newest&limit=1');
    const places = [
      ...PLACES,
      ...(role === 'admin' ? [...ADMINS, `endpoints/${id}`] : []),
      `events/${events.items[0].seq}`,
      `stories/${city.deliveries['C1']}`,
    ];
    for (const place of places) {
      await open(page, `#/${place}`);
      await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => undefined);
    }
    await open(page, '#/quarantine');
    await page.getByRole('button', { name: 'Look at the messages' }).first().click();
    await page.getByRole('button', { name: 'Show', exact: true }).first().click();
    await expect(page.getByText('Names, notes and contacts are masked.')).toBeVisible();
    await overheard.never(page, CANARY);
    expect(overheard.count).toBeGreaterThan(20);
  });
}

test('every page on every size', async ({ page, city }) => {
  test.slow();
  const { id } = await refusedWebhook(city);
  await logIn(page, city, await city.token('admin'));
  for (const place of [...PLACES, ...ADMINS, `endpoints/${id}`]) {
    await open(page, `#/${place}`);
    await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => undefined);
    for (const size of ['desk', 'phone', 'zoom'] as const) await fits(page, size);
    await accessible(page);
  }
});
