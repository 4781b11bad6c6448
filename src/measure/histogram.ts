import {
  BUCKETS,
  bucketHighestUs,
  CELL_INVALID,
  CELL_MAX,
  CELL_MIN,
  CELL_OVERFLOW,
  CELL_SUM,
  CELLS,
  HIGHEST_US,
  type Recorder,
} from './recorder.js';
import { encodeV2 } from './v2-encoding.js';

/** What is known exactly beside the buckets. */
export interface ExactCells {
  readonly minUs: number;
  readonly maxUs: number;
  readonly sumUs: number;
  /** Durations longer than HIGHEST_US; they stand in the last bucket. */
  readonly overflow: number;
  /** Values that were not numbers; they stand nowhere else. */
  readonly invalid: number;
}

/** How often each duration occurred. Durations in microseconds; undefined where there is no sample. */
export class Histogram {
  /** BUCKETS counts, by bucketOf. */
  readonly counts: Float64Array;
  readonly count: number;
  readonly exact: ExactCells;

  constructor(counts: Float64Array, exact: ExactCells) {
    this.counts = counts;
    this.count = totalOf(counts);
    this.exact = exact;
  }

  get minUs(): number | undefined {
    return this.count > 0 ? this.exact.minUs : undefined;
  }

  get maxUs(): number | undefined {
    return this.count > 0 ? this.exact.maxUs : undefined;
  }

  get meanUs(): number | undefined {
    return this.count > 0 ? this.exact.sumUs / this.count : undefined;
  }

  /** The value that `percent` (0 .. 100) of the samples do not exceed, known to 0.1 %. */
  percentileUs(percent: number): number | undefined {
    if (this.count === 0) return undefined;
    const valueUs = percentileUsOf(this.counts, this.count, percent);
    return Math.max(this.exact.minUs, Math.min(this.exact.maxUs, valueUs));
  }

  /** HdrHistogram's V2 format, compressed, base64: every HdrHistogram reads it, and a line of a .hlog file holds it. */
  toV2Base64(): string {
    return encodeV2(this.counts);
  }
}

/** One trend over all workers: counts are added, never percentiles. */
export function histogramOf(recorders: readonly Recorder[], trend: number): Histogram {
  const counts = new Float64Array(BUCKETS);
  addBuckets(recorders, trend, counts);
  let minUs = 0;
  let maxUs = 0;
  let sumUs = 0;
  let overflow = 0;
  let invalid = 0;
  for (const { cells } of recorders) {
    const base = trend * CELLS;
    const min = cells[base + CELL_MIN]!;
    if (min > 0 && (minUs === 0 || min < minUs)) minUs = min;
    maxUs = Math.max(maxUs, cells[base + CELL_MAX]!);
    sumUs += cells[base + CELL_SUM]!;
    overflow += cells[base + CELL_OVERFLOW]!;
    invalid += cells[base + CELL_INVALID]!;
  }
  return new Histogram(counts, { minUs, maxUs, sumUs, overflow, invalid });
}

/** Adds the buckets of one trend of every recorder to `into`. */
export function addBuckets(recorders: readonly Recorder[], trend: number, into: Float64Array): void {
  const base = trend * BUCKETS;
  for (const { buckets } of recorders) {
    for (let bucket = 0; bucket < BUCKETS; bucket++) into[bucket]! += buckets[base + bucket]!;
  }
}

/** The greatest value of the bucket in which the `percent`-th of `count` samples stands, us. `count` is at least 1. */
export function percentileUsOf(counts: Float64Array, count: number, percent: number): number {
  // A product like 0.999 * 1000 may come out a hair above the whole number it means; rounding that up would skip a sample.
  const exactRank = (Math.min(percent, 100) / 100) * count;
  const rank = Math.max(1, Math.ceil(exactRank - exactRank * 2 ** -52));
  let seen = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    seen += counts[bucket]!;
    if (seen >= rank) return bucketHighestUs(bucket);
  }
  return HIGHEST_US;
}

/**
 * How many samples a percentile needs before it says something: ten beyond it (20 for p50, 1,000 for p99, 10,000 for
 * p99.9). With fewer it is printed as n/a.
 */
export function samplesNeeded(percent: number): number {
  return percent >= 100 ? 1 : Math.round(1000 / (100 - percent));
}

function totalOf(counts: Float64Array): number {
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) total += counts[bucket]!;
  return total;
}
