import { ask } from '../../api/client';

/** Whether the server's clock was set by hand, as for a demonstration: then a phone's own is not what is wrong. */
export async function serverClock(): Promise<boolean> {
  try {
    const { clock } = await ask<{ clock: { set?: boolean; rate?: number } }>('/readyz');
    return clock.set === true || (clock.rate ?? 1) !== 1;
  } catch {
    return false;
  }
}
