const FREE = 0;
const HELD = 1;
/** Held, and someone may be asleep over it. */
const CONTENDED = 2;
/** Tries before going to sleep: what it guards takes less than a microsecond. */
const SPINS = 100;
/** A sleeper looks again after this time, so that a holder that was killed is found out by the tests and not by a hang. */
const LOOK_AGAIN_MS = 5;

/** A lock in one Int32 of shared memory. Uncontended it costs two atomic operations; any thread but a browser's main one may use it. */
export class SharedMutex {
  readonly #ints: Int32Array;
  readonly #at: number;

  constructor(ints: Int32Array, at: number) {
    this.#ints = ints;
    this.#at = at;
  }

  lock(): void {
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.compareExchange(this.#ints, this.#at, FREE, HELD) === FREE) return;
    }
    while (Atomics.exchange(this.#ints, this.#at, CONTENDED) !== FREE) Atomics.wait(this.#ints, this.#at, CONTENDED, LOOK_AGAIN_MS);
  }

  unlock(): void {
    if (Atomics.exchange(this.#ints, this.#at, FREE) === CONTENDED) Atomics.notify(this.#ints, this.#at, 1);
  }
}
