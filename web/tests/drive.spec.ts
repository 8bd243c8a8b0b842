import { readFileSync } from 'node:fs';
import { prepareZXingModule, writeBarcode } from 'zxing-wasm/writer';
import {
  accessible,
  CANARY,
  city as makeCity,
  expect,
  LONG_NAME,
  placeOf,
  test,
  type City,
  type Json,
  type Line,
  type Page,
} from './harness';

// A driver's day against the real server: with a network, without one, and with one that comes back.

const PHONE =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36';

test.use({
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
  userAgent: PHONE,
  permissions: ['geolocation', 'camera'],
  geolocation: { latitude: 52.5301, longitude: 13.3847, accuracy: 8 },
});

/** Only the built pages have a service worker. */
const isBuilt = process.env['PONTIC_PAGES'] !== 'vite';

async function invited(page: Page, city: City, origin: string): Promise<void> {
  const { path } = await city.desk.post('/v1/drivers/D1/invites', {});
  await page.goto(origin + path);
  await expect(page.getByText('Stop 1 of 3')).toBeVisible();
}

const big = (page: Page) => page.locator('.big').last();
const heading = (page: Page) => page.getByRole('heading', { level: 1 });

function stopOf(city: City, clinic: string): string {
  return city.routes.D1.stops.find((stop: Json) => stop.clinicId === clinic).id;
}

const stopNow = (city: City, clinic: string): Promise<Json> =>
  city.desk.get(`/v1/stops/${stopOf(city, clinic)}`);

/** Types what a label says. */
async function type(page: Page, ...labels: string[]): Promise<void> {
  await page.getByRole('button', { name: 'Type the number' }).click();
  for (const label of labels) {
    await page.getByLabel('Case number').fill(label);
    await page.getByRole('button', { name: 'Take it' }).click();
  }
}

async function sign(page: Page): Promise<void> {
  const box = await page.locator('canvas').boundingBox();
  if (!box) throw new Error('no field to sign in');
  await page.mouse.move(box.x + 40, box.y + 60);
  await page.mouse.down();
  for (let step = 1; step <= 20; step += 1)
    await page.mouse.move(box.x + 40 + step * 9, box.y + 60 + 25 * Math.sin(step / 2));
  await page.mouse.up();
  await expect(page.getByText('Signed')).toBeVisible();
}

/** From the first stop's screen to its proof: K-101, which wants a signature, and K-102. */
async function toProof(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'I am here' }).click();
  await page.getByRole('button', { name: 'Scan', exact: true }).click();
  await type(page, 'K-101', 'https://lab.example/cases/k-102');
  await expect(page.getByText('2 of 2').first()).toBeVisible();
  await page.getByRole('button', { name: 'Go on' }).click();
}

async function cutOff(page: Page, line: Line): Promise<void> {
  line.cut();
  await page.evaluate(() => dispatchEvent(new Event('offline')));
}

async function reconnect(page: Page, line: Line): Promise<void> {
  line.mend();
  await page.evaluate(() => dispatchEvent(new Event('online')));
}

test('a stop from the invite to the proof, which the desk has in the end', async ({ page, city, line }) => {
  await invited(page, city, line.origin);
  // The code is not kept where others find it.
  expect(page.url()).not.toContain('invite');
  await expect(heading(page)).toHaveText('Zahnarztpraxis Dr. Sommer');
  await expect(page.getByText('Deliver 2', { exact: true })).toBeVisible();
  await expect(page.getByText('Needed here: signature and receiver’s name')).toBeVisible();
  const way = await page.getByRole('link', { name: 'Navigate' }).getAttribute('href');
  expect(way).toMatch(/^geo:52\.5352,13\.3791/);
  // At the door the button is armed.
  const { lat, lng } = placeOf('C1');
  await page.context().setGeolocation({ latitude: lat, longitude: lng, accuracy: 6 });
  await expect(big(page)).toHaveText('I am here');

  await toProof(page);
  await expect(big(page)).toBeDisabled();
  await page.getByRole('button', { name: 'Frau Weber' }).click();
  await sign(page);
  await big(page).click();
  await expect(heading(page)).toHaveText(LONG_NAME);
  await expect(page.getByText('RUSH')).toBeVisible();

  await expect.poll(async () => (await stopNow(city, 'C1')).status).toBe('done');
  const stop = await stopNow(city, 'C1');
  expect(stop.proof.signatureId).toBeTruthy();
  const shown = await city.desk.get(`/v1/deliveries/${city.deliveries['C1']}`);
  expect(shown.status).toBe('delivered');
});

test('an invite is sent once, and an answer to what was asked before it does not log out', async ({
  page,
  city,
  line,
}) => {
  let logins = 0;
  page.on('request', (one) => {
    if (one.method() === 'POST' && one.url().endsWith('/login')) logins += 1;
  });
  // What was asked without a session is answered after the login only.
  let first = true;
  await page.route('**/v1/drive', async (route) => {
    if (!first) return route.continue();
    first = false;
    const answer = await route.fetch();
    await expect.poll(() => logins).toBe(1);
    await page.waitForTimeout(1_000);
    return route.fulfill({ response: answer });
  });
  await page.route('**/login', async (route) => {
    if (route.request().method() === 'POST') await page.waitForTimeout(500);
    return route.continue();
  });
  await invited(page, city, line.origin);
  expect(first).toBe(false);
  expect(logins).toBe(1);
  await expect(page.getByText('Your session has ended.', { exact: false })).toHaveCount(0);
});

test('what one driver did is not told in the session of another, and told when that one is back', async ({
  page,
  city,
  line,
}) => {
  await invited(page, city, line.origin);
  await city.desk.ask('DELETE', '/v1/drivers/D1/sessions');
  await page.getByRole('button', { name: 'I am here' }).click();
  await page.getByRole('button', { name: 'Log in' }).click();
  const told: string[] = [];
  page.on('request', (one) => {
    if (one.url().endsWith('/arrive')) told.push(one.url());
  });
  const logIn = async (token: string) => {
    await page.getByLabel('Invite code or token').fill(token);
    await page.locator('.big').first().click();
  };
  await logIn(city.drivers.D2.token);
  await expect(page.getByText('1 entry of another driver', { exact: false })).toBeVisible();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.waitForTimeout(1_000);
  expect(told).toEqual([]);
  expect((await stopNow(city, 'C1')).status).toBe('planned');
  await page.goto(`${line.origin}/drive#login`);
  await page.reload();
  await logIn(city.drivers.D1.token);
  await expect.poll(async () => (await stopNow(city, 'C1')).status).toBe('arrived');
});

test('after a stop the back button shows the next one, not the page of the one before', async ({
  page,
  city,
  line,
}) => {
  await invited(page, city, line.origin);
  await toProof(page);
  await page.getByRole('button', { name: 'Frau Weber' }).click();
  await sign(page);
  await big(page).click();
  await expect(heading(page)).toHaveText(LONG_NAME);
  await page.goBack();
  await expect(heading(page)).toHaveText(LONG_NAME);
  await expect(page.getByRole('button', { name: 'I am here' })).toBeVisible();
  expect(new URL(page.url()).hash).toBe('');
  expect((await stopNow(city, 'C2')).status).toBe('planned');
});

/** The page's camera sees these labels, one after the other. */
async function showLabels(
  page: Page,
  labels: [format: 'Code128' | 'DataMatrix', text: string][],
): Promise<void> {
  const wasm = readFileSync('node_modules/zxing-wasm/dist/writer/zxing_writer.wasm');
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } });
  const pictures: string[] = [];
  for (const [format, text] of labels) {
    const { image, error } = await writeBarcode(text, { format, scale: 5 });
    if (!image) throw new Error(error);
    pictures.push(Buffer.from(await image.arrayBuffer()).toString('base64'));
  }
  await page.addInitScript((sources: string[]) => {
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [1_280, 720];
      const context = canvas.getContext('2d');
      const labels = await Promise.all(
        sources.map(async (source) => {
          const label = new Image();
          label.src = `data:image/png;base64,${source}`;
          await label.decode();
          return label;
        }),
      );
      let frame = 0;
      setInterval(() => {
        const label = labels[Math.floor(frame++ / 20) % labels.length];
        if (!context || !label) return;
        context.fillStyle = '#fff';
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.drawImage(label, 200, 150);
      }, 50);
      return canvas.captureStream(20);
    };
  }, pictures);
}

test('the camera reads labels, and those of other stops say so', async ({ page, city, line }) => {
  await showLabels(page, [
    ['Code128', 'K-101'],
    ['DataMatrix', 'https://lab.example/?case=K-301'],
    ['Code128', 'K-102'],
  ]);
  await invited(page, city, line.origin);
  await page.getByRole('button', { name: 'I am here' }).click();
  await big(page).click();
  await expect(page.getByText('K-101 is right')).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText('Not for here: stop 3, Praxis <b>Nord</b> & Söhne')).toBeVisible();
  await expect(big(page)).toHaveText('Go on');
  // Nothing is left to be scanned: the camera is off.
  await expect(page.locator('video')).toHaveCount(0);
});

test('a case of another clinic says whose it is, and no patient’s name is anywhere', async ({
  page,
  city,
  line,
}) => {
  await page.addInitScript(() => {
    const felt: unknown[] = [];
    Object.assign(globalThis, { felt });
    navigator.vibrate = (pattern) => felt.push(pattern) > 0;
  });
  await invited(page, city, line.origin);
  await page.getByRole('button', { name: 'I am here' }).click();
  await big(page).click();
  await type(page, 'K-201');
  await expect(page.getByRole('status').getByText(`Not for here: stop 2, ${LONG_NAME}`)).toBeVisible();
  await page.getByLabel('Case number').fill('K-999');
  await page.getByRole('button', { name: 'Take it' }).click();
  await expect(page.getByText('Not one of your cases today. Ask the lab.')).toBeVisible();
  await page.getByLabel('Case number').fill('K-101');
  await page.getByRole('button', { name: 'Take it' }).click();
  await expect(page.getByText('K-101 is right')).toBeVisible();
  const felt = await page.evaluate(() => (globalThis as unknown as { felt: number[] }).felt);
  const [wrong = 0, unknown = 0, right = 0] = felt;
  expect(Math.min(wrong, unknown)).toBeGreaterThan(5 * right);

  // What is missing has a reason in two taps.
  await page.getByRole('button', { name: 'Say why K-102 is not there' }).click();
  await page.getByRole('button', { name: 'Missing', exact: true }).click();
  await expect(big(page)).toHaveText('Go on');

  const kept = await page.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name ?? '');
    const all: unknown[] = [{ ...localStorage }];
    for (const name of names) {
      const db = await new Promise<IDBDatabase>((done) => {
        const asked = indexedDB.open(name);
        asked.onsuccess = () => done(asked.result);
      });
      for (const store of db.objectStoreNames) {
        const asked = db.transaction(store).objectStore(store).getAll();
        all.push(await new Promise((done) => (asked.onsuccess = () => done(asked.result))));
      }
      db.close();
    }
    return JSON.stringify(all) + document.documentElement.outerHTML;
  });
  expect(kept).toContain('K-201');
  expect(kept).not.toContain(CANARY);
});

test('without a network everything works, outlives a reload, and arrives in order with its true times', async ({
  page,
  city,
  line,
}) => {
  await invited(page, city, line.origin);
  if (isBuilt) await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await cutOff(page, line);
  const before = city.server.now().getTime();
  await toProof(page);
  await page.getByLabel('Another name').fill('Dr. Sommer');
  await sign(page);
  await big(page).click();
  await expect(heading(page)).toHaveText(LONG_NAME);
  const after = city.server.now().getTime();
  await expect(page.getByRole('button', { name: '3 to send' })).toBeVisible();
  expect((await stopNow(city, 'C1')).status).toBe('planned');

  if (isBuilt) {
    await page.reload();
    await expect(heading(page)).toHaveText(LONG_NAME);
    await expect(page.getByRole('button', { name: '3 to send' })).toBeVisible();
  }
  await page.getByRole('button', { name: '3 to send' }).click();
  await expect(page.getByRole('listitem')).toHaveText([/Arrived/, /Signature/, /Stop done/]);
  await page.getByRole('button', { name: 'Back' }).click();

  await reconnect(page, line);
  await expect(page.getByRole('button', { name: /to send/ })).toBeHidden();
  const stop = await stopNow(city, 'C1');
  expect(stop.status).toBe('done');
  for (const at of [stop.arrivedAt, stop.closedAt]) {
    expect(Date.parse(at)).toBeGreaterThan(before - 2_000);
    expect(Date.parse(at)).toBeLessThan(after + 2_000);
  }
  expect(Date.parse(stop.arrivedAt)).toBeLessThanOrEqual(Date.parse(stop.closedAt));
});

test('what the server refuses is told, kept until the driver decides, and holds up nothing', async ({
  page,
  city,
  line,
}) => {
  await invited(page, city, line.origin);
  await cutOff(page, line);
  await page.getByRole('button', { name: 'Problem' }).click();
  await page.getByRole('button', { name: 'Closed', exact: true }).click();
  await page.getByRole('button', { name: 'Close as failed' }).click();
  await expect(heading(page)).toHaveText(LONG_NAME);
  await page.getByRole('button', { name: 'I am here' }).click();
  await expect(page.getByRole('button', { name: '2 to send' })).toBeVisible();
  // Meanwhile the desk took the first stop off.
  await city.desk.post(`/v1/stops/${stopOf(city, 'C1')}/skip`, { reason: 'by the desk' });
  await reconnect(page, line);

  await page.getByRole('button', { name: '1 was refused' }).click();
  await expect(page.getByText('Somebody else closed this stop already.')).toBeVisible();
  await accessible(page);
  expect((await stopNow(city, 'C2')).status).toBe('arrived');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('Somebody else closed this stop already.')).toBeVisible();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove for good?' }).click();
  await expect(page.getByText('Everything is with the server.')).toBeVisible();
});

test('a session that ended keeps what waits, and sends it after the login', async ({ page, city, line }) => {
  await invited(page, city, line.origin);
  await city.desk.ask('DELETE', '/v1/drivers/D1/sessions');
  await page.getByRole('button', { name: 'I am here' }).click();
  await expect(page.getByText('Your session has ended.', { exact: false })).toBeVisible();
  await expect(page.getByRole('button', { name: '1 to send' })).toBeVisible();
  expect((await stopNow(city, 'C1')).status).toBe('planned');
  await page.getByRole('button', { name: 'Log in' }).click();
  await accessible(page);
  await page.getByLabel('Invite code or token').fill(city.drivers.D1.token);
  await page.locator('.big').first().click();
  await expect.poll(async () => (await stopNow(city, 'C1')).status).toBe('arrived');
  await expect(page.getByRole('button', { name: '1 to send' })).toBeHidden();
});

test('positions go while on duty, not on a break, and those of a dead spot come later in their order', async ({
  page,
  city,
  line,
}) => {
  const points = async (): Promise<Json[]> =>
    (await city.desk.get(`/v1/drivers/D1/positions?labId=${city.lab}`)).items;
  const go = (metres: number) =>
    page.context().setGeolocation({ latitude: 52.5301 + metres / 111_195, longitude: 13.3847, accuracy: 8 });
  await invited(page, city, line.origin);
  await expect.poll(async () => (await points()).length).toBe(1);
  await cutOff(page, line);
  for (const metres of [200, 400, 600]) {
    await go(metres);
    await page.waitForTimeout(300);
  }
  await page.getByRole('button', { name: 'Menu' }).click();
  await expect(page.getByText('Position is kept until there is a network.')).toBeVisible();
  expect(await points()).toHaveLength(1);
  await reconnect(page, line);
  await expect.poll(async () => (await points()).length).toBe(4);
  const north = (await points()).map(({ coordinates }) => Math.round((coordinates.lat - 52.5301) * 111_195));
  expect(north).toEqual([0, 200, 400, 600]);

  await page.getByRole('button', { name: 'Take a break' }).click();
  await expect(page.getByText('On a break: your position is not sent.')).toBeVisible();
  await expect
    .poll(async () => (await city.desk.get(`/v1/drivers/D1?labId=${city.lab}`)).presence)
    .toBe('break');
  await go(5_000);
  await page.waitForTimeout(1_000);
  expect(await points()).toHaveLength(4);
});

test('a photo of 12 MB is small when it is sent, and says nothing of the phone', async ({
  page,
  city,
  line,
}) => {
  await invited(page, city, line.origin);
  await toProof(page);
  // A large picture with a block as phones write it: where, when, with what.
  const size = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(4_000, 3_000);
    const context = canvas.getContext('2d');
    const noise = context?.createImageData(4_000, 3_000);
    if (!context || !noise) throw new Error('no canvas');
    for (let from = 0; from < noise.data.length; from += 65_536)
      crypto.getRandomValues(noise.data.subarray(from, from + 65_536));
    for (let at = 3; at < noise.data.length; at += 4) noise.data[at] = 255;
    context.putImageData(noise, 0, 0);
    const drawn = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
    const exif = new TextEncoder().encode('Exif\0\0SECRET-PLACE');
    const block = new Uint8Array([0xff, 0xe1, 0, exif.length + 2, ...exif]);
    const photo = new File([drawn.slice(0, 2), block, drawn.slice(2)], 'p.jpg', { type: 'image/jpeg' });
    const given = new DataTransfer();
    given.items.add(photo);
    const input = document.querySelector<HTMLInputElement>('input[type=file]');
    if (!input) throw new Error('nowhere to put it');
    input.files = given.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
    return photo.size;
  });
  expect(size).toBeGreaterThan(12_000_000);
  await expect(page.getByRole('img', { name: 'Photo 1' })).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Herr Ott' }).click();
  await sign(page);
  await big(page).click();
  await expect.poll(async () => (await stopNow(city, 'C1')).status).toBe('done');
  const { proof } = await stopNow(city, 'C1');
  const answer = await city.desk.response('GET', `/v1/proofs/${proof.photoIds[0]}`);
  const sent = Buffer.from(await answer.arrayBuffer());
  expect(sent.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
  expect(sent.length).toBeLessThan(2_500_000);
  expect(sent.includes('SECRET-PLACE')).toBe(false);
});

test.describe('without a camera', () => {
  test.use({ permissions: ['geolocation'] });

  test('one sentence and two buttons', async ({ page, city, line }) => {
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    });
    await invited(page, city, line.origin);
    await page.getByRole('button', { name: 'I am here' }).click();
    await big(page).click();
    await expect(page.getByText('The camera is not allowed.', { exact: false })).toBeVisible();
    await accessible(page);
    await type(page, 'K-101');
    await expect(page.getByText('K-101 is right')).toBeVisible();
  });
});

test.describe('a phone whose clock is an hour slow', () => {
  test('tells the server’s times, and says so', async ({ page, city, line }) => {
    await page.addInitScript(() => {
      const late = Date;
      globalThis.Date = new Proxy(late, {
        construct: (target, parts: unknown[]) =>
          Reflect.construct(target, parts.length === 0 ? [target.now() - 3_600_000] : parts) as object,
        get: (target, name) =>
          name === 'now' ? () => target.now() - 3_600_000 : (Reflect.get(target, name) as unknown),
      });
      localStorage.setItem('pontic.drive.clock-set', 'false');
    });
    // As a server whose clock nobody set.
    await page.route('**/readyz', (route) => route.abort());
    await invited(page, city, line.origin);
    await expect(page.getByText('This phone’s clock is 60 min slow.', { exact: false })).toBeVisible();
    await page.getByRole('button', { name: 'I am here' }).click();
    await expect.poll(async () => (await stopNow(city, 'C1')).status).toBe('arrived');
    const { arrivedAt } = await stopNow(city, 'C1');
    expect(Math.abs(Date.parse(arrivedAt) - city.server.now().getTime())).toBeLessThan(15_000);
  });
});

test('what the clinic says of the visit stands at its stop', async ({ page, city, line }) => {
  const { trackLink } = await stopNow(city, 'C1');
  const link = new URL(trackLink, city.server.origin);
  for (const answer of [
    { kind: 'closed_until', until: '14:00' },
    { kind: 'more_to_fetch', count: 2 },
  ])
    await page.context().request.post(`${link.href}/answers`, { data: answer });
  await invited(page, city, line.origin);
  await expect(page.getByText('The clinic says: closed until 14:00')).toBeVisible();
  await expect(page.getByText('The clinic says: 2 more to fetch')).toBeVisible();
  await accessible(page);
});

test('at the end of the day what is in the van is explained, and the desk is told', async ({
  page,
  server,
  line,
}) => {
  const city = await makeCity(server, false);
  await invited(page, city, line.origin);
  await page.getByRole('button', { name: 'Start route' }).click();
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: 'End of the day' }).click();
  await expect(page.getByText('3 stops are still open', { exact: false })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Finish route' })).toBeDisabled();
  await page.getByLabel('K-101').selectOption('Not found');
  await page.getByRole('button', { name: 'All back to the lab' }).click();
  await accessible(page);
  await page.getByRole('button', { name: 'Finish route' }).click();
  await expect(page.getByText('Your day is done. Thank you.')).toBeVisible();
  const route = () => city.desk.get(`/v1/routes/${city.routes.D1.id}?labId=${city.lab}`);
  await expect.poll(async () => (await route()).status).toBe('finished');
  const { left } = await route();
  expect(left).toHaveLength(4);
  expect(left).toContainEqual({ id: 'K-101', reason: 'lost' });
  await expect
    .poll(async () => (await city.desk.get(`/v1/drivers/D1?labId=${city.lab}`)).presence)
    .toBe('off_duty');
});

for (const [name, width, height] of [
  ['usual', 390, 844],
  ['small', 320, 568],
] as const) {
  test(`nothing is cut off on a ${name} phone, and everything is large enough for gloves`, async ({
    page,
    city,
    line,
  }) => {
    await page.setViewportSize({ width, height });
    await invited(page, city, line.origin);
    const check = async () => {
      const found = await page.evaluate(() => {
        const small: string[] = [];
        for (const one of document.querySelectorAll('.phone :is(button, select, .call)')) {
          const { width, height, right } = one.getBoundingClientRect();
          const isHeard = width <= 2;
          if (!isHeard && (height < 55 || right > innerWidth))
            small.push(`${one.textContent} ${height} ${right}`);
        }
        return { small, wide: document.documentElement.scrollWidth - innerWidth };
      });
      expect(found).toEqual({ small: [], wide: 0 });
    };
    await check();
    await accessible(page);
    if (name === 'usual') {
      // The main flow needs no scrolling.
      const hidden = await page.locator('.facts').evaluate((one) => one.scrollHeight - one.clientHeight);
      expect(hidden).toBe(0);
    }
    await cutOff(page, line);
    await toProof(page);
    await check();
    await accessible(page);
    await page.getByRole('button', { name: 'Back' }).click();
    await check();
    await page.goto(`${line.origin}/drive#list`);
    await check();
    await page.goto(`${line.origin}/drive#menu`);
    await check();
    await page.goto(`${line.origin}/drive#problem`);
    await check();
    await page.goto(`${line.origin}/drive#queue`);
    await check();
  });
}
