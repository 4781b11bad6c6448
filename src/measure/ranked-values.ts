import { decodeFromCompressedBase64 } from 'hdr-histogram-js';

/**
 * The values at some ranks (1 is the smallest) of a V2 histogram of microseconds, in milliseconds, known to 0.1 %. Undefined when the
 * text is no histogram, or one of another number of samples than `count`.
 */
export function valuesAtRanks(v2Base64: string, count: number, ranks: readonly number[]): number[] | undefined {
  try {
    const histogram = decodeFromCompressedBase64(v2Base64, 64);
    if (histogram.totalCount !== count) return undefined;
    return ranks.map((rank) => histogram.getValueAtPercentile((100 * rank) / count) / 1000);
  } catch {
    return undefined; // of another version, or cut off
  }
}
