import type { BenchCell, BenchResult } from './bench-result.js';
import { printable } from './printable.js';
import { formatClock, formatFigure } from './quantity.js';

/** Counts as they are, all else to three digits. */
const figure = (value: number): string => (Number.isInteger(value) ? value.toLocaleString('en') : formatFigure(value));

/** "38.2 ms", with the range of the repetitions where there were several: "38.2 ms (36.1 to 41.0)". "-" when it was not measured. */
export function measuredText({ measured, unit, range }: BenchCell): string {
  if (measured === null) return '-';
  if (typeof measured === 'string') return printable(measured, 60);
  const text = unit === undefined || unit === '' ? figure(measured) : `${figure(measured)} ${unit}`;
  const [low, high] = range ? [figure(range[0]), figure(range[1])] : ['', ''];
  return low === high ? text : `${text} (${low} to ${high})`;
}

export function publishedText({ published }: BenchCell): string {
  return published === undefined ? '' : printable(published, 60);
}

/** Whether any cell stands beside a published figure. */
export function hasPublished(result: BenchResult): boolean {
  return result.rows.some(({ cells }) => cells.some(({ published }) => published !== undefined));
}

/** Notes of the table and the reasons of its gaps, each reason once, in the order of the rows. */
export function noteLines(result: BenchResult): string[] {
  const gaps = new Map<string, string[]>();
  for (const { label, cells } of result.rows) {
    const isEmpty = cells.every(({ measured, reason }) => measured === null && reason === cells[0]!.reason);
    for (const [column, { measured, reason }] of cells.entries()) {
      if (measured !== null || reason === undefined || (isEmpty && column > 0)) continue;
      gaps.set(reason, [...(gaps.get(reason) ?? []), isEmpty ? label : `${label}, ${result.columns[column + 1]}`]);
    }
  }
  const reasons = [...gaps].map(([reason, places]) => `${places.join('; ')}: ${reason}`);
  const small = result.small ? ['Measured at small size, to show that it works: the figures are worth nothing.'] : [];
  return [...small, ...result.notes, ...reasons].map((line) => printable(line, 400));
}

/** Where and when: one line. */
export function footer({ environment, repetitions, seed, startedAt, durationMs }: BenchResult): string {
  const { cpu, cores, node, system } = environment;
  const times = `${repetitions} ${repetitions === 1 ? 'run' : 'runs, medians'}`;
  return printable(
    `${times}, seed ${seed}; ${cpu}, ${cores} cores, ${node}, ${system}; ${startedAt.slice(0, 16)}Z, took ${formatClock(durationMs)}`,
    300,
  );
}
