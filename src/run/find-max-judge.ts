import { EXIT } from '../core/exit-codes.js';
import { COUNTER, GAUGE } from '../measure/metric-names.js';
import { METRIC_TYPES, type Measurements, metricView } from '../measure/metric-view.js';
import type { ProbeRecord } from '../report/find-max.js';
import { formatMs } from '../report/quantity.js';
import type { Report } from '../report/report.js';
import { judgeThresholds, type ThresholdRecord } from '../report/thresholds.js';
import type { ThresholdSpec } from '../scenario/plan.js';
import type { LoadKind } from './find-max-plan.js';

/** What is known of one probe when its run is over. */
export interface ProbeFacts {
  readonly report: Report;
  /** ProbeWindow. */
  readonly held: Measurements | undefined;
  readonly whole: Measurements | undefined;
  /** Clients that were to connect before the hold. */
  readonly clients: number;
  readonly load: number;
}

/** What must be there of a load, and what may go wrong with it at most, whatever the bounds say. */
const ACHIEVED_SHARE = 0.99;
const FAILED_SHARE = 0.01;

export const boundText = ({ metric, expression }: { metric: string; expression: string }): string => `${metric} ${expression}`;

/** The trend that the curve shows: the first that a bound is on. */
export function curveMetric(bounds: readonly ThresholdSpec[]): string {
  return bounds.find(({ metric }) => METRIC_TYPES.get(metric) === 'trend')?.metric ?? 'ws_msg_rtt';
}

/** A probe with its verdict. */
export function judgeProbe(
  facts: ProbeFacts,
  { bounds, kind }: { readonly bounds: readonly ThresholdSpec[]; readonly kind: LoadKind },
): ProbeRecord {
  const { report, held, whole, load } = facts;
  const achieved = held ? achievedOf(held, kind) : null;
  return {
    load,
    achieved,
    ...trendOf(curveMetric(bounds), held, whole),
    errors: report.errors.reduce((sum, { count }) => sum + count, 0),
    ...verdictOf(facts, achieved, bounds),
  };
}

/** In the hold; where it has no sample there (sessions begin before it), in the whole run. */
function trendOf(metric: string, held: Measurements | undefined, whole: Measurements | undefined): Pick<ProbeRecord, 'p50Ms' | 'p99Ms'> {
  for (const from of [held, whole]) {
    const view = from && metricView(metric, from);
    if (view?.type !== 'trend' || view.histogram.count === 0) continue;
    const ms = (percent: number): number => (view.histogram.percentileUs(percent) ?? 0) / 1000;
    return { p50Ms: ms(50), p99Ms: ms(99) };
  }
  return { p50Ms: null, p99Ms: null };
}

function achievedOf({ recorders, elapsedMs }: Measurements, kind: LoadKind): number {
  const [{ counters, gauges }] = recorders as [Measurements['recorders'][number]];
  if (kind === 'clients') return gauges[GAUGE.clients_ready]!;
  const count = kind === 'arrivals' ? counters[COUNTER.connects_started]! : sentOf(counters);
  return Math.round((count / elapsedMs) * 1e5) / 100;
}

const sentOf = (counters: Float64Array): number => counters[COUNTER.ws_msgs_sent]! + counters[COUNTER.http_reqs]!;

type Judgement = Pick<ProbeRecord, 'verdict' | 'reason'>;

function verdictOf(
  { report, held, whole, clients, load }: ProbeFacts,
  achieved: number | null,
  bounds: readonly ThresholdSpec[],
): Judgement {
  if (report.verdict === 'interrupted') return { verdict: 'interrupted', reason: report.reason };
  if (report.exitCode === EXIT.failed || report.exitCode === EXIT.driverThrew) return { verdict: 'invalid', reason: report.reason };
  if (report.generator.saturated) {
    const why = [report.reason, ...report.findings].find((text) => /generator|worker|never sent/u.test(text)) ?? report.reason;
    return { verdict: 'invalid', reason: why };
  }
  const missed = (reason: string): Judgement => ({ verdict: 'missed', reason });
  if (held === undefined || achieved === null) return missed(`${report.clients.connected} of ${clients} clients had connected at the end`);
  const judged = bounds.map((bound) => {
    const [inHold] = judgeThresholds([bound], held);
    return inHold!.verdict === 'no-data' && whole ? judgeThresholds([bound], whole)[0]! : inHold!;
  });
  const failed = judged.find(({ verdict }) => verdict === 'fail');
  if (failed) return missed(failedText(failed));
  const failure = failureOf(report, held);
  if (failure !== undefined) return missed(failure);
  if (achieved < ACHIEVED_SHARE * load) return missed(`only ${Math.round(achieved).toLocaleString('en')} was reached`);
  const empty = judged.find(({ verdict }) => verdict === 'no-data');
  if (empty) return { verdict: 'invalid', reason: `${boundText(empty)} has no data` };
  return { verdict: 'met', reason: 'every bound was met' };
}

function failedText({ metric, expression, actual }: ThresholdRecord): string {
  const aggregation = /^\s*(p\([^)]*\)|[a-z]+)/u.exec(expression)?.[1] ?? '';
  const value = METRIC_TYPES.get(metric) === 'trend' ? formatMs(actual ?? 0) : String(Number((actual ?? 0).toPrecision(4)));
  return `${metric} ${aggregation}=${value}`;
}

/** Requests without an answer and sessions that failed are in no percentile. */
function failureOf({ clients }: Report, { recorders }: Measurements): string | undefined {
  const [{ counters }] = recorders as [Measurements['recorders'][number]];
  const sessions = clients.failed + clients.lost;
  if (sessions > FAILED_SHARE * clients.planned) return `${sessions.toLocaleString('en')} sessions failed or were lost`;
  const timeouts = counters[COUNTER.timeouts]!;
  const sent = sentOf(counters);
  if (counters[COUNTER.http_reqs_failed]! > FAILED_SHARE * sent)
    return `${counters[COUNTER.http_reqs_failed]!.toLocaleString('en')} requests failed`;
  if (timeouts > FAILED_SHARE * sent) return `${timeouts.toLocaleString('en')} time-outs`;
  return undefined;
}
