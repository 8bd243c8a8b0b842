/** What is on the screen, by the page's hash: the phone's back button goes back. */
export type ViewName = 'stop' | 'list' | 'scan' | 'proof' | 'problem' | 'queue' | 'menu' | 'end' | 'login';

const NAMES: readonly string[] = [
  'stop',
  'list',
  'scan',
  'proof',
  'problem',
  'queue',
  'menu',
  'end',
  'login',
];

function named(hash: string): ViewName {
  const name = hash.replace(/^#\/?/, '');
  return NAMES.includes(name) ? (name as ViewName) : 'stop';
}

class View {
  name = $state<ViewName>(named(globalThis.location?.hash ?? ''));

  /** Follows the hash for as long as the page lives. */
  follow(): () => void {
    const hear = () => (this.name = named(location.hash));
    addEventListener('hashchange', hear);
    return () => removeEventListener('hashchange', hear);
  }

  show(name: ViewName): void {
    if (name === this.name) return;
    location.hash = name === 'stop' ? '' : name;
    this.name = name;
  }

  /** To the stop, without a way back to where one comes from: what was done there is done. */
  home(): void {
    history.replaceState(null, '', `${location.pathname}${location.search}`);
    this.name = 'stop';
  }
}

export const view = new View();

/** The code of an invite in the hash. It is taken out at once: a code in the address would be kept in the history. */
export function takeInvite(): string | undefined {
  const code = /^#invite=(.+)$/.exec(location.hash)?.[1];
  if (code === undefined) return undefined;
  history.replaceState(null, '', `${location.pathname}${location.search}`);
  view.name = 'stop';
  try {
    return decodeURIComponent(code);
  } catch {
    return code;
  }
}
