import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Fails with every serious or critical fault of accessibility that axe finds, in both themes. */
export async function accessible(page: Page, leftOut: string[] = []): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // Colours fade from one theme into the other.
    await page.waitForTimeout(400);
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

/** Share of a picture that may differ from the one that is kept: clocks run, and ages are told. A screen that was changed differs by more. */
const MAY_DIFFER = 0.05;

/** A picture of the page, held against `docs/screens/NAME.png`: what people are shown is how it looks. Made anew by `cargo xtask screens`. */
export async function picture(page: Page, name: string, look: Look = {}): Promise<void> {
  const { size = 'desk', dark = false, whole = false } = look;
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
  const seen = await atSize(page, size, async () => {
    await page.evaluate(() => document.fonts.ready);
    // Maps draw themselves anew for the size.
    await page.waitForTimeout(600);
    return page.screenshot({ animations: 'disabled', caret: 'hide', scale: 'device', fullPage: whole });
  });
  await page.emulateMedia({ colorScheme: null });
  expect(seen, 'made anew by `cargo xtask screens`').toMatchSnapshot(`${name}.png`, {
    maxDiffPixelRatio: MAY_DIFFER,
  });
}

async function atSize<T>(page: Page, size: Size, work: () => Promise<T>): Promise<T> {
  const before = page.viewportSize();
  const { width, height, scale } = SIZES[size];
  const devtools = await page.context().newCDPSession(page);
  await page.setViewportSize({ width, height });
  const metrics = { width, height, deviceScaleFactor: scale, mobile: false };
  await devtools.send('Emulation.setDeviceMetricsOverride', metrics);
  try {
    return await work();
  } finally {
    await devtools.send('Emulation.clearDeviceMetricsOverride');
    await devtools.detach();
    if (before) await page.setViewportSize(before);
  }
}
