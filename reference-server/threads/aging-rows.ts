import { SharedMutex } from './shared-mutex.js';

/**
 * Rows of shared memory, each found by a 16-byte key and kept in the order of their last use, so that the oldest can be given up
 * first. Memory, all of it in one buffer that every thread may hold:
 *
 *   header (64 B) | index: one Int32 a bucket (row + 1, 0 free; linear probing) | rows: 6 Int32 each | last use: one Float64 each
 *   row: 0..3 key | 4 next older row + 1 (or next free row + 1) | 5 next newer row + 1
 *
 * Every method but the constructor wants the lock to be held. Memory that was never used is never touched.
 */
const HEADER_INTS = 16;
const HEAD_LOCK = 0;
const HEAD_SIZE = 1;
const HEAD_USED = 2;
const HEAD_FREE = 3;
const HEAD_OLDEST = 4;
const HEAD_NEWEST = 5;

const ROW_INTS = 6;
const ROW_OLDER = 4;
const ROW_NEWER = 5;

const bucketsFor = (capacity: number): number => 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 1.6)));
/** Even, so that the Float64 column behind it is aligned. */
const intsFor = (capacity: number): number => HEADER_INTS + bucketsFor(capacity) + 2 * Math.ceil((capacity * ROW_INTS) / 2);

const word = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

export class AgingRows {
  readonly capacity: number;
  readonly lock: SharedMutex;
  readonly #ints: Int32Array;
  readonly #usedUs: Float64Array;
  readonly #mask: number;
  readonly #rows: number;

  static bytesFor(capacity: number): number {
    return intsFor(capacity) * 4 + capacity * 8;
  }

  /** The rows in `buffer`, which has bytesFor(capacity) bytes, all 0 at the beginning. */
  constructor(buffer: SharedArrayBuffer, capacity: number) {
    this.capacity = capacity;
    this.#ints = new Int32Array(buffer, 0, intsFor(capacity));
    this.#usedUs = new Float64Array(buffer, intsFor(capacity) * 4, capacity);
    this.#mask = bucketsFor(capacity) - 1;
    this.#rows = HEADER_INTS + this.#mask + 1;
    this.lock = new SharedMutex(this.#ints, HEAD_LOCK);
  }

  /** Rows in use; without the lock an instant old. */
  get size(): number {
    return Atomics.load(this.#ints, HEAD_SIZE);
  }

  /** The row that was used longest ago, or -1. */
  get oldest(): number {
    return this.#ints[HEAD_OLDEST]! - 1;
  }

  usedUs(row: number): number {
    return this.#usedUs[row]!;
  }

  /** The row of key[keyAt .. keyAt + 16), or -1. */
  find(key: Uint8Array, keyAt: number): number {
    const ints = this.#ints;
    let bucket = word(key, keyAt) & this.#mask;
    for (let entry = ints[HEADER_INTS + bucket]!; entry !== 0; entry = ints[HEADER_INTS + bucket]!) {
      const at = this.#at(entry - 1);
      if (
        ints[at] === word(key, keyAt) &&
        ints[at + 1] === word(key, keyAt + 4) &&
        ints[at + 2] === word(key, keyAt + 8) &&
        ints[at + 3] === word(key, keyAt + 12)
      ) {
        return entry - 1;
      }
      bucket = (bucket + 1) & this.#mask;
    }
    return -1;
  }

  /** A row for a key that has none; the one used longest ago when there is no other. */
  insert(key: Uint8Array, keyAt: number, nowUs: number): number {
    const row = this.#take();
    const ints = this.#ints;
    const at = this.#at(row);
    for (let i = 0; i < 4; i++) ints[at + i] = word(key, keyAt + 4 * i);
    let bucket = ints[at]! & this.#mask;
    while (ints[HEADER_INTS + bucket] !== 0) bucket = (bucket + 1) & this.#mask;
    ints[HEADER_INTS + bucket] = row + 1;
    this.#link(row, nowUs);
    Atomics.add(ints, HEAD_SIZE, 1);
    return row;
  }

  /** The row is the newest now. */
  touch(row: number, nowUs: number): void {
    this.#unlink(row);
    this.#link(row, nowUs);
  }

  remove(row: number): void {
    const ints = this.#ints;
    this.#unlink(row);
    this.#unindex(row);
    ints[this.#at(row) + ROW_OLDER] = ints[HEAD_FREE]!;
    ints[HEAD_FREE] = row + 1;
    Atomics.sub(ints, HEAD_SIZE, 1);
  }

  #at(row: number): number {
    return this.#rows + row * ROW_INTS;
  }

  #take(): number {
    const ints = this.#ints;
    if (ints[HEAD_FREE] === 0) {
      if (ints[HEAD_USED]! < this.capacity) return ints[HEAD_USED]!++;
      this.remove(this.oldest);
    }
    const row = ints[HEAD_FREE]! - 1;
    ints[HEAD_FREE] = ints[this.#at(row) + ROW_OLDER]!;
    return row;
  }

  #link(row: number, nowUs: number): void {
    const ints = this.#ints;
    const at = this.#at(row);
    const newest = ints[HEAD_NEWEST]!;
    ints[at + ROW_OLDER] = newest;
    ints[at + ROW_NEWER] = 0;
    if (newest === 0) ints[HEAD_OLDEST] = row + 1;
    else ints[this.#at(newest - 1) + ROW_NEWER] = row + 1;
    ints[HEAD_NEWEST] = row + 1;
    this.#usedUs[row] = nowUs;
  }

  #unlink(row: number): void {
    const ints = this.#ints;
    const older = ints[this.#at(row) + ROW_OLDER]!;
    const newer = ints[this.#at(row) + ROW_NEWER]!;
    if (older === 0) ints[HEAD_OLDEST] = newer;
    else ints[this.#at(older - 1) + ROW_NEWER] = newer;
    if (newer === 0) ints[HEAD_NEWEST] = older;
    else ints[this.#at(newer - 1) + ROW_OLDER] = older;
  }

  /** Takes the row out of the index and moves later entries up, so that no probe ends too early. */
  #unindex(row: number): void {
    const ints = this.#ints;
    const mask = this.#mask;
    let hole = ints[this.#at(row)]! & mask;
    while (ints[HEADER_INTS + hole] !== row + 1) hole = (hole + 1) & mask;
    for (let next = (hole + 1) & mask; ints[HEADER_INTS + next] !== 0; next = (next + 1) & mask) {
      const wanted = ints[this.#at(ints[HEADER_INTS + next]! - 1)]! & mask;
      if (((next - wanted) & mask) < ((next - hole) & mask)) continue;
      ints[HEADER_INTS + hole] = ints[HEADER_INTS + next]!;
      hole = next;
    }
    ints[HEADER_INTS + hole] = 0;
  }
}
