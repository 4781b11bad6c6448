import { COUNTER, GAUGE_NAMES, TREND_NAMES } from '../measure/metric-names.js';
import type { Measurements } from '../measure/metric-view.js';
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
} from '../measure/recorder.js';
import type { Snapshot } from '../measure/snapshot.js';

/** A look may come this much before its second. */
const EARLY_MS = 25;

/** One moment of all workers: their recorders added up. */
interface Moment {
  readonly elapsedMs: number;
  readonly sum: Recorder;
  readonly errors: number;
}

/** The last look within the window comes at most this long before its end. */
const LAST_LOOKS_MS = 1500;

/** What was measured in the time in which a load was held, all metrics of it. */
export class ProbeWindow {
  readonly #fromMs: number;
  readonly #untilMs: number;
  readonly #clients: number;
  readonly #peaks = new Float64Array(GAUGE_NAMES.length);
  #from: Moment | undefined;
  #until: Moment | undefined;
  #whole: Measurements | undefined;

  /** `clients` connects must have begun before the window does. */
  constructor(fromMs: number, untilMs: number, clients: number) {
    this.#fromMs = fromMs;
    this.#untilMs = untilMs;
    this.#clients = clients;
  }

  /** To be called once a second, with what the snapshot was taken of. */
  look(recorders: readonly Recorder[], snapshot: Snapshot, errors: number): void {
    const { elapsedMs, totals, gauges } = snapshot;
    this.#whole = { recorders, elapsedMs, errors };
    if (elapsedMs > this.#untilMs + EARLY_MS) return;
    const hasBegun = elapsedMs >= this.#fromMs - EARLY_MS && totals[COUNTER.connects_started]! >= this.#clients;
    if (this.#from === undefined) {
      if (hasBegun) this.#from = { elapsedMs, sum: sumOf(recorders, snapshot), errors };
      return;
    }
    // At the end of the hold clients leave already: of a gauge the most is kept.
    for (const [id, value] of gauges.entries()) this.#peaks[id] = Math.max(value, this.#peaks[id]!);
    if (elapsedMs > this.#untilMs - LAST_LOOKS_MS) this.#until = { elapsedMs, sum: sumOf(recorders, snapshot), errors };
  }

  /** Undefined when the load was not whole for even a second. */
  get held(): Measurements | undefined {
    if (!this.#from || !this.#until) return undefined;
    const [from, until] = [this.#from, this.#until];
    const growth = growthOf(from.sum, until.sum);
    growth.gauges.set(this.#peaks);
    return {
      recorders: [growth],
      // Nothing more is sent after the planned end.
      elapsedMs: Math.min(until.elapsedMs, this.#untilMs) - from.elapsedMs,
      errors: until.errors - from.errors,
    };
  }

  /** From the start to the end, when the run is over. */
  get whole(): Measurements | undefined {
    return this.#whole;
  }
}

const newRecorder = (): Recorder => new Recorder(new SharedArrayBuffer(Recorder.byteLength));

/** Counters as the snapshot has them: the workers go on while their buckets are copied, and rates are of its moment. */
function sumOf(recorders: readonly Recorder[], { totals }: Snapshot): Recorder {
  const sum = newRecorder();
  sum.counters.set(totals);
  for (const { cells, buckets } of recorders) {
    for (let i = 0; i < buckets.length; i++) sum.buckets[i]! += buckets[i]!;
    for (let trend = 0; trend < TREND_NAMES.length; trend++) addCells(sum.cells, cells, trend * CELLS);
  }
  return sum;
}

function addCells(sum: Float64Array, cells: Float64Array, base: number): void {
  for (const cell of [CELL_COUNT, CELL_SUM, CELL_OVERFLOW, CELL_INVALID]) sum[base + cell]! += cells[base + cell]!;
  sum[base + CELL_MAX] = Math.max(sum[base + CELL_MAX]!, cells[base + CELL_MAX]!);
  const [least, other] = [sum[base + CELL_MIN]!, cells[base + CELL_MIN]!];
  sum[base + CELL_MIN] = least === 0 ? other : other === 0 ? least : Math.min(least, other);
}

/** What came between two moments; extremes are known to the width of a bucket. */
function growthOf(from: Recorder, until: Recorder): Recorder {
  const growth = newRecorder();
  for (let i = 0; i < growth.counters.length; i++) growth.counters[i] = until.counters[i]! - from.counters[i]!;
  for (let i = 0; i < growth.buckets.length; i++) growth.buckets[i] = until.buckets[i]! - from.buckets[i]!;
  for (let trend = 0; trend < TREND_NAMES.length; trend++) {
    const base = trend * CELLS;
    for (const cell of [CELL_SUM, CELL_OVERFLOW, CELL_INVALID])
      growth.cells[base + cell] = until.cells[base + cell]! - from.cells[base + cell]!;
    const buckets = growth.buckets.subarray(trend * BUCKETS, (trend + 1) * BUCKETS);
    // A value may be in its bucket and not in the count yet: the buckets are what percentiles go by.
    growth.cells[base + CELL_COUNT] = buckets.reduce((sum, count) => sum + count, 0);
    const first = buckets.findIndex((count) => count > 0);
    if (first < 0) continue;
    growth.cells[base + CELL_MIN] = Math.max(1, bucketLowestUs(first));
    growth.cells[base + CELL_MAX] = Math.min(until.cells[base + CELL_MAX]!, bucketHighestUs(buckets.findLastIndex((count) => count > 0)));
  }
  return growth;
}
