import type { Component } from 'svelte';
import type { PlaceName } from './places';

type Load = () => Promise<{ default: Component }>;

// A part is loaded when it is gone to: the desk comes first.
const found = import.meta.glob<{ default: Component }>([
  './boards/{Deliveries,Pickups,Clinics,Drivers,Plan,RunSheet}.svelte',
  './replay/Replay.svelte',
  './wall/Wall.svelte',
  './map/MapPane.svelte',
  './search/Search.svelte',
]);

const FILES: Partial<Record<PlaceName, string>> = {
  deliveries: './boards/Deliveries.svelte',
  pickups: './boards/Pickups.svelte',
  clinics: './boards/Clinics.svelte',
  drivers: './boards/Drivers.svelte',
  plan: './boards/Plan.svelte',
  runsheet: './boards/RunSheet.svelte',
  replay: './replay/Replay.svelte',
  wall: './wall/Wall.svelte',
};

/** How the part of a place is loaded; none for the desk. */
export function part(name: PlaceName): Load | undefined {
  return found[FILES[name] ?? ''];
}

/** The map of the desk, and the search of the strip. */
export const mapPane: Load | undefined = found['./map/MapPane.svelte'];
export const search: Load | undefined = found['./search/Search.svelte'];
