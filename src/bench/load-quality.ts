import type { Report } from '../report/report.js';

/** A note when the generator of some runs found its own figures wanting; none when all are well. */
export function qualityNotes(reports: readonly Report[]): string[] {
  const invalid = reports.filter(({ verdict }) => verdict === 'invalid');
  if (invalid.length === 0) return [];
  return [
    `In ${invalid.length} of ${reports.length} runs the generator did not keep its own plan, and its latencies are too high: ${invalid[0]!.reason}`,
  ];
}
