/** One thing that the search found. */
export interface Found {
  kind: Kind;
  id: string;
  labId: string;
  title: string;
  clinicId?: string;
  clinicName?: string;
  driverId?: string;
  driverName?: string;
  routeId?: string;
  stopId?: string;
  status?: string;
  date?: string;
  eta?: string;
  /** Where it is now. */
  at?: 'lab' | 'van' | 'clinic';
}

export type Kind = 'case' | 'delivery' | 'pickup' | 'clinic' | 'driver' | 'route' | 'stop';

/** In which order kinds stand in the list. */
const ORDER: readonly Kind[] = ['case', 'pickup', 'delivery', 'stop', 'driver', 'clinic', 'route'];

export interface Group {
  kind: Kind;
  items: Found[];
}

/** What was found, by kind; in each the server's order: best first. */
export function groups(items: readonly Found[]): Group[] {
  return ORDER.map((kind) => ({ kind, items: items.filter((item) => item.kind === kind) })).filter(
    (group) => group.items.length > 0,
  );
}

/** Where choosing a result leads: to something that the desk shows, else to a board. */
export type Target =
  | { go: 'select'; kind: 'driver' | 'stop' | 'clinic'; key: string }
  | { go: 'board'; board: 'deliveries' | 'pickups' | 'clinics' | 'plan'; id: string };

/** `has` says whether the desk knows a stop, a driver or a clinic by its key. */
export function targetOf(
  found: Found,
  has: (kind: 'driver' | 'stop' | 'clinic', key: string) => boolean,
): Target {
  const select = (kind: 'driver' | 'stop' | 'clinic', id: string | undefined): Target | undefined => {
    const key = `${found.labId}/${id ?? ''}`;
    return id !== undefined && has(kind, key) ? { go: 'select', kind, key } : undefined;
  };
  switch (found.kind) {
    case 'driver':
      return select('driver', found.id) ?? { go: 'board', board: 'plan', id: found.id };
    case 'clinic':
      return select('clinic', found.id) ?? { go: 'board', board: 'clinics', id: found.id };
    case 'stop':
      return (
        select('stop', found.id) ??
        select('clinic', found.clinicId) ?? { go: 'board', board: 'plan', id: found.id }
      );
    case 'route':
      return select('driver', found.driverId) ?? { go: 'board', board: 'plan', id: found.id };
    case 'case':
    case 'delivery':
      return select('stop', found.stopId) ?? { go: 'board', board: 'deliveries', id: found.id };
    case 'pickup':
      return select('stop', found.stopId) ?? { go: 'board', board: 'pickups', id: found.id };
  }
}

/** The next place in a list of `count` when a key goes `by` steps, around its ends; -1 is none. */
export function stepped(from: number, by: number, count: number): number {
  if (count === 0) return -1;
  if (from < 0) return by > 0 ? 0 : count - 1;
  return (from + by + count) % count;
}
