import { writeSync } from 'node:fs';

/** Memory over which a sleeping thread is woken: 4 words, 0 at the start. */
export type WakeWords = SharedArrayBuffer;

/** Index: 1 while the thread sleeps, or is about to. */
const SLEEPING = 0;
/** Index: eventfd that ends the thread's wait, plus 1; 0: it waits on SLEEPING. */
const DESCRIPTOR = 1;
/** Index: how many threads write to the descriptor at this moment. */
const WRITING = 2;
const WAKE_INTS = 4;

/** What an eventfd takes: a u64. */
const ONE = new Uint8Array(8);
ONE[0] = 1;

export const createWakeWords = (): WakeWords => new SharedArrayBuffer(WAKE_INTS * 4);

/**
 * The side of the thread that sleeps. It says so, looks once more for work, and only then sleeps: whoever brings work stores it
 * first and then looks whether the thread sleeps, so one of the two always sees the other (both are sequentially consistent).
 */
export class Sleeper {
  readonly #words: Int32Array;

  constructor(words: WakeWords) {
    this.#words = new Int32Array(words);
  }

  /** From now on wakers write to this eventfd. */
  useDescriptor(descriptor: number): void {
    Atomics.store(this.#words, DESCRIPTOR, descriptor + 1);
  }

  /** To be called before the last look for work. */
  announce(): void {
    Atomics.store(this.#words, SLEEPING, 1);
  }

  /** Awake again, or never asleep. */
  retract(): void {
    Atomics.store(this.#words, SLEEPING, 0);
  }

  /** Sleeps until it is woken, at most `ms`. */
  sleep(ms: number): void {
    if (ms > 0) Atomics.wait(this.#words, SLEEPING, 1, ms);
    this.retract();
  }

  /** Resolves when the thread is woken, for one with an event loop; at once when it is awake. */
  async woken(): Promise<void> {
    const { waitAsync } = Atomics as unknown as {
      waitAsync: (words: Int32Array, at: number, value: number) => { value: Promise<string> | string };
    };
    await waitAsync(this.#words, SLEEPING, 1).value;
  }

  /** Nobody writes to the descriptor any more: it may be closed. */
  end(): void {
    Atomics.store(this.#words, DESCRIPTOR, 0);
    Atomics.store(this.#words, SLEEPING, 0);
    for (let writing = Atomics.load(this.#words, WRITING); writing !== 0; writing = Atomics.load(this.#words, WRITING)) {
      Atomics.wait(this.#words, WRITING, writing, 1);
    }
  }
}

/** The side of whoever brings work. */
export class Waker {
  readonly #words: Int32Array;

  constructor(words: WakeWords) {
    this.#words = new Int32Array(words);
  }

  /** Wakes the thread if it sleeps; it costs one load while it does not. To be called when the work can be seen. */
  wake(): void {
    const words = this.#words;
    if (Atomics.load(words, SLEEPING) === 0 || Atomics.exchange(words, SLEEPING, 0) === 0) return;
    Atomics.add(words, WRITING, 1);
    const descriptor = Atomics.load(words, DESCRIPTOR) - 1;
    if (descriptor < 0) Atomics.notify(words, SLEEPING);
    else writeWake(descriptor);
    Atomics.sub(words, WRITING, 1);
  }
}

function writeWake(descriptor: number): void {
  try {
    writeSync(descriptor, ONE);
  } catch {
    // Its counter is full, so it is readable, or the thread is gone; and it looks by itself every 50 ms.
  }
}
