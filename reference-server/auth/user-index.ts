const NONE = -1;

/** A table whose rows belong to users. */
export interface UserRows {
  readonly capacity: number;
  /** True when the row's user is userHash[at .. at + 16). */
  isOfUser(row: number, userHash: Uint8Array, at: number): boolean;
  /** The first four bytes of the row's user as an integer. */
  userWord(row: number): number;
}

/**
 * From a user (16 bytes of hash) to the rows that the user has in a table, oldest first: open addressing over Int32, where a bucket
 * holds the oldest row and each row the next one. 8 to 12 bytes a row.
 */
export class UserIndex {
  readonly #table: UserRows;
  /** Row + 1 of a user's oldest row; 0 is empty. */
  readonly #buckets: Int32Array;
  readonly #mask: number;
  /** By row: the user's next row, or NONE. */
  readonly #next: Int32Array;

  constructor(table: UserRows) {
    this.#table = table;
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(16, table.capacity * 1.6))));
    this.#mask = this.#buckets.length - 1;
    this.#next = new Int32Array(table.capacity);
  }

  /** The user's oldest row, or -1. */
  first(userHash: Uint8Array, at: number): number {
    return this.#buckets[this.#bucketOf(userHash, at)]! - 1;
  }

  /** The next row of the row's user, or -1. */
  next(row: number): number {
    return this.#next[row]!;
  }

  /** Rows of the user. */
  count(userHash: Uint8Array, at: number): number {
    let count = 0;
    for (let row = this.first(userHash, at); row !== NONE; row = this.#next[row]!) count += 1;
    return count;
  }

  /** Adds a row, already in the table, as the user's newest. */
  add(row: number, userHash: Uint8Array, at: number): void {
    this.#next[row] = NONE;
    const bucket = this.#bucketOf(userHash, at);
    let last = this.#buckets[bucket]! - 1;
    if (last === NONE) {
      this.#buckets[bucket] = row + 1;
      return;
    }
    while (this.#next[last] !== NONE) last = this.#next[last]!;
    this.#next[last] = row;
  }

  /** Takes a row out; the table must still hold it. */
  remove(row: number): void {
    let bucket = this.#table.userWord(row) & this.#mask;
    for (;;) {
      let previous = NONE;
      let at = this.#buckets[bucket]! - 1;
      while (at !== NONE && at !== row) {
        previous = at;
        at = this.#next[at]!;
      }
      if (at === row) {
        const next = this.#next[row]!;
        if (previous !== NONE) this.#next[previous] = next;
        else if (next !== NONE) this.#buckets[bucket] = next + 1;
        else this.#empty(bucket);
        return;
      }
      bucket = (bucket + 1) & this.#mask;
    }
  }

  /** The user's bucket, or the empty one where the user belongs. */
  #bucketOf(userHash: Uint8Array, at: number): number {
    const home = userHash[at]! | (userHash[at + 1]! << 8) | (userHash[at + 2]! << 16) | (userHash[at + 3]! << 24);
    let bucket = home & this.#mask;
    for (;;) {
      const entry = this.#buckets[bucket]!;
      if (entry === 0 || this.#table.isOfUser(entry - 1, userHash, at)) return bucket;
      bucket = (bucket + 1) & this.#mask;
    }
  }

  /** Empties a bucket and moves later entries up, so that no probe ends too early. */
  #empty(bucket: number): void {
    const mask = this.#mask;
    let hole = bucket;
    for (let next = (hole + 1) & mask; this.#buckets[next] !== 0; next = (next + 1) & mask) {
      const wanted = this.#table.userWord(this.#buckets[next]! - 1) & mask;
      if (((next - wanted) & mask) < ((next - hole) & mask)) continue;
      this.#buckets[hole] = this.#buckets[next]!;
      hole = next;
    }
    this.#buckets[hole] = 0;
  }
}
