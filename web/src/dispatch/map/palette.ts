/** The design's colours as a canvas takes them, for the theme that is seen now. */
export type Palette = Record<Colour, string>;

const COLOURS = [
  'ground',
  'surface',
  'line',
  'line-strong',
  'ink',
  'ink-soft',
  'ink-faint',
  'accent',
  'accent-ink',
  'accent-soft',
  'accent-strong',
  'late',
  'late-soft',
  'risk',
  'risk-soft',
  'good',
  'rush',
  'rush-soft',
  'map-land',
  'map-grid',
] as const;
type Colour = (typeof COLOURS)[number];

/** Tokens are `light-dark(…)`: the browser says what they are where `element` stands. */
export function palette(element: HTMLElement): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  element.append(probe);
  const found = {} as Palette;
  for (const name of COLOURS) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

/** Calls when the theme that is seen changes, by choice or by the system. */
export function onTheme(changed: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', changed);
  const chosen = new MutationObserver(changed);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    dark.removeEventListener('change', changed);
    chosen.disconnect();
  };
}
