import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { ask, Problem } from '../../api/client';
import type { Palette } from './palette';

/** Where tiles come from, as the server is configured. */
export interface Tiles {
  url: string;
  kind: 'raster' | 'vector';
  attribution?: string;
  maxZoom?: number;
}

let asked: Promise<Tiles | undefined> | undefined;

/** The configured tiles; absent: the plain ground. */
export function tiles(): Promise<Tiles | undefined> {
  asked ??= ask<{ tiles: Tiles | null }>('/v1/map').then(
    (answer) => answer.tiles ?? undefined,
    (error: unknown) => {
      if (!(error instanceof Problem && error.status === 404)) asked = undefined;
      return undefined;
    },
  );
  return asked;
}

/** The map's style: land in our colour, and the tiles on it where there are some. */
export function styleOf(colours: Palette, from: Tiles | undefined): StyleSpecification {
  const land: LayerSpecification = {
    id: 'land',
    type: 'background',
    paint: { 'background-color': colours['map-land'] },
  };
  if (!from) return { version: 8, sources: {}, layers: [land] };
  const source = {
    tiles: [from.url],
    maxzoom: from.maxZoom ?? (from.kind === 'vector' ? 14 : 19),
  };
  if (from.kind === 'raster')
    return {
      version: 8,
      sources: { tiles: { type: 'raster', tileSize: 256, ...source } },
      layers: [land, { id: 'tiles', type: 'raster', source: 'tiles', paint: { 'raster-saturation': -0.55 } }],
    };
  return {
    version: 8,
    sources: { tiles: { type: 'vector', ...source } },
    layers: [land, ...ofVector(colours)],
  };
}

/** The usual layers of OpenMapTiles, in our colours. Texts are drawn from the page's own font: no glyphs are fetched. */
function ofVector(colours: Palette): LayerSpecification[] {
  const of = (layer: string) => ({ source: 'tiles', 'source-layer': layer });
  const mix = (percent: number) =>
    `color-mix(in srgb, ${colours['line-strong']} ${percent}%, ${colours['map-land']})`;
  const water = plain(`color-mix(in srgb, ${colours.accent} 18%, ${colours['map-land']})`);
  return [
    {
      id: 'green',
      type: 'fill',
      ...of('landcover'),
      paint: { 'fill-color': colours['map-grid'], 'fill-opacity': 0.5 },
    },
    { id: 'water', type: 'fill', ...of('water'), paint: { 'fill-color': water } },
    { id: 'river', type: 'line', ...of('waterway'), paint: { 'line-color': water } },
    {
      id: 'buildings',
      type: 'fill',
      minzoom: 14,
      ...of('building'),
      paint: { 'fill-color': plain(mix(12)) },
    },
    {
      id: 'roads',
      type: 'line',
      ...of('transportation'),
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': plain(mix(38)),
        'line-width': [
          'interpolate',
          ['exponential', 1.5],
          ['zoom'],
          8,
          ['match', ['get', 'class'], ['motorway', 'trunk'], 1.2, ['primary'], 0.8, 0.2],
          16,
          ['match', ['get', 'class'], ['motorway', 'trunk'], 12, ['primary', 'secondary'], 9, 5],
        ],
      },
    },
    {
      id: 'places',
      type: 'symbol',
      ...of('place'),
      layout: { 'text-field': ['get', 'name'], 'text-font': ['Inter Variable'], 'text-size': 12 },
      paint: {
        'text-color': colours['ink-faint'],
        'text-halo-color': colours['map-land'],
        'text-halo-width': 1.2,
      },
    },
  ];
}

/** MapLibre knows no `color-mix`: the browser's canvas does, and gives the plain colour back. */
function plain(colour: string): string {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  if (!context) return colour;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = context.getImageData(0, 0, 1, 1).data;
  return `rgb(${r} ${g} ${b})`;
}
