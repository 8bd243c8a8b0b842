/** A place and its filters, as they stand in the address after `#`. */
export interface Hash {
  path: string[];
  query: URLSearchParams;
}

/** `#/clinics/CLI-001?lab=LAB001` */
export function read(hash: string): Hash {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  return {
    path: path.split('/').filter(Boolean).map(decoded),
    query: new URLSearchParams(query),
  };
}

/** A part of an address as somebody meant it; one that nobody wrote (`%` alone) is taken as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function write({ path, query }: Hash): string {
  const asked = query.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${asked ? `?${asked}` : ''}`;
}

/** The same place with other filters; an empty text takes one away. */
export function changed({ path, query }: Hash, change: Record<string, string>): Hash {
  const next = new URLSearchParams(query);
  for (const [name, text] of Object.entries(change)) {
    if (text) next.set(name, text);
    else next.delete(name);
  }
  return { path, query: next };
}

/** The address of a place on this page, filtered by what is not empty. */
export function placeOf(path: string[], query: Record<string, string> = {}): string {
  return write(changed({ path, query: new URLSearchParams() }, query));
}
