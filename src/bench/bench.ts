import type { BenchCell, BenchResult } from '../report/bench-result.js';

/** What a table is measured with. */
export interface BenchContext {
  /** At least 1; figures are medians over so many. */
  readonly repetitions: number;
  readonly seed: number;
  /** A size that takes seconds and shows only that the table works. */
  readonly small: boolean;
  /** Aborted by ctrl-C: children are to be ended, and what is measured is given up. */
  readonly signal: AbortSignal;
  /** Where files beside the table go (flame graphs); undefined without --out. */
  readonly directory?: string;
  /** A PostgreSQL server for the table that compares with one. */
  readonly postgres?: string;
  /** Clients of the largest row of the table million; undefined: as many as its time and this machine allow. */
  readonly clients?: number;
  /** Says on stderr what is being done. */
  progress(text: string): void;
}

/** What a table's own code measures; name, time and place are added around it. */
export type BenchFigures = Pick<BenchResult, 'how' | 'columns' | 'rows' | 'notes'>;

/** One comparison table. */
export interface Bench {
  readonly name: string;
  /** What is compared, in one line. */
  readonly title: string;
  measure(context: BenchContext): Promise<BenchFigures>;
}

/** The median of repeated figures with their range. */
export function repeated(values: readonly number[], unit: string, published?: string): BenchCell {
  if (values.length === 0) return missing('nothing was measured', published);
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { measured: median, unit, range: [sorted[0]!, sorted.at(-1)!], ...(published !== undefined && { published }) };
}

/** A figure that could not be taken, and why. */
export function missing(reason: string, published?: string): BenchCell {
  return { measured: null, reason, ...(published !== undefined && { published }) };
}
