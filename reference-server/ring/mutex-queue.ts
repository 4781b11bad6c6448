import { SharedMutex } from '../threads/shared-mutex.js';
import { requirePowerOfTwo } from './control.js';

const LOCK = 0;
const HEAD = 1;
const TAIL = 2;
const CONTROL_INTS = 16;
const SLOT_INTS = 16;

/** Memory for a MutexQueue of `slots` messages of 64 bytes; a power of two up to 2^24. */
export function createMutexQueue(slots: number): SharedArrayBuffer {
  requirePowerOfTwo(slots, 1, 1 << 24);
  return new SharedArrayBuffer((CONTROL_INTS + slots * SLOT_INTS) * 4);
}

/**
 * A bounded queue of 64-byte messages behind a lock, for any number of threads: what the ring without locks is measured
 * against, and what a queue with several writers would be.
 */
export class MutexQueue {
  readonly #words: Int32Array;
  readonly #slots: number;
  readonly #mutex: SharedMutex;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#slots = (this.#words.length - CONTROL_INTS) / SLOT_INTS;
    this.#mutex = new SharedMutex(this.#words, LOCK);
  }

  /** Puts message[0..16) in; false, and nothing done, when the queue is full. */
  push(message: Int32Array): boolean {
    this.#mutex.lock();
    const tail = this.#words[TAIL]!;
    const hasRoom = ((tail - this.#words[HEAD]!) | 0) < this.#slots;
    if (hasRoom) {
      const at = this.#placeOf(tail);
      for (let i = 0; i < SLOT_INTS; i++) this.#words[at + i] = message[i]!;
      this.#words[TAIL] = (tail + 1) | 0;
    }
    this.#mutex.unlock();
    return hasRoom;
  }

  /** Takes the oldest message into message[0..16); false when the queue is empty. */
  pop(message: Int32Array): boolean {
    this.#mutex.lock();
    const head = this.#words[HEAD]!;
    const hasMessage = head !== this.#words[TAIL];
    if (hasMessage) {
      const at = this.#placeOf(head);
      for (let i = 0; i < SLOT_INTS; i++) message[i] = this.#words[at + i]!;
      this.#words[HEAD] = (head + 1) | 0;
    }
    this.#mutex.unlock();
    return hasMessage;
  }

  #placeOf(position: number): number {
    return CONTROL_INTS + (position & (this.#slots - 1)) * SLOT_INTS;
  }
}
