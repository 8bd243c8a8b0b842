import { placeHref, readPlace, type PlaceName } from './places';

export { placeHref, readPlace } from './places';

class Where {
  now = $state.raw(readPlace(location.hash, location.search));

  constructor() {
    addEventListener('hashchange', () => (this.now = readPlace(location.hash, location.search)));
  }

  go(name: PlaceName, ...rest: string[]): void {
    location.hash = placeHref(name, ...rest);
  }
}

/** Where this page is. */
export const where = new Where();
