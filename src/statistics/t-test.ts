import { type Moments, moments } from './moments.js';
import { studentTwoSided, studentUpperTail } from './student-t.js';

export interface TTest {
  readonly t: number;
  readonly df: number;
  /** One-sided: the mean of b is larger. */
  readonly p: number;
  readonly pTwoSided: number;
}

/**
 * Whether the mean of b is larger than that of a, each with a spread of its own (Welch 1947). Needs two values on each side, else
 * RangeError. Given beside the rank tests for those who know it; no verdict rests on it.
 */
export function welch(a: readonly number[], b: readonly number[]): TTest {
  if (a.length < 2 || b.length < 2) throw new RangeError('a t test needs two values on each side');
  const [left, right] = [moments(a), moments(b)];
  const [shareA, shareB] = [left, right].map(({ n, squares }) => squares / (n - 1) / n) as [number, number];
  const t = standardised(right.mean - left.mean, Math.sqrt(shareA + shareB));
  const df = (shareA + shareB) ** 2 / (shareA ** 2 / (left.n - 1) + shareB ** 2 / (right.n - 1));
  return verdictOf(t, Number.isNaN(df) ? left.n + right.n - 2 : df);
}

/**
 * The same with one common spread (Student 1908), which also knows a side of a single value. Needs three values together, else
 * RangeError.
 */
export function student(a: readonly number[], b: readonly number[]): TTest {
  if (a.length === 0 || b.length === 0 || a.length + b.length < 3) throw new RangeError('a t test needs three values');
  const [left, right]: Moments[] = [moments(a), moments(b)] as [Moments, Moments];
  const df = left!.n + right!.n - 2;
  const variance = ((left!.squares + right!.squares) / df) * (1 / left!.n + 1 / right!.n);
  return verdictOf(standardised(right!.mean - left!.mean, Math.sqrt(variance)), df);
}

/** Without any spread two means are equal or as different as can be. */
const standardised = (difference: number, spread: number): number => (difference === 0 ? 0 : difference / spread);

const verdictOf = (t: number, df: number): TTest => ({ t, df, p: studentUpperTail(t, df), pTwoSided: studentTwoSided(t, df) });
