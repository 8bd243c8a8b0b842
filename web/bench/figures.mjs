// What the figures are made of.

export function percentile(values, part) {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export function told(values, digits = 1) {
  const at = (part) => percentile(values, part).toFixed(digits);
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, most ${at(1)}`;
}

/**
 * Main-thread time of each frame, from a trace: the time of all tasks of the page's main thread from one frame's beginning to the next
 * one's. `wall` counts as the clock does, `cpu` what the thread really ran: on a machine whose cores are busy drawing in software, a task
 * also waits. Frames in which nothing was done count too.
 */
export function frames(events) {
  const main = mainThread(events);
  const own = events.filter((event) => event.pid === main.pid && event.tid === main.tid);
  const begins = own
    .filter((event) => event.name === 'BeginMainThreadFrame')
    .map((event) => event.ts)
    .sort((a, b) => a - b);
  const tasks = own
    .filter((event) => event.name === 'RunTask' && event.ph === 'X')
    .sort((a, b) => a.ts - b.ts);
  const wall = [];
  const cpu = [];
  let task = 0;
  for (let index = 0; index + 1 < begins.length; index += 1) {
    let [ofWall, ofCpu] = [0, 0];
    // A frame begins inside the task that draws it: that task is its first.
    while (task < tasks.length && tasks[task].ts < begins[index + 1]) {
      const next = tasks[task];
      if (next.ts + next.dur > begins[index + 1] && next.ts > begins[index]) break;
      ofWall += next.dur / 1_000;
      ofCpu += (next.tdur ?? next.dur) / 1_000;
      task += 1;
    }
    wall.push(ofWall);
    cpu.push(ofCpu);
  }
  return { wall, cpu, tasks: tasks.map((one) => one.dur / 1_000) };
}

/** A screen shows a frame so often, in microseconds. */
const REFRESH_US = 1_000_000 / 60;

/**
 * Main-thread time in each refresh of a screen of 60 Hz, in milliseconds of processor time: what a frame costs where the graphics card keeps up.
 * A task that is longer than a refresh fills several of them. Refreshes in which nothing was done count too.
 */
export function refreshes(events) {
  const main = mainThread(events);
  const tasks = events.filter(
    (event) =>
      event.pid === main.pid && event.tid === main.tid && event.name === 'RunTask' && event.ph === 'X',
  );
  if (tasks.length === 0) return [];
  const from = Math.min(...tasks.map((task) => task.ts));
  const to = Math.max(...tasks.map((task) => task.ts + task.dur));
  const found = new Array(Math.ceil((to - from) / REFRESH_US)).fill(0);
  for (const task of tasks) {
    // Processor time, from when the task began: waiting for a core is the machine's matter.
    const began = task.ts - from;
    const ended = began + (task.tdur ?? task.dur);
    for (let index = Math.floor(began / REFRESH_US); index < found.length; index += 1) {
      const [opens, closes] = [index * REFRESH_US, (index + 1) * REFRESH_US];
      if (opens >= ended) break;
      found[index] += (Math.min(ended, closes) - Math.max(began, opens)) / 1_000;
    }
  }
  return found;
}

/** The thread of the page: the renderer's main thread on which most frames begin. */
function mainThread(events) {
  const count = new Map();
  for (const { name, pid, tid } of events)
    if (name === 'BeginMainThreadFrame') {
      const key = `${pid}/${tid}`;
      count.set(key, (count.get(key) ?? 0) + 1);
    }
  const [best] = [...count].sort((a, b) => b[1] - a[1]);
  if (!best) throw new Error('no frame was drawn');
  const [pid, tid] = best[0].split('/').map(Number);
  return { pid, tid };
}
