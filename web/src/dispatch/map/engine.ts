import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';

import type * as MapLibre from 'maplibre-gl';

export type Engine = typeof MapLibre;

let loading: Promise<Engine> | undefined;

/**
 * The map library, loaded when the first map is drawn: lists and lanes do not wait for it. Its worker is a file of ours, as the page's
 * policy allows no other.
 */
export function engine(): Promise<Engine> {
  loading ??= import('maplibre-gl').then(
    (library) => {
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
