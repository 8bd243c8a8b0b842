import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Fails with every serious or critical fault of accessibility that axe finds, in both themes. */
export async function accessible(page: Page, leftOut: string[] = []): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const builder = new AxeBuilder({ page }).withTags(WCAG);
    for (const selector of leftOut) builder.exclude(selector);
    const { violations } = await builder.analyze();
    const faults = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => ({ id, at: nodes.map(({ html, failureSummary }) => [html, failureSummary]) }));
    expect(faults, `accessibility, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** How a page is looked at: a desk, a phone, a desk at 200 %. */
const SIZES = {
  desk: { width: 1440, height: 900, scale: 1 },
  phone: { width: 390, height: 844, scale: 2 },
  zoom: { width: 720, height: 450, scale: 2 },
} as const;
export type Size = keyof typeof SIZES;

/** Fails if the page is wider than the window at that size: nobody scrolls sideways. */
export async function fits(page: Page, size: Size): Promise<void> {
  await atSize(page, size, async () => {
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wide, `wider than the window, ${size}`).toBeLessThanOrEqual(0);
  });
}

interface Look {
  size?: Size;
  dark?: boolean;
  /** All of the page, not only what the window shows. */
  whole?: boolean;
}

/** A picture of the page: `docs/screens/NAME.png` with `UPDATE_SCREENS=1`, else beside the test's results. */
export async function picture(page: Page, name: string, look: Look = {}): Promise<void> {
  const { size = 'desk', dark = false, whole = false } = look;
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
  await atSize(page, size, async () => {
    await page.evaluate(() => document.fonts.ready);
    const picture = { animations: 'disabled', caret: 'hide', scale: 'device' } as const;
    await page.screenshot({ ...picture, path: pathOf(name), fullPage: whole });
  });
  await page.emulateMedia({ colorScheme: null });
}

function pathOf(name: string): string {
  if (process.env['UPDATE_SCREENS'] !== '1') return test.info().outputPath(`${name}.png`);
  const folder = join(import.meta.dirname, '../../../docs/screens');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.png`);
}

async function atSize(page: Page, size: Size, work: () => Promise<void>): Promise<void> {
  const before = page.viewportSize();
  const { width, height, scale } = SIZES[size];
  const devtools = await page.context().newCDPSession(page);
  await page.setViewportSize({ width, height });
  const metrics = { width, height, deviceScaleFactor: scale, mobile: false };
  await devtools.send('Emulation.setDeviceMetricsOverride', metrics);
  try {
    await work();
  } finally {
    await devtools.send('Emulation.clearDeviceMetricsOverride');
    await devtools.detach();
    if (before) await page.setViewportSize(before);
  }
}
