import { GwrkError } from '../core/errors.js';
import { samplesNeeded } from '../measure/histogram.js';
import { printable } from './printable.js';
import type { Report } from './report.js';

/** One figure for a dashboard of others. */
export interface DashboardFigure {
  /** "ws_msg_rtt.p99". */
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** "± 1.2", or from where to where. */
  readonly range?: string;
  readonly extra?: string;
}

/** One row of a history. */
export interface DashboardRow {
  /** ISO. */
  readonly at: string;
  readonly commit: string;
  readonly scenario: string;
  readonly figures: readonly DashboardFigure[];
}

const FIGURES = { med: 50, p95: 95, p99: 99 } as const;

/** Median, P95 and P99 of every trend of a run, milliseconds, where it has enough samples for them. */
export function dashboardFigures({ metrics }: Report): DashboardFigure[] {
  return Object.entries(metrics).flatMap(([name, metric]) =>
    metric.type === 'trend'
      ? (Object.keys(FIGURES) as (keyof typeof FIGURES)[])
          .filter((figure) => metric.count >= samplesNeeded(FIGURES[figure]))
          .map((figure) => ({ name: `${name}.${figure}`, unit: 'ms', value: metric[figure], extra: `${metric.count} samples` }))
      : [],
  );
}

/** The file that github-action-benchmark reads as customSmallerIsBetter. */
export function renderBenchJson(figures: readonly DashboardFigure[]): string {
  return `${JSON.stringify(figures, ['name', 'unit', 'value', 'range', 'extra'], 1)}\n`;
}

/**
 * `row` behind what an Otava file holds already: `time`, `commit`, `scenario` and one column a figure. Otava refuses a file
 * with an empty cell, so the columns of the first row stay those of the file. Throws GWRK_USAGE for a file of another form,
 * or when a figure of it is missing now.
 */
export function appendOtavaRow(existing: string | undefined, row: DashboardRow, where: string): string {
  const values: Readonly<Record<string, string>> = {
    time: row.at,
    commit: row.commit,
    scenario: row.scenario,
    ...Object.fromEntries(row.figures.map(({ name, value }) => [name, String(value)])),
  };
  const before = existing === undefined || existing.trim() === '' ? undefined : existing.replace(/\n*$/u, '\n');
  const columns = before === undefined ? Object.keys(values) : before.split('\n', 1)[0]!.split(',').map(unquoted);
  const missing = columns.filter((column) => !Object.hasOwn(values, column));
  if (missing.length > 0 || columns[0] !== 'time')
    throw new GwrkError('GWRK_USAGE', 'the file of --otava cannot take this row', {
      where,
      given:
        missing.length > 0
          ? `no value for ${missing.slice(0, 5).join(', ')}`
          : `a file that begins with ${printable(columns[0] ?? '', 40)}`,
      allowed: 'a file of this scenario that gwrk wrote, or none yet',
      hint: 'give another file, or move that one away',
    });
  const line = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\n`;
  return (before ?? line(columns)) + line(columns.map((column) => values[column]!));
}

/** One cell of RFC 4180; in quotes where it must be. What a spreadsheet would take for a formula is not one. */
function cell(text: string): string {
  const plain = printable(text, 200).replace(/^[=+\-@]/u, "'$&");
  return /[",]/u.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

const unquoted = (text: string): string => text.trim().replace(/^"(.*)"$/u, '$1');
