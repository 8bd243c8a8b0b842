import { desk } from '../desk.svelte';
import { keyOf } from './directory.svelte';

/** When the driver is expected at a stop, in ms; it changes as the desk hears of it. */
export function expected(labId: string, stopId: string | undefined): number | undefined {
  void desk.beat;
  return stopId === undefined ? undefined : desk.stops.get(keyOf(labId, stopId))?.eta;
}
