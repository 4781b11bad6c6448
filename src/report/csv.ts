import { percentilesMs } from '../measure/percentile-curve.js';
import { type CsvCell, csvText } from './csv-text.js';
import type { MetricRecord, TrendRecord } from './metrics.js';
import type { Report } from './report.js';

/** Locust's percentiles. */
export const CSV_PERCENTILES = [50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100] as const;

const COLUMNS = [
  'Type',
  'Name',
  'Request Count',
  'Failure Count',
  'Median Response Time',
  'Average Response Time',
  'Min Response Time',
  'Max Response Time',
  'Average Content Size',
  'Requests/s',
  'Failures/s',
  ...CSV_PERCENTILES.map((percent) => `${percent}%`),
];

/** Trends that are a request and its answer, and how many of those failed. Every other trend is a part of one of these, or of gwrk itself. */
export const REQUESTS: ReadonlyMap<string, { readonly type: string; readonly failures: (report: Report) => number }> = new Map([
  ['session_ready', { type: 'CONNECT', failures: (report) => countOf(report, 'sessions_failed') }],
  // The ledger holds HTTP requests too.
  [
    'ws_msg_rtt',
    {
      type: 'WS',
      failures: (report) => Math.max(0, report.ledger.fail + report.ledger.indeterminate - countOf(report, 'http_reqs_failed')),
    },
  ],
  ['http_req_duration', { type: 'HTTP', failures: (report) => countOf(report, 'http_reqs_failed') }],
]);

/**
 * stats.csv (RFC 4180) with the columns of Locust: a row a trend (milliseconds), then the counters, rates and gauges, whose Type says
 * so, and last the requests together. "Average Content Size" stays empty where sizes were not kept for each request.
 */
export function renderStatsCsv(report: Report): string {
  const seconds = report.durationMs / 1000;
  const rows: CsvCell[][] = [COLUMNS];
  let requests = 0;
  let failures = 0;
  let weighted = 0;
  const together: TrendRecord[] = [];
  const histograms: string[] = [];
  for (const [name, metric] of Object.entries(report.metrics)) {
    const request = REQUESTS.get(name);
    if (metric.type !== 'trend') {
      rows.push([metric.type, name, ...countCells(metric), ...blanks(CSV_PERCENTILES.length)]);
      continue;
    }
    const failed = request?.failures(report) ?? 0;
    const v2 = Object.hasOwn(report.histograms, name) ? [report.histograms[name]!] : [];
    rows.push([request?.type ?? 'trend', name, ...trendCells(metric, failed, seconds), ...percentileCells(v2, metric)]);
    if (!request) continue;
    requests += metric.count;
    failures += failed;
    weighted += metric.avg * metric.count;
    together.push(metric);
    histograms.push(...v2);
  }
  const most = together.length > 0 ? Math.max(...together.map(({ max }) => max)) : null;
  const [median] = percentilesMs(histograms, [50]) ?? [null];
  rows.push([
    '',
    'Aggregated',
    requests,
    failures,
    median ?? null,
    requests > 0 ? thousandths(weighted / requests) : null,
    together.length > 0 ? Math.min(...together.map(({ min }) => min)) : null,
    most,
    null,
    rate(requests, seconds),
    rate(failures, seconds),
    // The greatest value of a bucket may lie above what was really measured.
    ...(percentilesMs(histograms, CSV_PERCENTILES)?.map((ms) => Math.min(ms, most ?? ms)) ?? blanks(CSV_PERCENTILES.length)),
  ]);
  return csvText(rows);
}

function countOf({ metrics }: Report, name: string): number {
  const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  return metric?.type === 'counter' ? metric.count : 0;
}

function trendCells({ count, med, avg, min, max }: TrendRecord, failed: number, seconds: number): CsvCell[] {
  return [count, failed, med, avg, min, max, null, rate(count, seconds), rate(failed, seconds)];
}

function countCells(metric: Exclude<MetricRecord, TrendRecord>): CsvCell[] {
  switch (metric.type) {
    case 'counter':
      return [metric.count, null, ...blanks(5), metric.rate, null];
    case 'rate':
      return [metric.passes + metric.fails, metric.fails, ...blanks(7)];
    case 'gauge':
      return [metric.value, null, ...blanks(7)];
  }
}

/** From the histogram; where a report has none of it, those that the metric itself keeps. */
function percentileCells(v2: readonly string[], metric: TrendRecord): CsvCell[] {
  const kept = new Map<number, number>([
    [50, metric.med],
    [90, metric.p90],
    [95, metric.p95],
    [99, metric.p99],
    [99.9, metric.p999],
    [100, metric.max],
  ]);
  const values = percentilesMs(v2, CSV_PERCENTILES);
  return CSV_PERCENTILES.map((percent, index) => kept.get(percent) ?? values?.[index] ?? null);
}

function rate(count: number, seconds: number): CsvCell {
  return seconds > 0 ? thousandths(count / seconds) : null;
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function blanks(count: number): null[] {
  return new Array<null>(count).fill(null);
}
