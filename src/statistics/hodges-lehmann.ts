import { medianOfSorted } from './median.js';
import { normalQuantile } from './normal.js';
import { countSubsets, countSubsetsOfSize, MOST_EXACT } from './subset-sums.js';

/** An effect with the interval that the matching test gives it. */
export interface Estimate {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** How sure the interval is: at least what was asked for, since order statistics only allow steps. 0 .. 1. */
  readonly confidence: number;
  /** The interval begins at the k-th smallest value; 0: too few values for one, low and high are infinite then. */
  readonly k: number;
}

/**
 * How far b lies above a: the median of all differences b - a, with the interval of the U test (Hodges and Lehmann 1963, Moses).
 * `confidence` is 0.95 or the like. Throws RangeError for an empty sample.
 */
export function shift(a: readonly number[], b: readonly number[], confidence: number): Estimate {
  if (a.length === 0 || b.length === 0) throw new RangeError('an effect needs values on both sides');
  const differences = new Float64Array(a.length * b.length);
  a.forEach((before, i) => {
    b.forEach((after, j) => {
      differences[i * b.length + j] = after - before;
    });
  });
  const [n, m] = [a.length, b.length];
  const null_ = n + m <= MOST_EXACT ? rankSumCounts(n, m) : undefined;
  return estimateOf(differences.sort(), confidence, null_, Math.sqrt((n * m * (n + m + 1)) / 12));
}

/**
 * How far paired differences lie above zero: the median of their Walsh averages (d_i + d_j) / 2 with i <= j, with the interval of the
 * signed-rank test (Hodges and Lehmann 1963, Tukey). Throws RangeError for an empty sample.
 */
export function walsh(differences: readonly number[], confidence: number): Estimate {
  const n = differences.length;
  if (n === 0) throw new RangeError('an effect needs values');
  const averages = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) averages[at++] = (differences[i]! + differences[j]!) / 2;
  const null_ = n <= MOST_EXACT ? countSubsets(Array.from({ length: n }, (_, index) => index + 1)) : undefined;
  return estimateOf(averages.sort(), confidence, null_, Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24));
}

/** `shift` as a factor: b is estimate times a. All values must be above zero, else RangeError. */
export function ratio(a: readonly number[], b: readonly number[], confidence: number): Estimate {
  return factor(shift(logs(a), logs(b), confidence));
}

/** `walsh` as a factor of the pairs (a[i], b[i]). Throws RangeError unless both have one length and all values are above zero. */
export function pairedRatio(a: readonly number[], b: readonly number[], confidence: number): Estimate {
  if (a.length !== b.length) throw new RangeError(`pairs need two sides: ${a.length} and ${b.length} values`);
  const before = logs(a);
  const after = logs(b);
  return factor(
    walsh(
      after.map((value, index) => value - before[index]!),
      confidence,
    ),
  );
}

function logs(values: readonly number[]): number[] {
  if (!values.every((value) => value > 0 && Number.isFinite(value))) throw new RangeError('a ratio needs values above zero');
  return values.map(Math.log);
}

function factor({ estimate, low, high, confidence, k }: Estimate): Estimate {
  return { estimate: Math.exp(estimate), low: Math.exp(low), high: Math.exp(high), confidence, k };
}

/** Counts of U = 0 .. n m without ties. */
function rankSumCounts(n: number, m: number): Float64Array {
  const ranks = Array.from({ length: n + m }, (_, index) => index + 1);
  const least = (m * (m + 1)) / 2;
  return countSubsetsOfSize(ranks, m).subarray(least, least + n * m + 1);
}

/** Sorted values and the null distribution of how many of them are positive; without counts, its normal approximation. */
function estimateOf(sorted: Float64Array, confidence: number, counts: Float64Array | undefined, sigma: number): Estimate {
  const tail = (1 - confidence) / 2;
  const { k, reached } = counts ? exactRank(counts, tail) : approximateRank(sorted.length, sigma, tail, confidence);
  return {
    estimate: medianOfSorted(sorted),
    low: k > 0 ? sorted[k - 1]! : Number.NEGATIVE_INFINITY,
    high: k > 0 ? sorted[sorted.length - k]! : Number.POSITIVE_INFINITY,
    confidence: reached,
    k,
  };
}

/** The largest k with P(X <= k - 1) <= tail. */
function exactRank(counts: Float64Array, tail: number): { k: number; reached: number } {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  let k = 0;
  // A hair of tolerance: 1 - 0.9 is a little more than 0.1 in doubles, and a tail that is met exactly counts.
  while (k < counts.length / 2 && (below + counts[k]!) / total <= tail + 1e-12) below += counts[k++]!;
  return { k, reached: 1 - (2 * below) / total };
}

function approximateRank(size: number, sigma: number, tail: number, confidence: number): { k: number; reached: number } {
  const k = Math.max(0, Math.floor(size / 2 + sigma * normalQuantile(tail)));
  return { k, reached: k > 0 ? confidence : 1 };
}
