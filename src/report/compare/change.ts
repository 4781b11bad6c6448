import { ratio } from '../../statistics/hodges-lehmann.js';
import { median } from '../../statistics/median.js';
import { rankSum } from '../../statistics/rank-sum.js';

/** Two-sided level of each row. */
export const ALPHA = 0.01;
/** Of the interval around a change. */
export const CONFIDENCE = 0.9;

/** What became of a figure. */
export interface Change {
  /**
   * changed: the runs of both sides differ more than chance explains. unchanged: they do not. untold: with so few runs nothing they
   * measure could tell.
   */
  readonly verdict: 'changed' | 'unchanged' | 'untold';
  /** after / before; of repeated runs by Hodges and Lehmann; null where a value is zero. */
  readonly ratio: number | null;
  /** Its interval, of repeated runs; null with too few for one. */
  readonly low: number | null;
  readonly high: number | null;
  /** Median after minus median before, in the figure's unit. */
  readonly difference: number;
  /** Two-sided p of the U test; null when the verdict is untold. */
  readonly p: number | null;
}

/** How the values after differ from those before, one value a run; null without a value on both sides. */
export function changeOf(before: readonly number[], after: readonly number[]): Change | null {
  if (before.length === 0 || after.length === 0) return null;
  const isAbove = [...before, ...after].every((value) => value > 0);
  const effect = isAbove ? ratio(before, after, CONFIDENCE) : undefined;
  const interval = effect && effect.k > 0 ? { low: effect.low, high: effect.high } : { low: null, high: null };
  const p = leastP(before.length, after.length) < ALPHA ? rankSum(before, after).pTwoSided : null;
  return {
    verdict: p === null ? 'untold' : p < ALPHA ? 'changed' : 'unchanged',
    ratio: effect?.estimate ?? null,
    ...interval,
    difference: median(after) - median(before),
    p,
  };
}

/** The smallest two-sided p that so many runs can have: 2 / C(n + m, n). 5 and 5 runs are the fewest equal numbers below 0.01. */
export function leastP(n: number, m: number): number {
  let p = 2;
  for (let i = 1; i <= n; i++) p *= i / (m + i);
  return Math.min(1, p);
}
