/** The pages of this screen, in the order of the list at its side. */
export const PAGES = [
  'overview',
  'events',
  'quarantine',
  'letters',
  'endpoints',
  'subscriptions',
  'tokens',
  'notices',
] as const;
export type Page = (typeof PAGES)[number];

/** Where in this screen somebody is. */
export interface Place {
  page: Page | 'story' | undefined;
  /** What of the page: a number of the log, an id. */
  item: string | undefined;
  query: URLSearchParams;
}

const PATHS: Record<string, Place['page']> = {
  '': 'overview',
  events: 'events',
  stories: 'story',
  quarantine: 'quarantine',
  'dead-letters': 'letters',
  endpoints: 'endpoints',
  subscriptions: 'subscriptions',
  tokens: 'tokens',
  notices: 'notices',
};

/** What a hash means: `#/events/12?type=…`. */
export function read(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const [first = '', ...rest] = path.split('/');
  const item = rest.length > 0 && rest[0] !== '' ? decoded(rest.join('/')) : undefined;
  return { page: PATHS[first], item, query: new URLSearchParams(query) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The hash of a page, of one thing there, filtered by what is not empty. */
export function link(
  page: Page | 'story',
  item?: string | number,
  query: Record<string, string> = {},
): string {
  const path = Object.keys(PATHS).find((key) => PATHS[key] === page) ?? '';
  const filled = Object.entries(query).filter(([, value]) => value !== '');
  const asked = filled.length > 0 ? `?${new URLSearchParams(filled).toString()}` : '';
  return `#/${path}${item === undefined ? '' : `/${encodeURIComponent(item)}`}${asked}`;
}
