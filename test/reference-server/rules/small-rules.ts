import { type BreakerRule, ERROR_COUNT, ERROR_RATIO, SLOW_RATIO } from '../../../reference-server/rules/rule.js';

export function rule(given: Partial<BreakerRule>): BreakerRule {
  return {
    id: '',
    resource: 'r',
    strategy: ERROR_RATIO,
    retryTimeoutMs: 20,
    minRequestAmount: 1,
    statIntervalMs: 20,
    statSlidingWindowBucketCount: 1,
    maxAllowedRtMs: 5,
    threshold: 0.5,
    probeNum: 0,
    ...given,
  };
}

/** Three of each strategy, so small that a few events take them through all their states. */
export const SMALL_RULES: readonly BreakerRule[] = [
  rule({ strategy: SLOW_RATIO, threshold: 1 }),
  rule({ strategy: SLOW_RATIO, threshold: 0.5, minRequestAmount: 2, statSlidingWindowBucketCount: 2, probeNum: 2, maxAllowedRtMs: 0 }),
  rule({ strategy: SLOW_RATIO, threshold: 0.34, minRequestAmount: 3, statSlidingWindowBucketCount: 4, probeNum: 1, statIntervalMs: 8 }),
  rule({ strategy: ERROR_RATIO, threshold: 1, minRequestAmount: 0 }),
  rule({ strategy: ERROR_RATIO, threshold: 0.5, minRequestAmount: 2, statSlidingWindowBucketCount: 2, probeNum: 2, retryTimeoutMs: 1 }),
  rule({ strategy: ERROR_RATIO, threshold: 0, minRequestAmount: 2, statSlidingWindowBucketCount: 20, probeNum: 3, retryTimeoutMs: 8 }),
  rule({ strategy: ERROR_COUNT, threshold: 1 }),
  rule({ strategy: ERROR_COUNT, threshold: 2, minRequestAmount: 2, statSlidingWindowBucketCount: 4, probeNum: 1, statIntervalMs: 8 }),
  rule({ strategy: ERROR_COUNT, threshold: 2, minRequestAmount: 1, statSlidingWindowBucketCount: 2, probeNum: 2, maxAllowedRtMs: 1_500 }),
];

/** Time steps: within a bucket, past a bucket and a response time, a whole interval and retry time, past every probe's lease. */
export const STEPS_MS = [1, 7, 20, 1_501];
