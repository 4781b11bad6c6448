const NONE = -1;

/** Rows of a table in the order in which they were added: a doubly linked list in two columns, 8 bytes a row that was ever used. */
export class RowList {
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest = NONE;
  #newest = NONE;

  constructor(capacity: number) {
    this.#older = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
  }

  /** The row added first, or -1. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Adds a row that is not in the list. */
  add(row: number): void {
    this.#older[row] = this.#newest;
    this.#newer[row] = NONE;
    if (this.#newest === NONE) this.#oldest = row;
    else this.#newer[this.#newest] = row;
    this.#newest = row;
  }

  /** Takes out a row that is in the list. */
  remove(row: number): void {
    const older = this.#older[row]!;
    const newer = this.#newer[row]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }
}
