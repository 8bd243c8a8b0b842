import { type Place, read } from './place';

class Here {
  place = $state.raw<Place>(read(globalThis.location?.hash ?? ''));

  /** Follows the address; gives how to stop. */
  follow(): () => void {
    const look = () => (this.place = read(location.hash));
    addEventListener('hashchange', look);
    return () => removeEventListener('hashchange', look);
  }
}

export const here = new Here();

export function go(hash: string): void {
  location.hash = hash;
}
