import { blindThresholds, closedLoopNote } from './closed-loop.js';
import { CURVE_HEADS, curveRows } from './find-max.js';
import { literal, table } from './markdown-text.js';
import { formatClock } from './quantity.js';
import type { Report } from './report.js';
import { actualText, clientLines, counterRows, errorRows, machineLines } from './summary-lines.js';
import { lacksSamples, TREND_HEADS, trendRows } from './trend-rows.js';

/** summary.md: the terminal's blocks as GitHub-flavoured Markdown, the verdict first. */
export function renderMarkdown(report: Report): string {
  const parts = [`# ${literal(report.scenario)}: ${report.verdict}`, `${literal(report.reason)}.`];
  if (report.findings.length > 0) parts.push(report.findings.map((finding) => `- ${literal(finding)}`).join('\n'));
  parts.push(`Started ${literal(report.startedAt)}, ${formatClock(report.durationMs)} long, exit code ${report.exitCode}.`);
  if (report.thresholds.length > 0) {
    const rows = report.thresholds.map((threshold) => [
      threshold.verdict === 'fail' ? '**fail**' : threshold.verdict,
      threshold.metric,
      threshold.expression + (threshold.level === 'warn' ? ' (warn)' : ''),
      actualText(report, threshold),
    ]);
    parts.push('## Thresholds', table(['verdict', 'metric', 'threshold', 'actual'], rows, 4, ['**fail**']));
    parts.push(...blindThresholds(report).map(literal));
  }
  if (report.findMax) {
    const { of, bounds } = report.findMax;
    parts.push(`## Highest ${of} that met ${literal(bounds.join(' and '))}`, table(CURVE_HEADS, curveRows(report.findMax), 0));
  }
  parts.push('## Results');
  const trends = trendRows(report);
  if (trends.length > 0) parts.push(table(TREND_HEADS, trends, 1));
  if (lacksSamples(report)) parts.push('n/a: fewer than ten samples beyond that percentile');
  const closed = closedLoopNote(report);
  if (closed !== undefined) parts.push(literal(closed));
  const counters = counterRows(report);
  if (counters.length > 0) parts.push(table(['counter', 'total', 'rate'], counters, 1));
  parts.push(
    table(
      ['', ''],
      [...clientLines(report), ...machineLines(report)].map(([label, text]) => [label, text]),
      2,
    ),
  );
  if (report.errors.length > 0) parts.push('## Errors', table(['code', 'count', 'first'], errorRows(report), 1));
  return `${parts.join('\n\n')}\n`;
}
