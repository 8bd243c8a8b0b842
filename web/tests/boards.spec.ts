// The lists and forms behind the desk: deliveries, pickups, clinics, drivers, the plan and the paper.
import { accessible, CANARY, expect, fits, live, logIn, type City, type Page, test } from './harness';

async function go(page: Page, city: City, place: string): Promise<void> {
  await logIn(page, city);
  await page.goto(`/${place}`);
  await live(page);
}

const dialog = (page: Page) => page.getByRole('dialog');

test('a delivery shows its cases, names only when asked for, and goes to another day', async ({
  page,
  city,
}) => {
  await go(page, city, '#/deliveries');
  await page.getByRole('button', { name: 'Dr. Wagner & Partner' }).click();
  await expect(dialog(page).getByText('K-601')).toBeVisible();
  await expect(page.getByText(CANARY)).toHaveCount(0);

  await dialog(page).getByRole('button', { name: 'Show names' }).click();
  await expect(dialog(page).getByText(CANARY)).toBeVisible();
  await dialog(page)
    .getByRole('button', { name: /^Hide names/ })
    .click();
  await expect(page.getByText(CANARY)).toHaveCount(0);

  const next = new Date(Date.parse(city.date) + 7 * 86_400_000).toISOString().slice(0, 10);
  await dialog(page).getByLabel('New day').fill(next);
  await dialog(page).getByRole('button', { name: 'Move', exact: true }).click();
  await expect(page.getByText(/^Moved to/)).toBeVisible();
  const now = await city.desk.get(`/v1/deliveries/${city.deliveries['C6']}?labId=${city.lab}`);
  expect(now.deliveryDate).toBe(next);
});

test('what somebody else changes is seen without doing anything', async ({ page, city }) => {
  await go(page, city, '#/deliveries');
  const row = page.getByRole('row').filter({ hasText: 'Dr. Wagner & Partner' });
  await expect(row.getByText('Scheduled')).toBeVisible();
  await city.desk.patch(`/v1/deliveries/${city.deliveries['C6']}?labId=${city.lab}`, { status: 'cancelled' });
  await expect(row.getByText('Cancelled')).toBeVisible();
});

test('the keyboard goes through the rows, opens one, and is back on it afterwards', async ({
  page,
  city,
}) => {
  await go(page, city, '#/deliveries');
  const rows = page.locator('tbody .open');
  await rows.first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('j');
  await expect(rows.nth(2)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  await expect(rows.nth(2)).toBeFocused();
});

test('a pickup is asked for again and again, moved and called off from one of its dates on', async ({
  page,
  city,
}) => {
  await go(page, city, '#/pickups');
  await page.getByRole('button', { name: 'New pickup' }).click();
  const form = dialog(page);
  await form.getByLabel('Clinic').selectOption('C5');
  const first = new Date(Date.parse(city.date) + 86_400_000).toISOString().slice(0, 10);
  await form.getByLabel('Day').fill(first);
  await form.getByLabel('From').fill('10:00');
  await form.getByLabel('To').fill('09:00');
  await expect(form.getByText('It has to end after it begins.')).toBeVisible();
  await form.getByLabel('To').fill('11:00');
  await form.getByLabel('Repeats').selectOption('weekly');
  await form.getByLabel('Ends').selectOption('count');
  await form.getByLabel('How many').fill('4');
  await form.getByRole('button', { name: 'Ask for it' }).click();
  await expect(page.getByText(/4 pickups are planned/)).toBeVisible();

  await page.getByRole('button', { name: /^Series/ }).click();
  await page.getByRole('button', { name: 'MVZ Kreuzberg' }).click();
  await dialog(page).getByLabel('From').fill('13:00');
  await dialog(page).getByLabel('To').fill('14:00');
  await dialog(page).getByLabel('This and all that follow').check();
  await dialog(page).getByRole('button', { name: 'Save change' }).click();
  await expect(page.getByText('The pickup was changed.')).toBeVisible();
  const series = async () => {
    const { items } = await city.desk.get(`/v1/pickups?labId=${city.lab}&clinicId=C5&status=requested`);
    return (items as { seriesId?: string; windowStart: string }[]).filter((one) => one.seriesId);
  };
  const starts = (await series()).map((one) => new Date(one.windowStart));
  expect(starts).toHaveLength(4);
  const berlin = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'Europe/Berlin',
  });
  expect(starts.map((at) => berlin.format(at))).toEqual(['13:00', '13:00', '13:00', '13:00']);

  await dialog(page).getByRole('button', { name: 'Call off' }).click();
  await dialog(page).getByRole('button', { name: 'This and all that follow' }).click();
  await expect(page.getByText(/all that follow were called off/)).toBeVisible();
  expect(await series()).toEqual([]);
});

test('what the server refuses stands at its field', async ({ page, city }) => {
  await go(page, city, '#/pickups');
  await page.getByRole('button', { name: 'New pickup' }).click();
  const form = dialog(page);
  await form.getByLabel('Clinic').selectOption('C5');
  await form.getByLabel('Day').fill('2020-01-01');
  await form.getByLabel('From').fill('10:00');
  await form.getByLabel('To').fill('11:00');
  await form.getByRole('button', { name: 'Ask for it' }).click();
  await expect(form.getByLabel('To')).toHaveAccessibleDescription('This is in the past.');
});

test('two people set one clinic right at a time, and nothing of either is lost unasked', async ({
  page,
  city,
}) => {
  await go(page, city, `#/clinics/C4?lab=${city.lab}`);
  await page.getByLabel('Name', { exact: true }).fill('Mine');
  await page.getByLabel('Who usually receives').fill('Frau Kaya');
  const {
    id: _id,
    version: _version,
    verified: _verified,
    ...theirs
  } = await city.desk.get(`/v1/clinics/C4?labId=${city.lab}`);
  void [_id, _version, _verified];
  await city.desk.put('/v1/clinics/C4', { ...theirs, name: 'Theirs', address: 'Anderswo 1, Berlin' });
  await page.getByRole('button', { name: 'Save', exact: true }).click();

  await expect(dialog(page).getByText('Somebody else changed it meanwhile')).toBeVisible();
  await expect(dialog(page).getByRole('radio')).toHaveCount(2);
  await dialog(page)
    .getByRole('radio', { name: /^Theirs/ })
    .check();
  await dialog(page).getByRole('button', { name: 'Save it so' }).click();
  await expect(page.getByText('The clinic was saved.')).toBeVisible();
  const now = await city.desk.get(`/v1/clinics/C4?labId=${city.lab}`);
  expect(now).toMatchObject({
    name: 'Theirs',
    address: 'Anderswo 1, Berlin',
    access: { receivers: ['Frau Kaya'] },
  });
});

test('a file of clinics tells of every row what became of it', async ({ page, city }) => {
  await go(page, city, '#/clinics');
  await page.getByRole('button', { name: 'Import clinics' }).click();
  const rows = [`C90,${city.lab},Neue Praxis,52.5`, `C91,${city.lab},,52.5`, `C92,${city.lab},Ferne,152.5`];
  await dialog(page)
    .getByLabel('CSV file')
    .setInputFiles({
      name: 'clinics.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(`id,labId,name,location.lat\n${rows.join('\n')}\n`),
    });
  await dialog(page).getByRole('button', { name: 'Import', exact: true }).click();
  await expect(dialog(page).getByRole('row').filter({ hasText: 'C91' })).toContainText(
    'name: This is needed.',
  );
  await expect(dialog(page).getByRole('row').filter({ hasText: 'C92' })).toContainText('Not taken');
});

test('a driver is invited, and a phone’s secret is seen once', async ({ page, city }) => {
  await go(page, city, `#/drivers?open=D1&of=${city.lab}`);
  await dialog(page).getByRole('button', { name: 'Invite' }).click();
  await expect(dialog(page).getByLabel('Link')).toHaveValue(/\/drive#invite=/);
  await dialog(page).getByRole('button', { name: 'Add a phone' }).click();
  const secret = await dialog(page).getByLabel('Password').inputValue();
  expect(secret.length).toBeGreaterThan(20);
  await dialog(page).getByRole('button', { name: 'The phone is set up' }).click();
  await page.reload();
  await expect(dialog(page).getByRole('button', { name: 'Revoke' })).toBeVisible();
  expect(await page.content()).not.toContain(secret);
});

test('the day is planned with the keyboard, and printed without a patient’s name', async ({ page, city }) => {
  await go(page, city, '#/plan');
  await page.getByRole('button', { name: 'New route' }).click();
  await dialog(page).getByLabel('Driver').selectOption('D3');
  await dialog(page).getByRole('button', { name: 'Plan it' }).click();
  const column = page.getByRole('region', { name: 'Paul Krüger' });
  await expect(column).toBeVisible();
  await page.getByLabel('Dr. Wagner & Partner: put on a route').selectOption({ label: 'Paul Krüger' });
  await expect(column.getByText('Dr. Wagner & Partner', { exact: true })).toBeVisible();
  await expect(page.getByText('Everything is on a route.')).toBeVisible();

  await column.getByRole('link', { name: 'Run sheet' }).click();
  await expect(page.getByText('K-601')).toBeVisible();
  await expect(page.getByText('Ring twice.')).toBeVisible();
  expect(await page.content()).not.toContain(CANARY);
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('navigation')).toBeHidden();
  await expect(page.getByText('K-601')).toBeVisible();
});

for (const place of [
  'deliveries',
  'pickups',
  'pickups?view=series',
  'clinics',
  'clinics/C2',
  'drivers',
  'plan',
]) {
  test(`${place} can be used by everybody, at every size`, async ({ page, city }) => {
    await go(page, city, `#/${place}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await accessible(page);
    for (const size of ['desk', 'phone', 'zoom'] as const) await fits(page, size);
  });
}
