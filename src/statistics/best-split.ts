/** Where a series falls apart the most. */
export interface Split {
  /** Index of the first value after the change. */
  readonly at: number;
  /** How far apart the values before and after are, in their own unit; never below 0 where a split was found. */
  readonly qHat: number;
}

/**
 * The split of series[from, to) with the largest energy distance q between what comes before and what comes after it, where "after"
 * may end before `to` (Matteson and James 2014, "A nonparametric approach for multiple change point analysis", with exponent 1).
 * Undefined for fewer than two values. Takes O(n^2) steps and memory.
 */
export function bestSplit(series: ArrayLike<number>, from: number, to: number): Split | undefined {
  const size = to - from;
  if (size < 2) return undefined;
  const near = distanceSums(series, from, size);
  const sumTo = (value: number, end: number): number => near[value * (size + 1) + end]!;
  let best: Split = { at: from + 1, qHat: Number.NEGATIVE_INFINITY };
  let left = 0; // distances within the values before the split
  for (let split = 1; split < size; split++) {
    left += sumTo(split - 1, split - 1);
    let across = 0;
    let right = 0;
    for (let end = split + 1; end <= size; end++) {
      const value = end - 1;
      across += sumTo(value, split);
      right += sumTo(value, value) - sumTo(value, split);
      const qHat = energyDistance(across, left, right, split, end - split);
      if (qHat > best.qHat) best = { at: from + split, qHat };
    }
  }
  return best;
}

/** q of n values before and m after, from the sums of distances across and within. One value alone has no distance within. */
function energyDistance(across: number, left: number, right: number, n: number, m: number): number {
  const withinLeft = n > 1 ? ((2 * m) / ((n + m) * (n - 1))) * left : 0;
  const withinRight = m > 1 ? ((2 * n) / ((n + m) * (m - 1))) * right : 0;
  return (2 / (n + m)) * across - withinLeft - withinRight;
}

/** In row v, column e: the sum of |series[v] - series[i]| over i < e. */
function distanceSums(series: ArrayLike<number>, from: number, size: number): Float64Array {
  const sums = new Float64Array(size * (size + 1));
  for (let value = 0; value < size; value++) {
    const row = value * (size + 1);
    for (let end = 0; end < size; end++) sums[row + end + 1] = sums[row + end]! + Math.abs(series[from + value]! - series[from + end]!);
  }
  return sums;
}
