import { accessible, expect, fits, picture, test } from './harness';

test('a token opens the door and leads to where somebody wanted to go', async ({ page, city }) => {
  await page.goto('/integrations');
  await expect(page).toHaveURL(
    (url) => url.pathname === '/login' && url.searchParams.get('next') === '/integrations',
  );
  await page.getByLabel('Token').fill(`  ${city.desk.token} `);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL(/\/integrations$/);
});

test('a wrong token is told beside the field, and nothing of it stays', async ({ page }) => {
  await page.goto('/login');
  const token = page.getByLabel('Token');
  await token.fill('pnt_not_one_of_ours');
  await token.press('Enter');
  await expect(page.getByText('This token is not known, or it has ended.')).toBeVisible();
  await expect(token).toHaveAttribute('aria-invalid', 'true');
  expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).not.toContain('pnt_');
  expect(page.url()).not.toContain('pnt_');
  await accessible(page);
});

test('the door leads nowhere but to places of ours', async ({ page, city }) => {
  for (const next of ['https://example.com/', '//example.com/', '/\\example.com/', 'javascript:alert(1)']) {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await page.getByLabel('Token').fill(city.desk.token);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL((url) => url.pathname !== '/login');
    expect(new URL(page.url()).hostname).toBe('127.0.0.1');
  }
});

test('a server that is away is told as that', async ({ page, line }) => {
  await page.goto(`${line.origin}/login`);
  line.cut();
  await page.getByLabel('Token').fill('pnt_whatever');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByText('The server cannot be reached.')).toBeVisible();
});

test('the door on every size', async ({ page }) => {
  await page.goto('/login');
  await expect(page.getByRole('heading', { name: 'Log in to Pontic' })).toBeVisible();
  for (const size of ['desk', 'phone', 'zoom'] as const) await fits(page, size);
  await accessible(page);
  await picture(page, 'login');
  await picture(page, 'login-phone-dark', { size: 'phone', dark: true });
});
