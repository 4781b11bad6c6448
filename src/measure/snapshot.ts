import { addBuckets, percentileUsOf } from './histogram.js';
import { COUNTER_NAMES, GAUGE_NAMES, TREND_NAMES } from './metric-names.js';
import { BUCKETS, CELL_COUNT, CELLS, type Recorder } from './recorder.js';

/** One trend within one interval, microseconds to 0.1 %. */
export interface TrendInterval {
  readonly count: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** What one trend took in between two looks, over all workers. */
export interface TrendGrowth {
  /** TREND id. */
  readonly trend: number;
  /** The interval, from the common start. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** BUCKETS counts, only lent: the next trend is written over them. */
  readonly counts: Float64Array;
  /** The greatest value, to 0.1 %. */
  readonly maxUs: number;
}

/** What happened between two looks at the recorders. */
export interface Snapshot {
  /** From the common start to the end of the interval. */
  readonly elapsedMs: number;
  readonly intervalMs: number;
  /** Growth within the interval, by COUNTER id. */
  readonly counters: Float64Array;
  /** Since the start, by COUNTER id. */
  readonly totals: Float64Array;
  /** At the end of the interval, summed over workers, by GAUGE id. */
  readonly gauges: Float64Array;
  /** By TREND id; undefined where the interval has no sample. */
  readonly trends: readonly (TrendInterval | undefined)[];
}

/** Looks at the recorders of all workers, once a second, and says what is new. Holds one copy of the buckets. */
export class Snapshots {
  readonly #recorders: readonly Recorder[];
  readonly #startUs: number;
  readonly #onGrowth: ((growth: TrendGrowth) => void) | undefined;
  readonly #seen: readonly Float64Array[] = TREND_NAMES.map(() => new Float64Array(BUCKETS));
  readonly #samples = new Float64Array(TREND_NAMES.length);
  readonly #now = new Float64Array(BUCKETS);
  readonly #growth = new Float64Array(BUCKETS);
  #totals = new Float64Array(COUNTER_NAMES.length);
  #lastUs: number;

  /** `startUs` is the common start, in clock microseconds; `onGrowth` hears of every trend that took in something. */
  constructor(recorders: readonly Recorder[], startUs: number, onGrowth?: (growth: TrendGrowth) => void) {
    this.#recorders = recorders;
    this.#onGrowth = onGrowth;
    this.#startUs = startUs;
    this.#lastUs = startUs;
  }

  /** Everything since the last call (or since the start). */
  take(nowUs: number): Snapshot {
    const totals = new Float64Array(COUNTER_NAMES.length);
    const gauges = new Float64Array(GAUGE_NAMES.length);
    for (const recorder of this.#recorders) {
      for (let id = 0; id < totals.length; id++) totals[id]! += recorder.counters[id]!;
      for (let id = 0; id < gauges.length; id++) gauges[id]! += recorder.gauges[id]!;
    }
    const counters = totals.map((total, id) => total - this.#totals[id]!);
    const snapshot: Snapshot = {
      elapsedMs: (nowUs - this.#startUs) / 1000,
      intervalMs: (nowUs - this.#lastUs) / 1000,
      counters,
      totals,
      gauges,
      trends: this.#seen.map((seen, trend) => this.#trend(trend, seen, nowUs)),
    };
    this.#totals = totals;
    this.#lastUs = nowUs;
    return snapshot;
  }

  #trend(trend: number, seen: Float64Array, nowUs: number): TrendInterval | undefined {
    // The counts are cheap to ask, the buckets are not.
    const samples = this.#recorders.reduce((sum, { cells }) => sum + cells[trend * CELLS + CELL_COUNT]!, 0);
    if (samples === this.#samples[trend]) return undefined;
    const now = this.#now.fill(0);
    addBuckets(this.#recorders, trend, now);
    const growth = this.#growth;
    let count = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      growth[bucket] = now[bucket]! - seen[bucket]!;
      count += growth[bucket]!;
    }
    if (count === 0) return undefined;
    seen.set(now);
    // What was found in the buckets, not what the count said: a sample of which only one was there yet is looked for again.
    this.#samples[trend]! += count;
    const maxUs = percentileUsOf(growth, count, 100);
    this.#onGrowth?.({
      trend,
      fromMs: (this.#lastUs - this.#startUs) / 1000,
      untilMs: (nowUs - this.#startUs) / 1000,
      counts: growth,
      maxUs,
    });
    return {
      count,
      p50Us: percentileUsOf(growth, count, 50),
      p90Us: percentileUsOf(growth, count, 90),
      p99Us: percentileUsOf(growth, count, 99),
      maxUs,
    };
  }
}
