import { describe, expect, it } from 'vitest';
import { groups, stepped, targetOf, type Found } from './results';

const found = (of: Partial<Found>): Found => ({ kind: 'case', id: 'C-1', labId: 'L', title: 'C-1', ...of });
const all = () => true;
const none = () => false;

describe('what was found', () => {
  it('stands by kind, in the server’s order', () => {
    const made = groups([
      found({ kind: 'clinic', id: 'a' }),
      found({ id: 'b' }),
      found({ kind: 'clinic', id: 'c' }),
    ]);
    expect(made.map(({ kind, items }) => [kind, items.map(({ id }) => id)])).toEqual([
      ['case', ['b']],
      ['clinic', ['a', 'c']],
    ]);
    expect(groups([])).toEqual([]);
  });
});

describe('choosing', () => {
  it('a case that is on a route shows its stop, else the board', () => {
    expect(targetOf(found({ stopId: 'S' }), all)).toEqual({ go: 'select', kind: 'stop', key: 'L/S' });
    expect(targetOf(found({ stopId: 'S' }), none)).toEqual({ go: 'board', board: 'deliveries', id: 'C-1' });
    expect(targetOf(found({}), all)).toEqual({ go: 'board', board: 'deliveries', id: 'C-1' });
  });

  it('a stop of another day shows its clinic', () => {
    const stop = found({ kind: 'stop', id: 'S', clinicId: 'K' });
    expect(targetOf(stop, (kind) => kind === 'clinic')).toEqual({ go: 'select', kind: 'clinic', key: 'L/K' });
  });

  it('drivers, clinics and routes are shown where they are', () => {
    expect(targetOf(found({ kind: 'driver', id: 'D' }), all)).toEqual({
      go: 'select',
      kind: 'driver',
      key: 'L/D',
    });
    expect(targetOf(found({ kind: 'route', id: 'R', driverId: 'D' }), all)).toEqual({
      go: 'select',
      kind: 'driver',
      key: 'L/D',
    });
    expect(targetOf(found({ kind: 'clinic', id: 'K' }), none)).toEqual({
      go: 'board',
      board: 'clinics',
      id: 'K',
    });
    expect(targetOf(found({ kind: 'pickup', id: 'P' }), none)).toEqual({
      go: 'board',
      board: 'pickups',
      id: 'P',
    });
  });
});

describe('stepping through the list', () => {
  it('goes around', () => {
    expect(stepped(-1, 1, 3)).toBe(0);
    expect(stepped(-1, -1, 3)).toBe(2);
    expect(stepped(2, 1, 3)).toBe(0);
    expect(stepped(0, -1, 3)).toBe(2);
    expect(stepped(0, 1, 0)).toBe(-1);
  });
});
