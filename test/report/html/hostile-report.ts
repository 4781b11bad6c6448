import { buildReport, type Report } from '../../../src/report/report.js';
import { sampleRun } from '../sample-run.js';

const plain = buildReport(sampleRun());

/** Few charts: what is looked for is text. */
const FEW: Report['timeline'] = {
  stepMs: 1000,
  elapsedMs: [1000, 2000, 3000],
  clients_open: [1, 2, 2],
  ws_msg_rtt_count: [0, 4, 4],
  ws_msg_rtt_p99: [null, 3, 4],
};

/** A report with this text wherever a scenario, a command line, a server or a changed report.json may put one. */
export function hostileReport(text: string): Report {
  const trend = { ...plain.metrics.ws_msg_rtt! };
  return {
    ...plain,
    scenario: text,
    startedAt: text,
    transportReason: text,
    reason: text,
    hash: text,
    outline: text,
    findings: [text, `${text} ${text}`],
    target: { ...plain.target, url: text, rssPeakBytes: null, gcPerMinute: null, reason: text },
    metrics: own({ ...plain.metrics }, text, trend),
    histograms: own({ ...plain.histograms }, text, text),
    thresholds: [
      { metric: text, expression: text, level: 'error', verdict: 'fail', actual: 1 },
      { metric: 'ws_msg_rtt', expression: text, level: 'warn', verdict: 'no-data', actual: null },
    ],
    errors: [{ code: text, count: 3, first: text }],
    timeline: own({ ...FEW }, `target_${text}_bytes`, [1, 2, 3]) as Report['timeline'],
    environment: own({ ...plain.environment, framing: text }, text, text),
    tags: own({}, text, text),
    matching: [{ scenario: text, send: 1, by: 'order' }],
    findMax: {
      of: 'connections',
      bounds: [text],
      metric: text,
      stepTimeMs: 1000,
      precision: 0.05,
      found: null,
      limitedBy: 'bound',
      probes: [{ load: 1, achieved: 1, p50Ms: 1, p99Ms: 2, errors: 0, verdict: 'missed', reason: text }],
    },
  } as Report;
}

/** As JSON.parse would put it: __proto__ is a name like any other. */
function own<Value>(into: Record<string, Value>, name: string, value: Value): Record<string, Value> {
  Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
  return into;
}
