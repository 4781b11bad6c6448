/** Index: how many read, or WRITING. */
const STATE = 0;
/** Index: writers that wait or write. While there is one, no new reader comes in. */
const WRITERS = 1;
const WRITING = -1;
/** Looks before going to sleep: what the lock guards takes less than a microsecond. */
const SPINS = 100;

/** 32-bit words of shared memory that a lock needs, 0 at the start. */
export const READ_WRITE_LOCK_INTS = 2;

/**
 * Many readers or one writer, over shared memory. Readers do not wait for one another. Writers go first: from the moment a
 * writer waits no new reader comes in, so it waits for at most the readers that are inside. A stream of writers without a
 * pause would keep readers out: it is for values that are read often and written seldom. Not reentrant.
 */
export class ReadWriteLock {
  readonly #words: Int32Array;

  /** A lock on words[0..2); `words` is on shared memory. */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  lockRead(): void {
    const words = this.#words;
    for (let spins = 0; ; spins++) {
      const writers = Atomics.load(words, WRITERS);
      if (writers !== 0) {
        if (spins >= SPINS) Atomics.wait(words, WRITERS, writers);
        continue;
      }
      const state = Atomics.load(words, STATE);
      // A writer that came after the look above waits for the reader that it lets in here.
      if (state !== WRITING && Atomics.compareExchange(words, STATE, state, state + 1) === state) return;
    }
  }

  unlockRead(): void {
    const left = Atomics.sub(this.#words, STATE, 1) - 1;
    if (left === 0 && Atomics.load(this.#words, WRITERS) !== 0) Atomics.notify(this.#words, STATE);
  }

  lockWrite(): void {
    const words = this.#words;
    Atomics.add(words, WRITERS, 1);
    for (let spins = 0; ; spins++) {
      const state = Atomics.compareExchange(words, STATE, 0, WRITING);
      if (state === 0) return;
      if (spins >= SPINS) Atomics.wait(words, STATE, state);
    }
  }

  unlockWrite(): void {
    const words = this.#words;
    Atomics.store(words, STATE, 0);
    if (Atomics.sub(words, WRITERS, 1) === 1) Atomics.notify(words, WRITERS);
    else Atomics.notify(words, STATE);
  }
}
