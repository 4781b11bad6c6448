const TOTAL = 0;
const BAD = 1;
/** Index of the present bucket. */
const CURRENT = 2;
/** The time at which the present bucket ends. */
const NEXT_MS = 3;
/** Total and bad of each bucket. */
const BUCKETS = 4;

/**
 * Calls of a sliding window, counted in buckets that begin at multiples of their length, as Sentinel's LeapArray does: the
 * current bucket and the ones before it make up the interval. Needs no timer; a call costs no allocation.
 *
 * Lives in `memory[at .. at + Window.words(bucketCount))`, so that whoever owns it can copy its whole state.
 */
export class Window {
  readonly #memory: Float64Array;
  readonly #at: number;
  readonly #bucketCount: number;
  readonly #bucketMs: number;

  static words(bucketCount: number): number {
    return BUCKETS + 2 * bucketCount;
  }

  /** `intervalMs` is a multiple of `bucketCount`. */
  constructor(memory: Float64Array, at: number, intervalMs: number, bucketCount: number) {
    this.#memory = memory;
    this.#at = at;
    this.#bucketCount = bucketCount;
    this.#bucketMs = intervalMs / bucketCount;
    this.clear();
  }

  /** Calls in the window as of the last advance(). */
  get total(): number {
    return this.#memory[this.#at + TOTAL]!;
  }

  /** Those of them that were slow or failed. */
  get bad(): number {
    return this.#memory[this.#at + BAD]!;
  }

  /** Makes `nowMs` the present; what is older than the interval counts no more. Time that goes backwards is as time that stands. */
  advance(nowMs: number): void {
    if (nowMs >= this.#memory[this.#at + NEXT_MS]!) this.#turn(nowMs);
  }

  /** Counts one call in the present. */
  add(isBad: boolean): void {
    const bucket = this.#bucket();
    const memory = this.#memory;
    const at = this.#at;
    memory[at + TOTAL]!++;
    memory[bucket]!++;
    if (!isBad) return;
    memory[at + BAD]!++;
    memory[bucket + 1]!++;
  }

  /** Forgets every call. */
  clear(): void {
    const at = this.#at;
    this.#memory.fill(0, at, at + Window.words(this.#bucketCount));
    this.#memory[at + NEXT_MS] = Number.NEGATIVE_INFINITY;
  }

  #bucket(): number {
    return this.#at + BUCKETS + 2 * this.#memory[this.#at + CURRENT]!;
  }

  #turn(nowMs: number): void {
    const memory = this.#memory;
    const at = this.#at;
    const bucketCount = this.#bucketCount;
    const number = Math.floor(nowMs / this.#bucketMs);
    const passed = number - (memory[at + NEXT_MS]! / this.#bucketMs - 1);
    if (passed >= bucketCount) this.clear();
    else {
      for (let i = 1; i <= passed; i++) {
        memory[at + CURRENT] = (memory[at + CURRENT]! + 1) % bucketCount;
        const bucket = this.#bucket();
        memory[at + TOTAL]! -= memory[bucket]!;
        memory[at + BAD]! -= memory[bucket + 1]!;
        memory[bucket] = 0;
        memory[bucket + 1] = 0;
      }
    }
    memory[at + NEXT_MS] = (number + 1) * this.#bucketMs;
  }
}
