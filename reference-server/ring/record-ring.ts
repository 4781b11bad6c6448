import { CONTROL_BYTES, CONTROL_INTS, HEAD, HIGH_WATER, requirePowerOfTwo, TAIL } from './control.js';

/** A record begins with its length, at a multiple of 8 bytes. */
const LENGTH_BYTES = 8;
/** In place of a length: the rest up to the end is not used, the next record is at the start. */
const SKIP = -1;
const MAX_BYTES = 1 << 30;

/**
 * Memory for a ring of `bytes` bytes for records of any length between two threads: one RecordProducer, one RecordConsumer, no
 * lock. A record lies in one piece, so it can be read and written in place; the longest that always finds room in an empty
 * ring is half of the ring less 8 bytes. Throws a RangeError unless `bytes` is a power of two from 64 to 2^30.
 */
export function createRecordRing(bytes: number): SharedArrayBuffer {
  requirePowerOfTwo(bytes, 64, MAX_BYTES);
  return new SharedArrayBuffer(CONTROL_BYTES + bytes);
}

const spaceOf = (recordBytes: number): number => (recordBytes + LENGTH_BYTES + 7) & ~7;

/** The end that writes. */
export class RecordProducer {
  /** The ring's bytes, and the same as 32-bit words; claim() says where. */
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly longestRecordBytes: number;
  readonly #control: Int32Array;
  readonly #capacity: number;
  #tail: number;
  #head: number;
  #published: number;
  /** What commit() will move the tail by: the claimed record's space and what was skipped before it. */
  #claimed = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#control = new Int32Array(buffer, 0, CONTROL_INTS);
    this.bytes = new Uint8Array(buffer, CONTROL_BYTES);
    this.words = new Int32Array(buffer, CONTROL_BYTES);
    this.#capacity = this.bytes.length;
    this.longestRecordBytes = this.#capacity / 2 - LENGTH_BYTES;
    this.#tail = Atomics.load(this.#control, TAIL);
    this.#published = this.#tail;
    this.#head = Atomics.load(this.#control, HEAD);
  }

  /**
   * Offset in `bytes`, a multiple of 8, of a free piece for a record of this length, or -1 when there is none now. A second claim
   * before commit() takes the first one's place. Throws a RangeError for a record that could never fit.
   */
  claim(recordBytes: number): number {
    if (recordBytes < 0 || recordBytes > this.longestRecordBytes) {
      throw new RangeError(`record of ${recordBytes} bytes, at most ${this.longestRecordBytes} fit`);
    }
    const space = spaceOf(recordBytes);
    const at = this.#tail & (this.#capacity - 1);
    const skipped = at + space > this.#capacity ? this.#capacity - at : 0;
    const needed = skipped + space;
    if (this.#capacity - ((this.#tail - this.#head) | 0) < needed) {
      this.#head = Atomics.load(this.#control, HEAD);
      if (this.#capacity - ((this.#tail - this.#head) | 0) < needed) return -1;
    }
    // Behind the tail that is published: the consumer does not look there yet.
    if (skipped > 0) this.words[at >>> 2] = SKIP;
    const start = skipped > 0 ? 0 : at;
    this.words[start >>> 2] = recordBytes;
    this.#claimed = needed;
    return start + LENGTH_BYTES;
  }

  /** The claimed record is written. The consumer sees it after publish(). */
  commit(): void {
    this.#tail = (this.#tail + this.#claimed) | 0;
    this.#claimed = 0;
  }

  /** Shows the consumer all committed records. Returns whether any was new to it. */
  publish(): boolean {
    if (this.#tail === this.#published) return false;
    this.#published = this.#tail;
    Atomics.store(this.#control, TAIL, this.#tail);
    const depth = (this.#tail - Atomics.load(this.#control, HEAD)) | 0;
    if (depth > this.#control[HIGH_WATER]!) this.#control[HIGH_WATER] = depth;
    return true;
  }
}

/** The end that reads. */
export class RecordConsumer {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** Length of the record that next() found. */
  recordBytes = 0;
  readonly #control: Int32Array;
  readonly #mask: number;
  #head: number;
  #tail: number;
  #released: number;

  constructor(buffer: SharedArrayBuffer) {
    this.#control = new Int32Array(buffer, 0, CONTROL_INTS);
    this.bytes = new Uint8Array(buffer, CONTROL_BYTES);
    this.words = new Int32Array(buffer, CONTROL_BYTES);
    this.#mask = this.bytes.length - 1;
    this.#head = Atomics.load(this.#control, HEAD);
    this.#released = this.#head;
    this.#tail = this.#head;
  }

  /** Offset in `bytes`, a multiple of 8, of the oldest record, or -1 when there is none. It stays the consumer's until release(). */
  next(): number {
    if (this.#head === this.#tail) {
      this.#tail = Atomics.load(this.#control, TAIL);
      if (this.#head === this.#tail) return -1;
    }
    let at = this.#head & this.#mask;
    if (this.words[at >>> 2] === SKIP) {
      // A record always follows: the producer publishes both at once.
      this.#head = (this.#head + this.bytes.length - at) | 0;
      at = 0;
    }
    this.recordBytes = this.words[at >>> 2]!;
    return at + LENGTH_BYTES;
  }

  /** Goes on behind the record that next() found. */
  pass(): void {
    this.#head = (this.#head + spaceOf(this.recordBytes)) | 0;
  }

  /** Gives the passed records back to the producer. */
  release(): void {
    if (this.#released === this.#head) return;
    this.#released = this.#head;
    Atomics.store(this.#control, HEAD, this.#head);
  }
}
