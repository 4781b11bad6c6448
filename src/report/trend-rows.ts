import { samplesNeeded } from '../measure/histogram.js';
import { TREND_NAMES } from '../measure/metric-names.js';
import type { TrendRecord } from './metrics.js';
import { formatCount, formatFigure } from './quantity.js';
import type { Report } from './report.js';

/** Heads of the trend table, the same in every rendering. Values are milliseconds. */
export const TREND_HEADS: readonly string[] = ['trend, ms', 'count', 'p(50)', 'p(90)', 'p(99)', 'p(99.9)', 'max'];

/** One row a trend that has samples, in the order of the connect: connect split, session, messages, the rest. */
export function trendRows(report: Report): string[][] {
  const rows: string[][] = [];
  for (const name of TREND_NAMES) {
    const trend = report.metrics[name];
    if (trend?.type === 'trend') rows.push([name, ...cells(trend)]);
  }
  return rows;
}

function cells(trend: TrendRecord): string[] {
  const percentile = (percent: number, ms: number): string => (trend.count < samplesNeeded(percent) ? 'n/a' : formatFigure(ms));
  return [
    formatCount(trend.count),
    percentile(50, trend.med),
    percentile(90, trend.p90),
    percentile(99, trend.p99),
    percentile(99.9, trend.p999),
    formatFigure(trend.max),
  ];
}

/** True when a percentile was left out for want of samples, so that the reader is told why. */
export function lacksSamples(report: Report): boolean {
  return trendRows(report).some((row) => row.includes('n/a'));
}
