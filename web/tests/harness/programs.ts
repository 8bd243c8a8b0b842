import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The system's own browser: nothing is downloaded for tests. */
export const chromium =
  process.env['CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync) ??
  '/usr/bin/chromium';

/** The program under test. */
export const program = resolve(
  process.env['PONTIC_BIN'] ?? join(import.meta.dirname, '../../../target/debug/pontic'),
);

/** Before all tests: says once how to get what is missing. */
export default function ready(): void {
  if (!existsSync(chromium)) {
    throw new Error(
      `${chromium} is missing: \`apt-get install chromium\`, or name a browser's program in CHROMIUM`,
    );
  }
  if (!existsSync(program)) {
    throw new Error(
      `${program} is missing: \`cargo build -p pontic-server\`, or name the program in PONTIC_BIN`,
    );
  }
}
