// The dispatcher's page under 500 drivers: how long its main thread works in each frame, what it weighs, and whether its memory grows.
//   npm run bench -- [--seconds 60] [--minutes 10] [--drivers 500] [--clinics 2000] [--scale 0.25] [--no-build] [--trace FILE]
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { browser } from './browser.mjs';
import { city } from './city.mjs';
import { frames, percentile, refreshes, told } from './figures.mjs';
import { servePages } from './pages.mjs';
import { standIn } from './stand-in.mjs';

const { values: asked } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    minutes: { type: 'string' },
    drivers: { type: 'string', default: '500' },
    clinics: { type: 'string', default: '2000' },
    scale: { type: 'string', default: '1' },
    'no-build': { type: 'boolean', default: false },
    trace: { type: 'string' },
    shot: { type: 'string' },
  },
});

const GOALS = { mainMs: 8, interactiveMs: 1_000, withoutMapKb: 350, withMapKb: 700, grownPercent: 10 };
/** The trace is read in windows: an hour of events fits nowhere. */
const TRACED_MS = 10_000;
const SETTLE_MS = 8_000;

const web = fileURLToPath(new URL('..', import.meta.url));
if (!asked['no-build'])
  execFileSync('npx', ['vite', 'build', '--logLevel', 'warn'], { cwd: web, stdio: 'inherit' });

const town = city({ drivers: Number(asked.drivers), clinics: Number(asked.clinics) });
const server = standIn(town);
const pages = await servePages(`${web}dist`, server.other, server.upgrade);
const chrome = await browser();
const failures = [];
try {
  await measure();
} finally {
  server.stop();
  await chrome.close();
  pages.server.close();
}
if (failures.length > 0) {
  console.log(`not reached: ${failures.join('; ')}`);
  process.exitCode = 1;
}

async function measure() {
  // Fewer device pixels: the page works as it does, and drawing with the processor holds its frames up less.
  const context = await chrome.newContext({
    viewport: { width: 1_440, height: 900 },
    deviceScaleFactor: Number(asked.scale),
  });
  const page = await context.newPage();
  // The browser is open already, and has drawn something: its own start is none of the page's.
  await page.setContent('<canvas></canvas><p>open</p>');
  await page.waitForTimeout(1_000);
  const faults = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !/404/.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.addInitScript(watch);
  await page.goto(pages.origin);
  await page.waitForFunction(() => globalThis.watched.mapAt > 0 && globalThis.watched.isQuiet(), undefined, {
    timeout: 60_000,
  });
  const { listAt, lastLongTask, mapAt, firstPaint } = await page.evaluate(() => ({
    ...globalThis.watched,
    isQuiet: undefined,
  }));
  const interactiveAt = Math.max(listAt, lastLongTask);
  console.log(
    `${asked.drivers} drivers, each once per 3 s; ${asked.clinics} clinics; 1440 x 900 at ${asked.scale}`,
  );
  console.log(
    `first paint ${firstPaint.toFixed(0)} ms, interactive ${interactiveAt.toFixed(0)} ms, map drawn ${mapAt.toFixed(0)} ms`,
  );
  goal('interactive', interactiveAt, GOALS.interactiveMs, 'ms');
  weigh();

  const session = await context.newCDPSession(page);
  await page.waitForTimeout(SETTLE_MS);
  const before = await heap(session);
  const length = asked.minutes ? Number(asked.minutes) * 60_000 : Number(asked.seconds) * 1_000;
  const sentBefore = server.sent();
  const began = performance.now();
  const all = { wall: [], cpu: [], tasks: [] };
  const refreshed = [];
  await page.evaluate(() => globalThis.watched.frames.splice(0));
  let last;
  while (performance.now() - began < length) {
    const left = length - (performance.now() - began);
    last = await trace(session, page, Math.min(TRACED_MS, left));
    const found = frames(last);
    for (const key of Object.keys(all)) all[key].push(...found[key]);
    refreshed.push(...refreshes(last));
    // Of a long run, a window in each minute.
    const rest = Math.min(50_000, length - (performance.now() - began));
    if (asked.minutes && rest > 0) await page.waitForTimeout(rest);
  }
  if (asked.trace) writeFileSync(asked.trace, JSON.stringify(last));
  const seconds = (performance.now() - began) / 1_000;
  const heard = (server.sent() - sentBefore) / seconds;
  const whole = await page.evaluate(() => globalThis.watched.frames);
  const after = await heap(session);

  console.log(`${seconds.toFixed(0)} s, ${heard.toFixed(0)} positions/s, ${all.wall.length} frames traced`);
  console.log(`main thread per frame of 60 Hz, ms:          ${told(refreshed)}`);
  console.log(`the same per frame that was drawn:           ${told(all.cpu)}`);
  console.log(`the same by the clock:                       ${told(all.wall)}`);
  console.log(`whole frame (drawn in software), ms:         ${told(whole)}`);
  console.log(
    `longest task: ${percentile(all.tasks, 1).toFixed(1)} ms; tasks over 50 ms: ${all.tasks.filter((ms) => ms > 50).length}`,
  );
  const grown = ((after - before) / before) * 100;
  console.log(
    `heap after collection: ${mb(before)} at the start, ${mb(after)} at the end (${grown.toFixed(1)} %)`,
  );
  goal('main thread per frame p95', percentile(refreshed, 0.95), GOALS.mainMs, 'ms');
  // The tails fill in the first ten minutes: only a longer run says something about growth.
  if (asked.minutes && Number(asked.minutes) >= 10) goal('heap growth', grown, GOALS.grownPercent, '%');
  if (asked.shot) await page.screenshot({ path: asked.shot });
  if (faults.length > 0) failures.push(`the page reported: ${[...new Set(faults)].slice(0, 3).join(' | ')}`);
  await context.close();
}

function weigh() {
  const kb = (test) =>
    [...pages.sent].filter(([path]) => test(path)).reduce((sum, [, bytes]) => sum + bytes, 0) / 1_024;
  const isLibrary = (path) => path.includes('maplibre');
  const [without, all] = [kb((path) => !isLibrary(path)), kb(() => true)];
  console.log(
    `first load, brotli: ${without.toFixed(0)} KB without the map library, ${all.toFixed(0)} KB with it (${pages.sent.size} files)`,
  );
  goal('first load without the map library', without, GOALS.withoutMapKb, 'KB');
  goal('first load with it', all, GOALS.withMapKb, 'KB');
}

function goal(name, value, most, unit) {
  if (!(value <= most)) failures.push(`${name} ${value.toFixed(1)} ${unit}, goal ${most}`);
}

async function heap(session) {
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize;
}

async function trace(session, page, ms) {
  const events = [];
  const collect = ({ value }) => events.push(...value);
  session.on('Tracing.dataCollected', collect);
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: [
        'devtools.timeline',
        'disabled-by-default-devtools.timeline',
        'devtools.timeline.frame',
        'disabled-by-default-devtools.timeline.frame',
        'toplevel',
      ],
    },
  });
  await page.waitForTimeout(ms);
  const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await done;
  session.off('Tracing.dataCollected', collect);
  return events;
}

function mb(bytes) {
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

/**
 * Runs in the page before anything else. Interactive: a driver stands in the list, and the last task of more than 50 ms before a quiet second is
 * over.
 */
function watch() {
  const watched = { listAt: 0, lastLongTask: 0, mapAt: 0, firstPaint: 0, frames: [] };
  watched.isQuiet = () =>
    watched.listAt > 0 && performance.now() - Math.max(watched.listAt, watched.lastLongTask) > 1_000;
  globalThis.watched = watched;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (entry.name === 'first-contentful-paint') watched.firstPaint = entry.startTime;
  }).observe({ type: 'paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      watched.lastLongTask = Math.max(watched.lastLongTask, startTime + duration);
  }).observe({ type: 'longtask', buffered: true });
  let last = 0;
  function frame(at) {
    if (last > 0) watched.frames.push(at - last);
    last = at;
    if (watched.listAt === 0 && document.body?.textContent.includes('Ada Brandt'))
      watched.listAt = performance.now();
    if (watched.mapAt === 0 && document.querySelector('canvas.map-sheet')) watched.mapAt = performance.now();
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);
}
