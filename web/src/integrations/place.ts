import { type Hash, placeOf, read as readHash } from '../hash';

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
}

const PATHS: Record<string, Page | 'story'> = {
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

/** What the parts of an address mean: `events`, `12`. */
export function placeIn({ path: [first = '', item] }: Pick<Hash, 'path'>): Place {
  return { page: PATHS[first], item };
}

/** What a hash means: `#/events/12?type=…`. */
export function read(hash: string): Place & { query: URLSearchParams } {
  const found = readHash(hash);
  return { ...placeIn(found), query: found.query };
}

/** The hash of a page, of one thing there, filtered by what is not empty. */
export function link(
  page: Page | 'story',
  item?: string | number,
  query: Record<string, string> = {},
): string {
  const path = Object.keys(PATHS).find((key) => PATHS[key] === page) ?? '';
  return placeOf([path, ...(item === undefined ? [] : [String(item)])].filter(Boolean), query);
}
