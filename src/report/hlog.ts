import type { Report } from './report.js';

/**
 * latency.hlog: HdrHistogram's log format 1.3, one line a trend over the whole run, tagged with the metric's name. Values
 * in the histograms are microseconds, the maximum column is milliseconds, times are seconds from the start.
 */
export function renderHlog(report: Report): string {
  const startSeconds = (Date.parse(report.startedAt) / 1000).toFixed(3);
  const lines = [
    '#[Histogram log format version 1.3]',
    `#[BaseTime: ${startSeconds} (seconds since epoch)]`,
    `#[StartTime: ${startSeconds} (seconds since epoch), ${report.startedAt}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ];
  for (const [name, histogram] of Object.entries(report.histograms)) {
    const metric = report.metrics[name] ?? report.tagged?.[name];
    const maxMs = metric?.type === 'trend' ? metric.max : 0;
    // A tag of this format ends at a comma or a space.
    lines.push(`Tag=${name.replace(/[\s,]/gu, ';')},0.000,${(report.durationMs / 1000).toFixed(3)},${maxMs.toFixed(3)},${histogram}`);
  }
  return `${lines.join('\n')}\n`;
}
