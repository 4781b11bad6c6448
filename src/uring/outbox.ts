import { allocate, type Memory, release } from './memory.js';

/**
 * Where outgoing bytes wait between send() and the next hand-over of their ring. The kernel copies them during the
 * hand-over, so the whole area is free again behind it: a pointer that only moves forward is all the bookkeeping there is.
 */
export class Outbox {
  readonly memory: Memory;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  #used = 0;

  constructor(size: number) {
    this.memory = allocate(size);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Int32Array(this.memory.buffer);
  }

  /** Room for `length` bytes, aligned to 16; returns its offset, or -1 when the area is full until the next reset. */
  take(length: number): number {
    const at = this.#used;
    if (at + length > this.bytes.length) return -1;
    this.#used = (at + length + 15) & ~15;
    return at;
  }

  /** Makes the piece at `at` (the last one taken) `length` bytes long; false when it does not fit or is not the last. */
  extend(at: number, oldLength: number, length: number): boolean {
    if (((at + oldLength + 15) & ~15) !== this.#used || at + length > this.bytes.length) return false;
    this.#used = (at + length + 15) & ~15;
    return true;
  }

  reset(): void {
    this.#used = 0;
  }

  destroy(): void {
    release(this.memory);
  }
}
