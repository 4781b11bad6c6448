import type { RunSet } from '../../../src/report/compare/run-set.js';
import { buildReport, type Report } from '../../../src/report/report.js';
import { sampleRun } from '../sample-run.js';

const MACHINE = {
  gwrk: '0.1.0',
  node: 'v20.20.2',
  system: 'linux 6.12',
  arch: 'x64',
  cpu: 'Example CPU',
  cores: 2,
  memoryBytes: 8 * 2 ** 30,
};

/** The sample run on a machine that says what it is. Clients, errors and everything else are as in sample-run.ts. */
export const sample: Report = { ...buildReport(sampleRun()), environment: MACHINE };

export interface Changed {
  /** P99 of session_ready, ms. */
  readonly connectMs?: number;
  readonly rssPeakBytes?: number;
  readonly gcPerMinute?: number;
}

/** The sample run with other figures. */
export function changed({ connectMs, rssPeakBytes, gcPerMinute }: Changed, rest: Partial<Report> = {}): Report {
  const ready = sample.metrics.session_ready!;
  return {
    ...sample,
    metrics: {
      ...sample.metrics,
      ...(connectMs !== undefined && ready.type === 'trend' && { session_ready: { ...ready, p99: connectMs } }),
    },
    target: {
      ...sample.target,
      ...(rssPeakBytes !== undefined && { rssPeakBytes }),
      ...(gcPerMinute !== undefined && { gcPerMinute }),
    },
    ...rest,
  };
}

export function setOf(path: string, ...reports: readonly Report[]): RunSet {
  return { path, runs: reports.map((report, index) => ({ path: `${path}/${index + 1}`, report })) };
}
