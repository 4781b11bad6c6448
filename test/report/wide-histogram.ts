import { Histogram } from '../../src/measure/histogram.js';
import { BUCKETS, bucketOf } from '../../src/measure/recorder.js';

/** 100,000 durations from 1 us to about two minutes: duration i is 1.00018^i us, as often as i % 7 + 1. */
export function wideHistogram(): Histogram {
  const counts = new Float64Array(BUCKETS);
  let [minUs, maxUs, sumUs] = [Number.POSITIVE_INFINITY, 0, 0];
  for (let i = 0; i < 100_000; i++) {
    const us = Math.max(1, Math.floor(1.00018 ** i));
    counts[bucketOf(us)]! += (i % 7) + 1;
    minUs = Math.min(minUs, us);
    maxUs = Math.max(maxUs, us);
    sumUs += us * ((i % 7) + 1);
  }
  return new Histogram(counts, { minUs, maxUs, sumUs, overflow: 0, invalid: 0 });
}
