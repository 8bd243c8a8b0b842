/** One column of a board's table. */
export interface Column<T> {
  key: string;
  title: string;
  /** What rows are sorted by; absent: this column does not sort. */
  sort?: (row: T) => string | number;
  /** Figures stand at the right. */
  end?: boolean;
  /** Left out where there is little room: below 56, below 40 rem. */
  wide?: 'wide' | 'wider';
}

/** Columns, without the lab's where all rows are of one lab. */
export function ofLabs<T>(columns: readonly Column<T>[], several: boolean): Column<T>[] {
  return columns.filter((column) => several || column.key !== 'lab');
}

export interface Order {
  key: string;
  down: boolean;
}

/** Rows in the order that was asked for; equal ones stay as they came. */
export function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], order: Order | undefined): T[] {
  const by = columns.find((column) => column.key === order?.key)?.sort;
  if (!by || !order) return [...rows];
  const way = order.down ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: by(row) }));
  keyed.sort((a, b) => way * compare(a.key, b.key));
  return keyed.map(({ row }) => row);
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

/** The order after somebody pressed a column's head: up, down, and as it came. */
export function pressed(order: Order | undefined, key: string): Order | undefined {
  if (order?.key !== key) return { key, down: false };
  return order.down ? undefined : { key, down: true };
}

/** Where the keyboard goes from a row; `undefined`: the key means nothing here. */
export function rowAfter(key: string, at: number, rows: number): number | undefined {
  const to: Record<string, number> = {
    ArrowDown: at + 1,
    j: at + 1,
    ArrowUp: at - 1,
    k: at - 1,
    Home: 0,
    End: rows - 1,
    PageDown: at + 10,
    PageUp: at - 10,
  };
  const next = to[key];
  return next === undefined ? undefined : Math.max(0, Math.min(rows - 1, next));
}
