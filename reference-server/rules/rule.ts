/** Rules as every part of the server holds them: plain frozen data, fit to be posted to a thread. */

/** Strategies of a breaker rule, Sentinel's numbers. */
export const SLOW_RATIO = 0;
export const ERROR_RATIO = 1;
export const ERROR_COUNT = 2;
export type Strategy = typeof SLOW_RATIO | typeof ERROR_RATIO | typeof ERROR_COUNT;

/** A circuit breaker rule under sentinel-golang's names (core/circuitbreaker/rule.go). All times are whole milliseconds. */
export interface BreakerRule {
  readonly id: string;
  readonly resource: string;
  readonly strategy: Strategy;
  /** How long the breaker stays OPEN before it lets a probe through, >= 1. */
  readonly retryTimeoutMs: number;
  /** Below so many calls in the window nothing trips. */
  readonly minRequestAmount: number;
  /** Span of the sliding window, >= 1. */
  readonly statIntervalMs: number;
  /** Divides statIntervalMs. */
  readonly statSlidingWindowBucketCount: number;
  /** Strategy 0: a call that takes longer is slow. All: a probe has so long to end, and at least 1 s. */
  readonly maxAllowedRtMs: number;
  /** Trips at this ratio (0 .. 1) or count and above. */
  readonly threshold: number;
  /** So many probes must succeed in HALF_OPEN; 0 is as 1. */
  readonly probeNum: number;
}

/** At most `threshold` calls in any `statIntervalMs`; further ones are refused. */
export interface FlowRule {
  readonly id: string;
  readonly resource: string;
  readonly threshold: number;
  readonly statIntervalMs: number;
}

/** What is in force at a time, in whole. */
export interface RuleSet {
  readonly breakers: readonly BreakerRule[];
  readonly flows: readonly FlowRule[];
}

export const NO_RULES: RuleSet = Object.freeze({ breakers: Object.freeze([]), flows: Object.freeze([]) });

const BREAKER_KEYS = [
  'resource',
  'strategy',
  'retryTimeoutMs',
  'minRequestAmount',
  'statIntervalMs',
  'statSlidingWindowBucketCount',
  'maxAllowedRtMs',
  'threshold',
  'probeNum',
] as const;

/** True when both mean the same; an id is only a name. */
export function isSameBreakerRule(a: BreakerRule, b: BreakerRule): boolean {
  return BREAKER_KEYS.every((key) => a[key] === b[key]);
}

/** True when calls counted for one rule can go on counting for the other. */
export function isSameStatistic(a: BreakerRule, b: BreakerRule): boolean {
  return (
    a.resource === b.resource &&
    a.strategy === b.strategy &&
    a.statIntervalMs === b.statIntervalMs &&
    a.statSlidingWindowBucketCount === b.statSlidingWindowBucketCount
  );
}
