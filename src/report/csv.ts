import type { Report } from './report.js';

export type Cell = string | number | null;

const COLUMNS = ['metric', 'type', 'count', 'rate', 'min', 'avg', 'med', 'p90', 'p95', 'p99', 'p99.9', 'max'];

/** stats.csv (RFC 4180): one row a metric; trends in ms, counters a second, rates 0 to 1, gauges as max. */
export function renderStatsCsv(report: Report): string {
  const rows: Cell[][] = [COLUMNS];
  for (const [name, metric] of Object.entries(report.metrics)) {
    switch (metric.type) {
      case 'trend': {
        const { count, min, avg, med, p90, p95, p99, p999, max } = metric;
        rows.push([name, 'trend', count, null, min, avg, med, p90, p95, p99, p999, max]);
        break;
      }
      case 'counter':
        rows.push([name, 'counter', metric.count, metric.rate, ...blanks(8)]);
        break;
      case 'rate':
        rows.push([name, 'rate', metric.passes + metric.fails, metric.rate, ...blanks(8)]);
        break;
      case 'gauge':
        rows.push([name, 'gauge', null, null, ...blanks(7), metric.value]);
        break;
    }
  }
  return csv(rows);
}

/** stats_history.csv: the timeline, one row a step. */
export function renderHistoryCsv(report: Report): string {
  const columns = Object.entries(report.timeline).filter((entry): entry is [string, readonly (number | null)[]] => Array.isArray(entry[1]));
  const steps = columns[0]?.[1].length ?? 0;
  const rows: Cell[][] = [columns.map(([name]) => name)];
  for (let step = 0; step < steps; step++) rows.push(columns.map(([, values]) => values[step] ?? null));
  return csv(rows);
}

function blanks(count: number): null[] {
  return new Array<null>(count).fill(null);
}

/** Rows as CSV (RFC 4180); texts that a spreadsheet would take for a formula begin with an apostrophe. */
export function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet takes text that begins so for a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
