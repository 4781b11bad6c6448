import type { Annotation } from './github.js';
import type { Report } from './report.js';
import { actualText } from './summary-lines.js';

/** One annotation for each threshold of a run that did not hold, at its line in the scenario, and one for a run that is worth nothing. */
export function reportAnnotations(
  report: Report,
  file: string | undefined,
  places: readonly { readonly metric: string; readonly expression: string; readonly line: number }[],
): Annotation[] {
  const annotations = report.thresholds.flatMap((threshold): Annotation[] => {
    const { metric, expression, level, verdict } = threshold;
    if (verdict === 'pass') return [];
    const place = places.find((one) => one.metric === metric && one.expression === expression);
    return [
      {
        level: level === 'warn' ? 'warning' : 'error',
        title: `gwrk: ${metric} ${expression}`,
        message: actualText(report, threshold),
        ...(file !== undefined && { file, ...(place && { line: place.line }) }),
      },
    ];
  });
  if (report.verdict === 'invalid' || report.verdict === 'interrupted')
    annotations.push({ level: 'error', title: `gwrk: ${report.verdict}`, message: report.reason, ...(file !== undefined && { file }) });
  return annotations;
}
