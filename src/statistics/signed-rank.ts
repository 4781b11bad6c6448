import { normalUpperTail } from './normal.js';
import { rank } from './ranks.js';
import { countSubsets, MOST_EXACT, tails } from './subset-sums.js';

export interface SignedRank {
  /** Sum of the ranks of the positive differences. 0 .. n (n + 1) / 2. */
  readonly wPlus: number;
  /** One-sided: how likely a sum of this size or larger is if differences fall around zero evenly. In (0, 1]. */
  readonly p: number;
  readonly pTwoSided: number;
  /** Differences that are not zero. */
  readonly n: number;
  /** p and pTwoSided are counted, not approximated. */
  readonly exact: boolean;
}

/**
 * Whether paired differences tend to be positive: the signed-rank test (Wilcoxon 1945). Zeros are dropped, equal sizes share
 * midranks; all 2^n signs are counted up to n = 50, beyond it is normal with tie correction and half a step of continuity.
 * No difference at all gives p = 1. Throws RangeError for a value that is no finite number.
 */
export function signedRank(differences: readonly number[]): SignedRank {
  if (!differences.every(Number.isFinite)) throw new RangeError('a rank needs finite numbers');
  const kept = differences.filter((difference) => difference !== 0);
  const n = kept.length;
  if (n === 0) return { wPlus: 0, p: 1, pTwoSided: 1, n, exact: true };
  const { doubled, tieSum } = rank(kept.map(Math.abs));
  const doubledSum = doubled.reduce((sum, value, index) => (kept[index]! > 0 ? sum + value : sum), 0);
  const wPlus = doubledSum / 2;
  if (n <= MOST_EXACT) {
    const { upper, twoSided } = tails(countSubsets(doubled), doubledSum);
    return { wPlus, p: upper, pTwoSided: twoSided, n, exact: true };
  }
  const sigma = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - tieSum / 48);
  const distance = wPlus - (n * (n + 1)) / 4;
  const p = normalUpperTail((distance - 0.5) / sigma);
  const pTwoSided = Math.min(1, 2 * normalUpperTail((Math.abs(distance) - 0.5) / sigma));
  return { wPlus, p: Math.max(p, Number.MIN_VALUE), pTwoSided: Math.max(pTwoSided, Number.MIN_VALUE), n, exact: false };
}
