import { GwrkError } from '../../core/errors.js';
import { type CsvCell, csvText } from '../csv-text.js';
import { printable } from '../printable.js';
import type { HistoryEntry } from './history.js';
import { entriesOf, metricsOf } from './trend.js';

export interface OtavaCsv {
  readonly text: string;
  /** Entries that are not in it: of an older form of the scenario, or without one of the metrics. */
  readonly leftOut: number;
}

/**
 * A history as the CSV that Apache Otava imports: time, commit, and a column a metric. Otava takes a file for one test and knows no
 * empty cell, so it holds the newest form of one scenario, and only entries with every metric. Throws GWRK_USAGE when the
 * history has several scenarios and none was chosen.
 */
export function renderOtavaCsv(
  entries: readonly HistoryEntry[],
  { scenario, metrics }: { readonly scenario?: string; readonly metrics?: readonly string[] } = {},
): OtavaCsv {
  const chosen = entriesOf(entries, scenario);
  const scenarios = [...new Set(chosen.map((entry) => entry.scenario))];
  if (scenarios.length > 1)
    throw new GwrkError('GWRK_USAGE', 'the history has several scenarios, and a CSV file of Otava holds one', {
      where: '--csv',
      allowed: scenarios.map((name) => printable(name, 60)).join(', '),
      hint: 'choose one: --scenario <name>',
    });
  const newest = chosen.at(-1);
  const same = chosen.filter(({ hash }) => hash === newest?.hash);
  const columns = metrics && metrics.length > 0 ? metricsOf(same, metrics) : Object.keys(newest?.metrics ?? {});
  const whole = same.filter((entry) => columns.every((name) => Object.hasOwn(entry.metrics, name)));
  const rows = whole.map((entry): CsvCell[] => [entry.at, entry.commit ?? '', ...columns.map((name) => entry.metrics[name]!)]);
  return { text: csvText([['time', 'commit', ...columns], ...rows]), leftOut: chosen.length - whole.length };
}
