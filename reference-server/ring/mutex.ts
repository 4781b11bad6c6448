const FREE = 0;
const HELD = 1;
/** Held, and somebody may wait. */
const CONTENDED = 2;

/**
 * A lock on one word of shared memory, as in U. Drepper, "Futexes Are Tricky" (2011), mutex 2: it costs one exchange each way
 * while nobody waits. Not reentrant.
 */
export class Mutex {
  readonly #words: Int32Array;
  readonly #at: number;

  /** A lock on words[at], which is 0 at the start; `words` is on shared memory. */
  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#at = at;
  }

  lock(): void {
    if (Atomics.compareExchange(this.#words, this.#at, FREE, HELD) === FREE) return;
    while (Atomics.exchange(this.#words, this.#at, CONTENDED) !== FREE) Atomics.wait(this.#words, this.#at, CONTENDED);
  }

  unlock(): void {
    if (Atomics.exchange(this.#words, this.#at, FREE) === CONTENDED) Atomics.notify(this.#words, this.#at, 1);
  }
}
