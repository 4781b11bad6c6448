import { join } from 'node:path';
import { renderStatsCsv } from './csv.js';
import { renderHistoryCsv } from './csv-history.js';
import { renderHlog } from './hlog.js';
import type { PageOptions } from './html/page.js';
import { renderHtml } from './html/page.js';
import { renderJunit } from './junit.js';
import { renderMarkdown } from './markdown.js';
import type { Report } from './report.js';

/** Everything beside report.json in the directory of a run: each follows from the report alone, so it can be made again. */
const FILES: readonly (readonly [name: string, render: (report: Report, page: PageOptions) => string])[] = [
  ['index.html', renderHtml],
  ['summary.md', renderMarkdown],
  ['latency.hlog', renderHlog],
  ['junit.xml', renderJunit],
  ['stats.csv', renderStatsCsv],
  ['stats_history.csv', renderHistoryCsv],
];

/** The paths and texts of those files below `directory`, one after another, so that one that cannot be made keeps no other back. */
export function* runFiles(report: Report, directory: string, page: PageOptions = {}): Generator<readonly [path: string, text: string]> {
  for (const [name, render] of FILES) yield [join(directory, name), render(report, page)];
}
