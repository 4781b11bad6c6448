import { COUNTER_NAMES, GAUGE_NAMES, TREND_NAMES } from './metric-names.js';

/** Values a trend can tell apart begin at 1 us and end here (134 s). Longer ones count in the last bucket and as overflow. */
export const HIGHEST_US = 2 ** 27 - 1;
/** Buckets of one trend: 2,048 of 1 us, then 1,024 for each doubling, so a value is known to 0.1 %. */
export const BUCKETS = 18_432;

/** Cells kept for each trend beside its buckets. */
export const CELL_COUNT = 0;
export const CELL_MIN = 1; // 0: no value yet (values are at least 1)
export const CELL_MAX = 2;
export const CELL_SUM = 3;
export const CELL_OVERFLOW = 4;
export const CELL_INVALID = 5; // NaN: a fault of the caller, counted and kept out of everything else
export const CELLS = 8; // one cache line a trend

// V8 reads an exported constant from a cell each time and cannot fold it. record() has names of its own for them: half the time.
const HIGHEST = HIGHEST_US;
const STRIDE = BUCKETS;
const CELL_STRIDE = CELLS;
const COUNT = CELL_COUNT;
const MIN = CELL_MIN;
const MAX = CELL_MAX;
const SUM = CELL_SUM;

/** How many metrics a recorder has of each kind; ids count from 0. */
export interface RecorderShape {
  readonly trends: number;
  readonly counters: number;
  readonly gauges: number;
}

const OF_GWRK: RecorderShape = { trends: TREND_NAMES.length, counters: COUNTER_NAMES.length, gauges: GAUGE_NAMES.length };
const WIDTH = Float64Array.BYTES_PER_ELEMENT;

/** The bucket of an integer from 1 to HIGHEST_US. It is the index that HdrHistogram gives it at three digits. */
export function bucketOf(us: number): number {
  const doubling = 21 - Math.clz32(us | 2047);
  return (doubling << 10) + (us >> doubling);
}

/** The smallest value of a bucket, us. */
export function bucketLowestUs(bucket: number): number {
  if (bucket < 2048) return bucket;
  const doubling = (bucket >> 10) - 1;
  return (bucket - (doubling << 10)) << doubling;
}

/** The greatest value of a bucket, us. */
export function bucketHighestUs(bucket: number): number {
  return bucket + 1 < BUCKETS ? bucketLowestUs(bucket + 1) - 1 : HIGHEST_US;
}

/**
 * Everything one worker measures, in shared memory: one thread writes, others read while it runs. A reader may see a
 * value in a bucket that is not in the count yet; what it reads after the worker said "done" is exact. Every cell is a
 * 64-bit float: whole numbers up to 2^53 without wrapping, and no half-written value on a 64-bit machine.
 */
export class Recorder {
  /** Bytes that the buffer must have for the metrics of gwrk. */
  static readonly byteLength = Recorder.bytesOf(OF_GWRK);

  /** Bytes that the buffer must have for so many metrics. */
  static bytesOf({ trends, counters, gauges }: RecorderShape): number {
    return WIDTH * (trends * CELLS + counters + gauges + trends * BUCKETS);
  }

  /** CELLS cells a trend. Only a ScenarioRecorder ever puts others in place of these columns. */
  cells: Float64Array;
  counters: Float64Array;
  readonly gauges: Float64Array;
  /** BUCKETS counts a trend. */
  buckets: Float64Array;

  /**
   * Lays its columns over the buffer and leaves what is in it as it is: writer and readers construct alike. A buffer may
   * hold several recorders of one shape, one behind the other; `slot` says which, counted from 0.
   */
  constructor(buffer: SharedArrayBuffer, slot = 0, shape: RecorderShape = OF_GWRK) {
    const bytes = Recorder.bytesOf(shape);
    let offset = slot * bytes;
    if (buffer.byteLength < offset + bytes) throw new RangeError(`a recorder needs ${offset + bytes} bytes, not ${buffer.byteLength}`);
    const column = (length: number): Float64Array => {
      const cells = new Float64Array(buffer, offset, length);
      offset += length * WIDTH;
      return cells;
    };
    this.cells = column(shape.trends * CELLS);
    this.counters = column(shape.counters);
    this.gauges = column(shape.gauges);
    this.buckets = column(shape.trends * BUCKETS);
  }

  /** Adds a duration in microseconds to a trend (TREND.*). Fractions are cut off, what is below 1 us counts as 1 us. */
  record(trend: number, valueUs: number): void {
    if (!(valueUs <= HIGHEST)) {
      this.#recordBeyond(trend, valueUs);
      return;
    }
    const us = valueUs < 1 ? 1 : valueUs | 0;
    const doubling = 21 - Math.clz32(us | 2047);
    const buckets = this.buckets;
    const bucket = trend * STRIDE + (doubling << 10) + (us >> doubling);
    buckets[bucket] = buckets[bucket]! + 1;
    const cells = this.cells;
    const base = trend * CELL_STRIDE;
    cells[base + COUNT] = cells[base + COUNT]! + 1;
    cells[base + SUM] = cells[base + SUM]! + us;
    if (us > cells[base + MAX]!) cells[base + MAX] = us;
    const min = cells[base + MIN]!;
    if (us < min || min === 0) cells[base + MIN] = us;
  }

  /** Adds `by` to a counter (COUNTER.*). */
  count(counter: number, by = 1): void {
    this.counters[counter]! += by;
  }

  /** Sets a gauge (GAUGE.*). */
  gauge(id: number, value: number): void {
    this.gauges[id] = value;
  }

  /** Forgets everything. For the writer only, and not while somebody reads. */
  reset(): void {
    this.cells.fill(0);
    this.counters.fill(0);
    this.gauges.fill(0);
    this.buckets.fill(0);
  }

  // Out of line, so that record() stays small enough to be inlined where it is called.
  #recordBeyond(trend: number, valueUs: number): void {
    const base = trend * CELLS;
    if (!Number.isFinite(valueUs)) {
      this.cells[base + CELL_INVALID]! += 1;
      return;
    }
    this.record(trend, HIGHEST_US);
    // The range ends here, what is known exactly does not.
    const us = Math.floor(valueUs);
    this.cells[base + CELL_OVERFLOW]! += 1;
    this.cells[base + CELL_SUM]! += us - HIGHEST_US;
    this.cells[base + CELL_MAX] = Math.max(us, this.cells[base + CELL_MAX]!);
    if (this.cells[base + CELL_COUNT] === 1) this.cells[base + CELL_MIN] = us;
  }
}
