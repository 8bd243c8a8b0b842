import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'uqr';
import config from '../playwright.config';
import { expect, logIn, test } from './harness';

// A phone whose camera looks at a label: the browser's camera is a film of one picture.

const WIDTH = 640;
const HEIGHT = 480;
const CASE = 'K-101';

/** A film in the plainest form that the browser plays as a camera: brightness of each point, and no colour. */
function film(content: string): Buffer {
  const { data, size } = encode(content, { border: 4 });
  const point = Math.floor((HEIGHT * 0.8) / size);
  const left = Math.floor((WIDTH - size * point) / 2);
  const top = Math.floor((HEIGHT - size * point) / 2);
  const light = Buffer.alloc(WIDTH * HEIGHT, 200);
  for (let y = 0; y < size * point; y += 1) {
    for (let x = 0; x < size * point; x += 1) {
      const isDark = data[Math.floor(y / point)]?.[Math.floor(x / point)];
      light[(top + y) * WIDTH + left + x] = isDark ? 20 : 235;
    }
  }
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, grey]);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420mpeg2\n`);
  return Buffer.concat([head, ...Array.from({ length: 10 }, () => frame)]);
}

const path = join(mkdtempSync(join(tmpdir(), 'pontic-film-')), 'label.y4m');
writeFileSync(path, film(CASE));
const usual = config.use?.launchOptions;
test.use({
  viewport: { width: 390, height: 844 },
  launchOptions: { ...usual, args: [...(usual?.args ?? []), `--use-file-for-fake-video-capture=${path}`] },
});

test('a label that the camera sees is ticked by itself, once', async ({ page, city }) => {
  await logIn(page, city, city.drivers.D1);
  await page.goto('/drive');
  await page.getByRole('button', { name: 'I am here' }).click();
  await page.getByRole('button', { name: 'Scan' }).click();
  await expect(page.getByText(`${CASE} is right`)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('1 of 2').first()).toBeVisible();
  await expect(page.getByRole('button', { name: `Take back ${CASE}` })).toBeVisible();
});
