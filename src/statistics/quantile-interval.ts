import { binomialCumulative } from './binomial.js';

/** Which of the sorted values enclose a quantile. */
export interface RankInterval {
  /** From the low-th smallest value (1 is the smallest) ... */
  readonly low: number;
  /** ... to the high-th. */
  readonly high: number;
  /** At least what was asked for. 0 .. 1. */
  readonly confidence: number;
}

/**
 * The ranks between which quantile q of the population lies, whatever its distribution (order statistics: David and Nagaraja 2003,
 * 7.1). Undefined when n values cannot give that much confidence, as five cannot give 95 % for a median.
 */
export function quantileRanks(n: number, q: number, confidence: number): RankInterval | undefined {
  const tail = (1 - confidence) / 2 + 1e-12; // a tail that is met exactly counts
  const below = (k: number): number => binomialCumulative(n, k, q);
  // Largest low with P(X <= low - 1) <= tail, smallest high with P(X <= high - 1) >= 1 - tail.
  const low = firstWhere(n + 1, (rank) => below(rank) > tail);
  const high = firstWhere(n + 1, (rank) => below(rank - 1) >= 1 - tail);
  if (low < 1 || high > n) return undefined;
  return { low, high, confidence: below(high - 1) - below(low - 1) };
}

/** The smallest of 0 .. limit for which it holds; it holds from some number on. */
function firstWhere(limit: number, holds: (value: number) => boolean): number {
  let low = 0;
  let high = limit;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface QuantileInterval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

/** The interval of a median; undefined with too few values. */
export function medianInterval(values: readonly number[], confidence: number): QuantileInterval | undefined {
  return quantileInterval(values, 0.5, confidence);
}

/** The interval of quantile q (0.99 is P99); undefined with too few values. */
export function quantileInterval(values: readonly number[], q: number, confidence: number): QuantileInterval | undefined {
  const ranks = quantileRanks(values.length, q, confidence);
  if (ranks === undefined) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return { low: sorted[ranks.low - 1]!, high: sorted[ranks.high - 1]!, confidence: ranks.confidence };
}
