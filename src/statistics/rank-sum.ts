import { normalUpperTail } from './normal.js';
import { rank } from './ranks.js';
import { countSubsetsOfSize, MOST_EXACT, tails } from './subset-sums.js';

export interface RankSum {
  /** How many pairs (a, b) have b > a; ties count half. 0 .. n m. */
  readonly u: number;
  /** One-sided: how likely a U of this size or larger is if both samples are of one kind. In (0, 1]. */
  readonly p: number;
  readonly pTwoSided: number;
  /** The one-sided p of the normal approximation, for comparison with tools that know no other. */
  readonly pAsymptotic: number;
  /** p and pTwoSided are counted, not approximated. */
  readonly exact: boolean;
  /** U / n m: the chance that a value of b is larger than one of a (Vargha and Delaney 2000). 0 .. 1. */
  readonly a12: number;
}

/**
 * Whether the values of b tend to be larger than those of a: the U test (Mann and Whitney 1947). Exact up to 50 values together,
 * with ties too (all ways to choose b's midranks are counted); beyond, normal with tie correction and half a step of continuity.
 * An empty sample gives p = 1. Throws RangeError for a value that is no finite number.
 */
export function rankSum(a: readonly number[], b: readonly number[]): RankSum {
  const values = [...a, ...b];
  if (!values.every(Number.isFinite)) throw new RangeError('a rank needs finite numbers');
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) return { u: 0, p: 1, pTwoSided: 1, pAsymptotic: 1, exact: true, a12: 0.5 };
  const { doubled, tieSum } = rank(values);
  const doubledSum = doubled.slice(n).reduce((sum, value) => sum + value, 0);
  const u = doubledSum / 2 - (m * (m + 1)) / 2;
  const asymptotic = approximate(u, n, m, tieSum);
  const shape = { u, pAsymptotic: asymptotic.upper, a12: u / (n * m) };
  if (n + m > MOST_EXACT) return { ...shape, p: asymptotic.upper, pTwoSided: asymptotic.twoSided, exact: false };
  const { upper, twoSided } = tails(countSubsetsOfSize(doubled, m), doubledSum);
  return { ...shape, p: upper, pTwoSided: twoSided, exact: true };
}

/** The normal approximation: sigma^2 = n m / 12 (N + 1 - sum(t^3 - t) / (N (N - 1))), half a step of continuity. */
function approximate(u: number, n: number, m: number, tieSum: number): { upper: number; twoSided: number } {
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - tieSum / (all * (all - 1)));
  if (!(variance > 0)) return { upper: 1, twoSided: 1 }; // all values are equal
  const sigma = Math.sqrt(variance);
  const distance = u - (n * m) / 2;
  return {
    upper: atLeastTiny(normalUpperTail((distance - 0.5) / sigma)),
    twoSided: atLeastTiny(Math.min(1, 2 * normalUpperTail((Math.abs(distance) - 0.5) / sigma))),
  };
}

/** A chance never is nothing, though it may be less than a double can say. */
const atLeastTiny = (p: number): number => Math.max(p, Number.MIN_VALUE);
