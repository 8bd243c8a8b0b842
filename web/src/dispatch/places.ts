/** The places of the dispatcher's page: one page, told apart by the part of the address after `#`. */
export type PlaceName =
  'desk' | 'deliveries' | 'pickups' | 'clinics' | 'drivers' | 'plan' | 'runsheet' | 'replay' | 'wall';

const NAMES: readonly PlaceName[] = [
  'desk',
  'deliveries',
  'pickups',
  'clinics',
  'drivers',
  'plan',
  'runsheet',
  'replay',
  'wall',
];

export interface Place {
  name: PlaceName;
  /** What follows in the address, for instance a clinic's id. */
  rest: string[];
}

/** `#/clinics/CLI-001` is the clinics with `['CLI-001']`; an unknown place is the desk. What follows `?` is a place's own: its filters. */
export function readPlace(hash: string, search = ''): Place {
  const [path = ''] = hash.replace(/^#\/?/, '').split('?');
  const [first = '', ...rest] = path.split('/').map(decoded);
  const name = NAMES.find((known) => known === first);
  if (!name && new URLSearchParams(search).get('wall') === '1') return { name: 'wall', rest: [] };
  return { name: name ?? 'desk', rest: name ? rest : [] };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Somebody typed a `%`.
    return text;
  }
}

/** The address of a place with filters. */
export function placeWith(name: PlaceName, rest: string[], filters: Record<string, string>): string {
  return `${placeHref(name, ...rest)}?${new URLSearchParams(filters).toString()}`;
}

/** The address of a place. */
export function placeHref(name: PlaceName, ...rest: string[]): string {
  return `#/${[...(name === 'desk' ? [] : [name]), ...rest].map(encodeURIComponent).join('/')}`;
}
