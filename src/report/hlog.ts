import { TREND_NAMES } from '../measure/metric-names.js';
import type { TrendGrowth } from '../measure/snapshot.js';
import { encodeV2 } from '../measure/v2-encoding.js';
import { printable } from './printable.js';
import type { Report } from './report.js';

/**
 * HdrHistogram's log format 1.3. A line is a tag (the metric's name), start and length in seconds from BaseTime, the
 * maximum in milliseconds, and a histogram of microseconds.
 */
export const HLOG_FILE = 'latency.hlog';

/** One metric within one interval, as a line. Neighbours meet to the millisecond. */
export function intervalLine({ trend, fromMs, untilMs, counts, maxUs }: TrendGrowth): string {
  const [from, until] = [Math.max(0, Math.round(fromMs)), Math.max(0, Math.round(untilMs))];
  return lineOf(TREND_NAMES[trend]!, from, until - from, maxUs / 1000, encodeV2(counts));
}

/** Whatever stands before the lines of the seconds. `comment` is for whoever opens the file. */
export function hlogHead(report: Report, comment?: string): string {
  return [
    '#[Histogram log format version 1.3]\n',
    `${baseTime(report)}\n`,
    `#[StartTime: ${startSeconds(report)} (seconds since epoch), ${printable(report.startedAt, 40)}]\n`,
    comment === undefined ? '' : `#[${comment}]\n`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n',
  ].join('');
}

/** The line by which a log is known to be of that run. */
export const baseTime = (report: Report): string => `#[BaseTime: ${startSeconds(report)} (seconds since epoch)]`;

/** A line of the whole run for each histogram of the report that `isWanted`. */
export function wholeLines(report: Report, isWanted: (name: string) => boolean = () => true): string {
  let lines = '';
  for (const [name, histogram] of Object.entries(report.histograms)) {
    if (!isWanted(name)) continue;
    if (!/^[A-Za-z0-9+/]+=*$/.test(histogram)) continue; // a changed report.json must not write lines of its own
    const metric = report.metrics[name] ?? report.tagged?.[name];
    lines += lineOf(name, 0, report.durationMs, metric?.type === 'trend' ? metric.max : 0, histogram);
  }
  return lines;
}

/** The log as far as it can be made from the report alone, which does not have the seconds. */
export function renderHlog(report: Report): string {
  return hlogHead(report, 'One line is of the whole run: the seconds are not in report.json') + wholeLines(report);
}

function lineOf(name: string, fromMs: number, lengthMs: number, maxMs: number, histogram: string): string {
  const tag = name.replace(/[\s,\u0000-\u001f]/gu, ';'); // a tag of this format ends at a comma or a space
  return `Tag=${tag},${(fromMs / 1000).toFixed(3)},${(lengthMs / 1000).toFixed(3)},${maxMs.toFixed(3)},${histogram}\n`;
}

function startSeconds({ startedAt }: Report): string {
  const startMs = Date.parse(startedAt);
  return ((Number.isFinite(startMs) ? startMs : 0) / 1000).toFixed(3);
}
