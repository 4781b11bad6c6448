import assert from 'node:assert/strict';
import type { BenchContext, BenchFigures } from '../../src/bench/bench.js';

/** A guard against a table that never ends: several times what the longest one needs on a slow machine. */
const LONGEST_MS = 600_000;

/** A table at the size that shows only that it works. */
export function smallContext(more: Partial<BenchContext> = {}): BenchContext {
  return { repetitions: 1, seed: 1, small: true, signal: AbortSignal.timeout(LONGEST_MS), progress: () => {}, ...more };
}

/** A measured number of a table, by the labels of its row and column. */
export function figureOf({ columns, rows }: BenchFigures, label: string, column: string): number {
  const measured = rows.find((row) => row.label === label)?.cells[columns.indexOf(column) - 1]?.measured;
  assert.equal(typeof measured, 'number', `${label}, ${column}`);
  return measured as number;
}
