import { decodeFromCompressedBase64 } from 'hdr-histogram-js';

/** A histogram of a report along its percentiles. */
export interface PercentileCurve {
  readonly count: number;
  /** log10 1 / (1 - q): 0 is the minimum, 1 is p90, 2 is p99. */
  readonly nines: readonly number[];
  /** The value at each of them, milliseconds. */
  readonly ms: readonly number[];
}

/** Points for each factor of ten. */
const PER_DECADE = 20;

/** The curve of a V2 histogram of microseconds, as far as its samples reach; undefined when the text is none. */
export function percentileCurve(v2Base64: string): PercentileCurve | undefined {
  try {
    const histogram = decodeFromCompressedBase64(v2Base64, 64);
    const count = histogram.totalCount;
    if (count === 0) return undefined;
    const steps = Math.floor(Math.log10(count) * PER_DECADE);
    const nines = Array.from({ length: steps + 1 }, (_, step) => step / PER_DECADE);
    return { count, nines, ms: nines.map((x) => histogram.getValueAtPercentile(100 * (1 - 10 ** -x)) / 1000) };
  } catch {
    return undefined; // of another version, or cut off
  }
}
