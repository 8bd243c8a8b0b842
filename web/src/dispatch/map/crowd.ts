/** Pixels of one cell. */
const CELL = 6;

/** Which places of the screen are taken: marks that would lie on others are drawn small. */
export class Crowd {
  readonly #columns: number;
  readonly #rows: number;
  readonly #taken: Uint8Array;

  constructor(width: number, height: number) {
    this.#columns = Math.ceil(width / CELL) + 1;
    this.#rows = Math.ceil(height / CELL) + 1;
    this.#taken = new Uint8Array(this.#columns * this.#rows);
  }

  /** Takes a rectangle when all of it is free. */
  take(left: number, top: number, width: number, height: number): boolean {
    const [x0, x1] = span(left, width, this.#columns);
    const [y0, y1] = span(top, height, this.#rows);
    for (let y = y0; y <= y1; y += 1)
      for (let x = x0; x <= x1; x += 1) if (this.#taken[y * this.#columns + x]) return false;
    for (let y = y0; y <= y1; y += 1) this.#taken.fill(1, y * this.#columns + x0, y * this.#columns + x1 + 1);
    return true;
  }
}

function span(from: number, size: number, most: number): [number, number] {
  const first = Math.floor(from / CELL);
  const last = Math.floor((from + size) / CELL);
  return [Math.max(0, Math.min(most - 1, first)), Math.max(0, Math.min(most - 1, last))];
}
