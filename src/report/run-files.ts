import { join } from 'node:path';
import { renderStatsCsv } from './csv.js';
import { renderHistoryCsv } from './csv-history.js';
import type { PageOptions } from './html/page.js';
import { renderHtml } from './html/page.js';
import { renderJunit } from './junit.js';
import { renderMarkdown } from './markdown.js';
import type { Report } from './report.js';

/** What follows from the report alone, so that it can be made again: all in the directory of a run but report.json and latency.hlog. */
const FILES: readonly (readonly [name: string, render: (report: Report, page: PageOptions) => string])[] = [
  ['index.html', renderHtml],
  ['summary.md', renderMarkdown],
  ['junit.xml', renderJunit],
  ['stats.csv', renderStatsCsv],
  ['stats_history.csv', renderHistoryCsv],
];

/** The paths and texts of those files below `directory`, one after another, so that one that cannot be made keeps no other back. */
export function* runFiles(report: Report, directory: string, page: PageOptions = {}): Generator<readonly [path: string, text: string]> {
  for (const [name, render] of FILES) yield [join(directory, name), render(report, page)];
}
