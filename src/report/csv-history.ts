import { CSV_PERCENTILES, REQUESTS } from './csv.js';
import { type CsvCell, csvText } from './csv-text.js';
import type { Report } from './report.js';

type Values = readonly (number | null)[];

const COLUMNS = [
  'Timestamp',
  'User Count',
  'Type',
  'Name',
  'Requests/s',
  'Failures/s',
  ...CSV_PERCENTILES.map((percent) => `${percent}%`),
  'Total Request Count',
  'Total Failure Count',
  'Total Median Response Time',
  'Total Average Response Time',
  'Total Min Response Time',
  'Total Max Response Time',
  'Total Average Content Size',
];

/** What of a second is a failed request. */
const FAILURES = ['sessions_failed', 'timeouts'];
const UNKNOWN = 'N/A';

/**
 * stats_history.csv with the columns of Locust, a row "Aggregated" a step, then the columns of the timeline by their own names.
 * A percentile is N/A where the timeline does not keep it, and in a step with requests of several kinds, whose percentiles cannot
 * be added. Of the totals only the counts and the maximum are known while a run goes on.
 */
export function renderHistoryCsv({ timeline, startedAt }: Report): string {
  const own = Object.entries(timeline).filter((entry): entry is [string, Values] => Array.isArray(entry[1]));
  const columns = new Map(own);
  const at = (name: string, step: number): number | null => columns.get(name)?.[step] ?? null;
  const steps = Math.max(0, ...own.map(([, values]) => values.length));
  const startSeconds = Date.parse(startedAt) / 1000;
  const rows: CsvCell[][] = [[...COLUMNS, ...own.map(([name]) => name)]];
  let requests = 0;
  let failures = 0;
  let most: number | null = null;
  let lastMs = 0;
  for (let step = 0; step < steps; step++) {
    const elapsedMs = at('elapsedMs', step) ?? (step + 1) * timeline.stepMs;
    const seconds = (elapsedMs - lastMs) / 1000;
    lastMs = elapsedMs;
    const kinds = [...REQUESTS.keys()].filter((name) => (at(`${name}_count`, step) ?? 0) > 0);
    const count = kinds.reduce((sum, name) => sum + at(`${name}_count`, step)!, 0);
    const failed = FAILURES.reduce((sum, name) => sum + (at(name, step) ?? 0), 0);
    requests += count;
    failures += failed;
    for (const name of kinds) most = Math.max(most ?? 0, at(`${name}_max`, step) ?? 0);
    const only = kinds.length === 1 ? kinds[0] : undefined;
    rows.push([
      Number.isFinite(startSeconds) ? Math.round(startSeconds + elapsedMs / 1000) : UNKNOWN,
      at('clients_open', step),
      '',
      'Aggregated',
      rate(count, seconds, timeline.stepMs),
      rate(failed, seconds, timeline.stepMs),
      ...CSV_PERCENTILES.map(
        (percent) => (only === undefined ? null : at(`${only}_${percent === 100 ? 'max' : `p${percent}`}`, step)) ?? UNKNOWN,
      ),
      requests,
      failures,
      UNKNOWN,
      UNKNOWN,
      UNKNOWN,
      most ?? UNKNOWN,
      UNKNOWN,
      ...own.map(([, values]) => values[step] ?? null),
    ]);
  }
  return csvText(rows);
}

/** Less than half a step, as a run ends, is too short for a rate. */
function rate(count: number, seconds: number, stepMs: number): CsvCell {
  return seconds * 2000 >= stepMs ? Math.round((count / seconds) * 1000) / 1000 : UNKNOWN;
}
