import { COUNTER_NAMES, TREND_NAMES } from './metric-names.js';
import {
  BUCKETS,
  bucketHighestUs,
  bucketLowestUs,
  CELL_COUNT,
  CELL_INVALID,
  CELL_MAX,
  CELL_MIN,
  CELL_OVERFLOW,
  CELL_SUM,
  CELLS,
  Recorder,
} from './recorder.js';

/** The buckets of one trend from the first to the last that holds something. */
interface Stretch {
  readonly first: number;
  readonly counts: Float64Array;
}

/** What one recorder held at one moment. Of its buckets only those in use are kept: some kilobytes and not two megabytes. */
export class RecorderMark {
  readonly counters: Float64Array;
  readonly cells: Float64Array;
  readonly stretches: readonly (Stretch | undefined)[];

  constructor({ counters, cells, buckets }: Recorder) {
    this.counters = counters.slice();
    this.cells = cells.slice();
    this.stretches = TREND_NAMES.map((_, trend) => stretchOf(buckets, trend, this.cells[trend * CELLS + CELL_COUNT]!));
  }
}

function stretchOf(buckets: Float64Array, trend: number, count: number): Stretch | undefined {
  if (count === 0) return undefined;
  let first = trend * BUCKETS;
  let last = first + BUCKETS - 1;
  while (first < last && buckets[first] === 0) first++;
  while (last > first && buckets[last] === 0) last--;
  return { first: first - trend * BUCKETS, counts: buckets.slice(first, last + 1) };
}

/** What a recorder took in between two moments; without `from`, since the beginning. */
export interface Growth {
  readonly from: RecorderMark | undefined;
  readonly until: RecorderMark;
}

/**
 * What several recorders took in between two moments, as one recorder. Counts and sums are exact. So are the least and the
 * greatest value where they are new; else they are known to the width of a bucket. It has no gauges.
 */
export function growthOf(growths: readonly Growth[]): Recorder {
  const sum = new Recorder(new SharedArrayBuffer(Recorder.byteLength));
  const growing = new Float64Array(BUCKETS);
  for (const { from, until } of growths) {
    for (let id = 0; id < COUNTER_NAMES.length; id++) sum.counters[id]! += until.counters[id]! - (from?.counters[id] ?? 0);
    for (let trend = 0; trend < TREND_NAMES.length; trend++) addTrend(sum, trend, from, until, growing);
  }
  return sum;
}

function addTrend(sum: Recorder, trend: number, from: RecorderMark | undefined, until: RecorderMark, growing: Float64Array): void {
  const base = trend * CELLS;
  const cell = (of: RecorderMark | undefined, id: number): number => of?.cells[base + id] ?? 0;
  for (const id of [CELL_SUM, CELL_OVERFLOW, CELL_INVALID]) sum.cells[base + id]! += cell(until, id) - cell(from, id);
  const stretch = until.stretches[trend];
  if (stretch === undefined) return;
  const { first, counts } = stretch;
  const end = first + counts.length;
  growing.set(counts, first);
  const before = from?.stretches[trend];
  before?.counts.forEach((count, index) => {
    growing[before.first + index]! -= count;
  });
  let count = 0;
  let least = -1;
  let most = -1;
  for (let bucket = first; bucket < end; bucket++) {
    const grown = growing[bucket]!;
    growing[bucket] = 0;
    if (grown <= 0) continue;
    sum.buckets[trend * BUCKETS + bucket]! += grown;
    count += grown;
    if (least < 0) least = bucket;
    most = bucket;
  }
  if (count === 0) return;
  // A value may be in its bucket and not in the count yet: the buckets are what percentiles go by.
  sum.cells[base + CELL_COUNT]! += count;
  const isNewLeast = cell(from, CELL_MIN) === 0 || cell(until, CELL_MIN) < cell(from, CELL_MIN);
  const minUs = isNewLeast ? cell(until, CELL_MIN) : Math.max(1, bucketLowestUs(least));
  const maxUs =
    cell(until, CELL_MAX) > cell(from, CELL_MAX) ? cell(until, CELL_MAX) : Math.min(cell(until, CELL_MAX), bucketHighestUs(most));
  const known = sum.cells[base + CELL_MIN]!;
  sum.cells[base + CELL_MIN] = known === 0 ? minUs : Math.min(known, minUs);
  sum.cells[base + CELL_MAX] = Math.max(sum.cells[base + CELL_MAX]!, maxUs);
}
