const HOUR = 3_600_000;

/** When a civil date begins and ends in a zone, in ms since 1970; days of 23 and 25 hours are that long. */
export function dayBounds(date: string, timeZone: string | undefined): { from: number; to: number } {
  return { from: midnight(date, timeZone), to: midnight(nextDate(date), timeZone) };
}

/** The civil date after one. */
export function nextDate(date: string, days = 1): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + days * 24 * HOUR).toISOString().slice(0, 10);
}

function midnight(date: string, timeZone: string | undefined): number {
  const asUtc = Date.parse(`${date}T00:00:00Z`);
  // Offsets are asked at the guess, and once more there: the second one holds, except where the day begins in a gap.
  let at = asUtc - offsetAt(asUtc, timeZone);
  at = asUtc - offsetAt(at, timeZone);
  return at;
}

/** How far a zone is ahead of UTC at a moment, in ms. */
function offsetAt(at: number, timeZone: string | undefined): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...(timeZone ? { timeZone } : {}),
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return local - Math.floor(at / 1_000) * 1_000;
}
