import { ask } from '../../api/client';

const KEY = 'pontic.drive.clock-set';

/** Whether the server's clock was set by hand, as for a demonstration: then a phone's own is not what is wrong. */
export async function serverClock(): Promise<boolean> {
  try {
    const { clock } = await ask<{ clock: { set?: boolean; rate?: number } }>('/readyz');
    const isSet = clock.set === true || (clock.rate ?? 1) !== 1;
    localStorage.setItem(KEY, String(isSet));
    return isSet;
  } catch {
    // As it was when the server was there.
    return localStorage.getItem(KEY) === 'true';
  }
}
