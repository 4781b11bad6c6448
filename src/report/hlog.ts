import { printable } from './printable.js';
import type { Report } from './report.js';

/**
 * latency.hlog: HdrHistogram's log format 1.3, one line a trend over the whole run, tagged with the metric's name. Values
 * in the histograms are microseconds, the maximum column is milliseconds, times are seconds from the start.
 */
export function renderHlog(report: Report): string {
  const startMs = Date.parse(report.startedAt);
  const startSeconds = ((Number.isFinite(startMs) ? startMs : 0) / 1000).toFixed(3);
  const lines = [
    '#[Histogram log format version 1.3]',
    `#[BaseTime: ${startSeconds} (seconds since epoch)]`,
    `#[StartTime: ${startSeconds} (seconds since epoch), ${printable(report.startedAt, 40)}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ];
  for (const [name, histogram] of Object.entries(report.histograms)) {
    if (!/^[A-Za-z0-9+/]+=*$/.test(histogram)) continue; // a changed report.json must not write lines of its own
    const metric = report.metrics[name] ?? report.tagged?.[name];
    const maxMs = metric?.type === 'trend' ? metric.max : 0;
    // A tag of this format ends at a comma or a space.
    lines.push(
      `Tag=${name.replace(/[\s,\u0000-\u001f]/gu, ';')},0.000,${(report.durationMs / 1000).toFixed(3)},${maxMs.toFixed(3)},${histogram}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
