import { describe, expect, it } from 'vitest';
import { type Column, pressed, rowAfter, sorted } from './table';

interface Row {
  id: string;
  n: number;
}
const columns: Column<Row>[] = [
  { key: 'id', title: 'Id', sort: (row) => row.id },
  { key: 'n', title: 'N', sort: (row) => row.n },
  { key: 'x', title: 'X' },
];
const rows: Row[] = [
  { id: 'C-10', n: 2 },
  { id: 'C-9', n: 10 },
  { id: 'C-1', n: 2 },
];
const ids = (of: Row[]) => of.map((row) => row.id);

describe('rows in order', () => {
  it('sorts numbers as numbers, and those in texts too', () => {
    expect(ids(sorted(rows, columns, { key: 'id', down: false }))).toEqual(['C-1', 'C-9', 'C-10']);
    expect(ids(sorted(rows, columns, { key: 'n', down: true }))).toEqual(['C-9', 'C-10', 'C-1']);
  });
  it('leaves rows as they came where nothing is asked, and leaves the given list alone', () => {
    expect(ids(sorted(rows, columns, undefined))).toEqual(['C-10', 'C-9', 'C-1']);
    expect(ids(sorted(rows, columns, { key: 'x', down: false }))).toEqual(['C-10', 'C-9', 'C-1']);
    sorted(rows, columns, { key: 'id', down: false });
    expect(ids(rows)).toEqual(['C-10', 'C-9', 'C-1']);
  });
  it('goes up, down and back with every press', () => {
    const up = pressed(undefined, 'n');
    expect(up).toEqual({ key: 'n', down: false });
    const down = pressed(up, 'n');
    expect(down).toEqual({ key: 'n', down: true });
    expect(pressed(down, 'n')).toBeUndefined();
    expect(pressed(down, 'id')).toEqual({ key: 'id', down: false });
  });
  it('moves by keys and stays within the rows', () => {
    expect(rowAfter('ArrowDown', 0, 3)).toBe(1);
    expect(rowAfter('ArrowDown', 2, 3)).toBe(2);
    expect(rowAfter('k', 0, 3)).toBe(0);
    expect(rowAfter('End', 0, 3)).toBe(2);
    expect(rowAfter('PageDown', 0, 30)).toBe(10);
    expect(rowAfter('x', 0, 3)).toBeUndefined();
  });
});
