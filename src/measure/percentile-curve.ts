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
  const histogram = decoded([v2Base64]);
  if (histogram === undefined) return undefined;
  const count = histogram.totalCount;
  const steps = Math.floor(Math.log10(count) * PER_DECADE);
  const nines = Array.from({ length: steps + 1 }, (_, step) => step / PER_DECADE);
  return { count, nines, ms: nines.map((x) => histogram.getValueAtPercentile(100 * (1 - 10 ** -x)) / 1000) };
}

/** Percentiles (0 .. 100) of V2 histograms of microseconds, added together, in milliseconds; undefined when none holds a sample. */
export function percentilesMs(v2Base64: readonly string[], percents: readonly number[]): number[] | undefined {
  const histogram = decoded(v2Base64);
  return histogram && percents.map((percent) => histogram.getValueAtPercentile(percent) / 1000);
}

function decoded(texts: readonly string[]): ReturnType<typeof decodeFromCompressedBase64> | undefined {
  let sum: ReturnType<typeof decodeFromCompressedBase64> | undefined;
  for (const text of texts) {
    try {
      const histogram = decodeFromCompressedBase64(text, 64);
      if (sum === undefined) sum = histogram;
      else sum.add(histogram);
    } catch {
      // of another version, or cut off: what the others hold still counts
    }
  }
  return sum !== undefined && sum.totalCount > 0 ? sum : undefined;
}
