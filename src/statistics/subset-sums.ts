/** Most values whose subsets are counted one by one: C(50, 25) still is an exact double. */
export const MOST_EXACT = 50;

/**
 * How many subsets of `size` of the values have each sum: the exact null distribution of a rank sum, ties included
 * (Streitberg and Röhmel 1986, the shift algorithm). Values are integers >= 0; at most MOST_EXACT of them.
 */
export function countSubsetsOfSize(values: readonly number[], size: number): Float64Array {
  const total = values.reduce((sum, value) => sum + value, 0);
  const counts = Array.from({ length: size + 1 }, () => new Float64Array(total + 1));
  counts[0]![0] = 1;
  let reached = 0;
  values.forEach((value, index) => {
    reached += value;
    for (let taken = Math.min(size, index + 1); taken >= 1; taken--) {
      const without = counts[taken - 1]!;
      const into = counts[taken]!;
      for (let sum = reached; sum >= value; sum--) into[sum]! += without[sum - value]!;
    }
  });
  return counts[size]!;
}

/** How many subsets of any size have each sum: the exact null distribution of a signed-rank sum. At most MOST_EXACT integers >= 0. */
export function countSubsets(values: readonly number[]): Float64Array {
  const counts = new Float64Array(values.reduce((sum, value) => sum + value, 0) + 1);
  counts[0] = 1;
  let reached = 0;
  for (const value of values) {
    reached += value;
    for (let sum = reached; sum >= value; sum--) counts[sum]! += counts[sum - value]!;
  }
  return counts;
}

export interface Tails {
  /** P(X <= at). */
  readonly lower: number;
  /** P(X >= at). */
  readonly upper: number;
  /** Twice the smaller one, at most 1. */
  readonly twoSided: number;
}

/** The tails of a distribution given by counts, both with `at` itself. */
export function tails(counts: Float64Array, at: number): Tails {
  let below = 0;
  let above = 0;
  counts.forEach((count, value) => {
    if (value < at) below += count;
    else if (value > at) above += count;
  });
  const here = counts[at] ?? 0;
  const total = below + here + above;
  const lower = (below + here) / total;
  const upper = (above + here) / total;
  return { lower, upper, twoSided: Math.min(1, 2 * Math.min(lower, upper)) };
}
