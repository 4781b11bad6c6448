/** Upper bounds of the buckets, in microseconds: doublings from 128 us to 2.1 s. What is longer counts in the last bucket. */
export const TURN_BOUNDS_US: readonly number[] = Array.from({ length: 15 }, (_, i) => 128 * 2 ** i);

/** A turn that takes this long is worth a line of its own: it shows as the cause of slow operations. */
export const LONG_TURN_US = 20_000;

const BUCKETS = TURN_BOUNDS_US.length + 1;
const SUM = BUCKETS;
const LONGEST = BUCKETS + 1;
/** Cells of 8 bytes that the turns of one thread take. */
export const TURN_CELLS = BUCKETS + 2;

/**
 * How long the turns of a gateway thread's loop take: from the first event of a batch to the end of what the batch led to, without
 * the wait before it. In shared memory: the thread writes, the main thread reads. A turn costs one reading of the clock and three
 * stores, an event of it one comparison.
 */
export class TurnTimes {
  /** Counts by bucket, then the sum and the longest, in microseconds. */
  readonly #cells: Float64Array;
  #startUs = 0;

  constructor(cells: Float64Array) {
    this.#cells = cells;
  }

  /** An event of the present turn is being dealt with. */
  event(nowUs: number): void {
    if (this.#startUs === 0) this.#startUs = nowUs;
  }

  /** The turn is over. `tickUs` is when its last part, which needs no event, began. Returns how long it took, us. */
  end(tickUs: number, nowUs: number): number {
    const startUs = this.#startUs === 0 ? tickUs : this.#startUs;
    this.#startUs = 0;
    const turnUs = Math.max(0, nowUs - startUs);
    const cells = this.#cells;
    const bucket = bucketOf(turnUs);
    cells[bucket] = cells[bucket]! + 1;
    cells[SUM] = cells[SUM]! + turnUs;
    if (turnUs > cells[LONGEST]!) cells[LONGEST] = turnUs;
    return turnUs;
  }

  /** Turns of at most TURN_BOUNDS_US[bucket] that the bucket before does not hold. */
  count(bucket: number): number {
    return this.#cells[bucket]!;
  }

  get sumUs(): number {
    return this.#cells[SUM]!;
  }

  get longestUs(): number {
    return this.#cells[LONGEST]!;
  }
}

/** The first bucket whose bound is not below the turn. */
function bucketOf(turnUs: number): number {
  const doublings = 32 - Math.clz32(Math.min(2 ** 31 - 1, Math.ceil(turnUs) - 1) >> 7);
  return turnUs <= 128 ? 0 : Math.min(doublings, BUCKETS - 1);
}
