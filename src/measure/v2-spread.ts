import { decodeFromCompressedBase64 } from 'hdr-histogram-js';

/** Standard deviation of a V2 histogram of microseconds, milliseconds; undefined when the text is none or holds nothing. */
export function standardDeviationMs(v2Base64: string): number | undefined {
  try {
    const histogram = decodeFromCompressedBase64(v2Base64, 64);
    return histogram.totalCount === 0 ? undefined : histogram.stdDeviation / 1000;
  } catch {
    return undefined; // of another version, or cut off
  }
}
