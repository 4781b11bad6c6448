/** Row numbers, first in first out. Its room doubles when it is full, up to the number of rows that exist. */
export class RowQueue {
  #rows: Uint32Array;
  #first = 0;
  #size = 0;

  /** `room` is rounded up to a power of two. */
  constructor(room = 1024) {
    this.#rows = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2, room))));
  }

  get size(): number {
    return this.#size;
  }

  push(row: number): void {
    if (this.#size === this.#rows.length) this.#grow();
    this.#rows[(this.#first + this.#size) & (this.#rows.length - 1)] = row;
    this.#size++;
  }

  /** The oldest row, left in the queue; -1 when there is none. */
  peek(): number {
    return this.#size === 0 ? -1 : this.#rows[this.#first]!;
  }

  /** The oldest row; -1 when there is none. */
  shift(): number {
    if (this.#size === 0) return -1;
    const row = this.#rows[this.#first]!;
    this.#first = (this.#first + 1) & (this.#rows.length - 1);
    this.#size--;
    return row;
  }

  /** The newest row; -1 when there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    this.#size--;
    return this.#rows[(this.#first + this.#size) & (this.#rows.length - 1)]!;
  }

  #grow(): void {
    const rows = new Uint32Array(this.#rows.length * 2);
    for (let i = 0; i < this.#size; i++) rows[i] = this.#rows[(this.#first + i) & (this.#rows.length - 1)]!;
    this.#rows = rows;
    this.#first = 0;
  }
}
