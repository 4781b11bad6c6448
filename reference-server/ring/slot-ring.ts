import { CONTROL_BYTES, CONTROL_INTS, HEAD, HIGH_WATER, REFUSED, requirePowerOfTwo, TAIL } from './control.js';

/** A slot is a cache line: 16 words of 32 bits. */
export const SLOT_BYTES = 64;
const SLOT_SHIFT = 4;
const MAX_SLOTS = 1 << 24;

/**
 * Memory for a ring of `slots` slots of 64 bytes between two threads: one SlotProducer, one SlotConsumer, no lock. A full ring
 * is told to the producer; nothing is ever written over. Throws a RangeError unless `slots` is a power of two up to 2^24.
 */
export function createSlotRing(slots: number): SharedArrayBuffer {
  requirePowerOfTwo(slots, 1, MAX_SLOTS);
  return new SharedArrayBuffer(CONTROL_BYTES + slots * SLOT_BYTES);
}

/** The end that writes. Slots are filled in place; one publish() hands on all that were committed since the last one. */
export class SlotProducer {
  readonly capacity: number;
  /** The slots as 32-bit words; claim() says where. */
  readonly words: Int32Array;
  /** The same as numbers, 8 a slot: word n is in number n >> 1. Eight stores fill a slot faster than sixteen. */
  readonly numbers: Float64Array;
  readonly #control: Int32Array;
  readonly #mask: number;
  #tail: number;
  /** The consumer's head as last seen: it is asked for again only when the ring seems full. */
  #head: number;
  #published: number;

  constructor(buffer: SharedArrayBuffer) {
    this.#control = new Int32Array(buffer, 0, CONTROL_INTS);
    this.words = new Int32Array(buffer, CONTROL_BYTES);
    this.numbers = new Float64Array(buffer, CONTROL_BYTES);
    this.capacity = this.words.length >>> SLOT_SHIFT;
    this.#mask = this.capacity - 1;
    this.#tail = Atomics.load(this.#control, TAIL);
    this.#published = this.#tail;
    this.#head = Atomics.load(this.#control, HEAD);
  }

  /** Slots that are committed and not yet read, as far as this end knows: never less than there are. */
  get depth(): number {
    return (this.#tail - this.#head) | 0;
  }

  /**
   * Index in `words` of the next free slot's 16 words, or -1 when `limit` (the capacity, unless less is given) are in use. The
   * slot is the caller's until commit().
   */
  claim(limit: number = this.capacity): number {
    if (((this.#tail - this.#head) | 0) >= limit) {
      this.#head = Atomics.load(this.#control, HEAD);
      if (((this.#tail - this.#head) | 0) >= limit) return -1;
    }
    return (this.#tail & this.#mask) << SLOT_SHIFT;
  }

  /** The claimed slot is filled. The consumer sees it after publish(). */
  commit(): void {
    this.#tail = (this.#tail + 1) | 0;
  }

  /** Shows the consumer all committed slots. Returns how many were new to it. */
  publish(): number {
    const count = (this.#tail - this.#published) | 0;
    if (count === 0) return 0;
    this.#published = this.#tail;
    Atomics.store(this.#control, TAIL, this.#tail);
    const depth = (this.#tail - Atomics.load(this.#control, HEAD)) | 0;
    if (depth > this.#control[HIGH_WATER]!) this.#control[HIGH_WATER] = depth;
    return count;
  }

  /** Counts an entry that was turned away. */
  refuse(): void {
    this.#control[REFUSED]!++;
  }
}

/** The end that reads. Slots are read in place; one release() gives back all that were passed since the last one. */
export class SlotConsumer {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly #control: Int32Array;
  readonly #mask: number;
  #head: number;
  /** The producer's tail as last seen: it is asked for again only when the ring seems empty. */
  #tail: number;
  #released: number;

  constructor(buffer: SharedArrayBuffer) {
    this.#control = new Int32Array(buffer, 0, CONTROL_INTS);
    this.words = new Int32Array(buffer, CONTROL_BYTES);
    this.numbers = new Float64Array(buffer, CONTROL_BYTES);
    this.#mask = (this.words.length >>> SLOT_SHIFT) - 1;
    this.#head = Atomics.load(this.#control, HEAD);
    this.#released = this.#head;
    this.#tail = this.#head;
  }

  /** Index in `words` of the oldest slot's 16 words, or -1 when there is none. It stays the consumer's until release(). */
  next(): number {
    if (this.#head === this.#tail) {
      this.#tail = Atomics.load(this.#control, TAIL);
      if (this.#head === this.#tail) return -1;
    }
    return (this.#head & this.#mask) << SLOT_SHIFT;
  }

  /** Goes on to the next slot. */
  pass(): void {
    this.#head = (this.#head + 1) | 0;
  }

  /** Gives the passed slots back to the producer. */
  release(): void {
    if (this.#released === this.#head) return;
    this.#released = this.#head;
    Atomics.store(this.#control, HEAD, this.#head);
  }
}
