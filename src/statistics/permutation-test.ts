import { Prng } from '../core/prng.js';
import { bestSplit } from './best-split.js';

/**
 * How likely chance alone splits series[from, to) as clearly as it is split best: the share of shuffled orders whose best split is
 * at least as clear (Matteson and James 2014). Unlike a t test at the split that was chosen, it pays for having chosen. In (0, 1];
 * never below 1 / (permutations + 1). The same seed gives the same answer.
 */
export function permutationP(series: readonly number[], from: number, to: number, seed: number, permutations = 999): number {
  const found = bestSplit(series, from, to);
  if (found === undefined) return 1;
  const prng = new Prng(seed);
  const shuffled = Float64Array.from(series.slice(from, to));
  // Sums of the same distances in another order differ in their last digits.
  const asClear = found.qHat - Math.abs(found.qHat) * 1e-12;
  let reached = 1;
  for (let round = 0; round < permutations; round++) {
    shuffle(shuffled, prng);
    if (bestSplit(shuffled, 0, shuffled.length)!.qHat >= asClear) reached++;
  }
  return reached / (permutations + 1);
}

/** Fisher and Yates. */
function shuffle(values: Float64Array, prng: Prng): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = prng.between(0, last);
    const value = values[last]!;
    values[last] = values[other]!;
    values[other] = value;
  }
}
