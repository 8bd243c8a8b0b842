import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';

import type * as MapLibre from 'maplibre-gl';
import { FONT } from './sprites';

export type Engine = typeof MapLibre;

let loading: Promise<Engine> | undefined;

/**
 * The map library, loaded when the first map is drawn: lists and lanes do not wait for it. Its worker is a file of ours, as the page's
 * policy allows no other.
 */
export function engine(): Promise<Engine> {
  loading ??= Promise.all([import('maplibre-gl'), fonts()]).then(
    ([library]) => {
      library.setWorkerUrl(new URL(workerUrl, location.href).href);
      return library;
    },
    (error: unknown) => {
      // Without a network just now: the next map asks again.
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

/** Texts on the map are drawn once and kept: the page's own letters must be there by then. */
async function fonts(): Promise<void> {
  await document.fonts.load(`600 11px ${FONT}`).catch(() => undefined);
}
