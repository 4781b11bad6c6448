import type { GateInput } from '../../src/gate/gate-input.js';
import { DEFAULT_GATE_METRICS } from '../../src/gate/gate-metric.js';
import { qualityOf } from '../../src/gate/run-quality.js';
import type { SeriesRun } from '../../src/gate/series.js';
import { DEFAULT_RULES } from '../../src/gate/verdict.js';
import { buildReport, type Report } from '../../src/report/report.js';
import { sampleRun } from '../report/sample-run.js';

const base = buildReport(sampleRun());

/** A valid run whose two P99 are these. */
export function runWith(readyMs: number, messageMs: number, over: Partial<Report> = {}): Report {
  const { session_ready, ws_msg_rtt } = base.metrics;
  if (session_ready?.type !== 'trend' || ws_msg_rtt?.type !== 'trend') throw new Error('the sample has no trends');
  const metrics = { ...base.metrics, session_ready: { ...session_ready, p99: readyMs }, ws_msg_rtt: { ...ws_msg_rtt, p99: messageMs } };
  return {
    ...base,
    verdict: 'pass',
    exitCode: 0,
    thresholds: [],
    generator: { ...base.generator, saturated: false },
    tagged: {},
    ...over,
    metrics,
  };
}

export function slot(side: 'a' | 'b', number: number, report: Report): SeriesRun {
  const { use, reason, disturbances } = qualityOf(report);
  const directory = `/reports/ab/${side}-${number}`;
  return { side, number, report, directory, disturbances, isAborted: use === 'aborted', ...(reason !== undefined && { refused: reason }) };
}

/** A series as gwrk ab makes it, of these runs. */
export function seriesInput(runs: readonly SeriesRun[], over: Partial<GateInput> = {}): GateInput {
  return {
    kind: 'ab',
    design: '10 pairs, interleaved (ABBA)',
    beforeLabel: 'node base/server.js',
    afterLabel: 'node head/server.js',
    runs,
    metrics: DEFAULT_GATE_METRICS,
    rules: DEFAULT_RULES,
    inconclusive: 'warn',
    end: 'complete',
    startedAt: '2026-11-23T03:00:00.000Z',
    durationMs: 612_400,
    seed: 7,
    ...over,
  };
}

/** Ten pairs: the second side's session_ready is `ready` times as slow, its ws_msg_rtt `message` times. */
export function tenPairs(ready: number, message: number, over: Partial<Report> = {}): SeriesRun[] {
  return Array.from({ length: 10 }, (_, index) => {
    const wave = 1 + 0.01 * Math.sin(index * 2.3);
    return [
      slot('a', index + 1, runWith(188 * wave, 36 / wave)),
      slot('b', index + 1, runWith(188 * wave * ready * (1 + 0.002 * index), (36 / wave) * message * (1 + 0.001 * Math.cos(index)), over)),
    ];
  }).flat();
}
