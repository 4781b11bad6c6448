import { decodeFromCompressedBase64 } from 'hdr-histogram-js';

/** Values of a V2 histogram of microseconds at percentiles (0 .. 100), milliseconds; undefined when the text is none or holds nothing. */
export function percentilesMs(v2Base64: string, percents: readonly number[]): number[] | undefined {
  try {
    const histogram = decodeFromCompressedBase64(v2Base64, 64);
    return histogram.totalCount === 0 ? undefined : percents.map((percent) => histogram.getValueAtPercentile(percent) / 1000);
  } catch {
    return undefined; // of another version, or cut off
  }
}
