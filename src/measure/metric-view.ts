import { type Histogram, histogramOf } from './histogram.js';
import { COUNTER, type CounterName, GAUGE, TREND, type TrendName } from './metric-names.js';
import { METRIC_TYPES } from './metric-types.js';
import type { OwnMetrics } from './own-metrics.js';
import type { Recorder } from './recorder.js';
import { isSelectorProblem, type Labels, parseSelector } from './selector.js';

export { METRIC_TYPES, type MetricType } from './metric-types.js';

/** What a metric says at one moment. Durations in milliseconds; undefined where there is no sample. */
export type MetricView =
  | { readonly type: 'trend'; readonly histogram: Histogram }
  | { readonly type: 'counter'; readonly count: number; readonly perSecond: number | undefined }
  | { readonly type: 'rate'; readonly passes: number; readonly fails: number; readonly rate: number | undefined }
  | { readonly type: 'gauge'; readonly value: number };

/** What metrics are read from. */
export interface Measurements {
  /** One a worker. */
  readonly recorders: readonly Recorder[];
  /** Time since the common start. */
  readonly elapsedMs: number;
  /** Errors of all codes, those of the main thread too; absent: what the recorders counted. */
  readonly errors?: number;
  /** The same of a part of the run; undefined when there is no such part. Absent: it cannot be taken apart. */
  select?(labels: Labels): Measurements | undefined;
  /** What drivers declared, one a worker; all have the same metrics. */
  readonly own?: readonly OwnMetrics[];
}

/** A metric by its public name, or a part of one (`ws_msg_rtt{phase:hold}`); undefined when there is none of that name. */
export function metricView(name: string, whole: Measurements): MetricView | undefined {
  if (!name.includes('{')) return viewOf(name, whole);
  const selector = parseSelector(name);
  const from = isSelectorProblem(selector) ? undefined : whole.select?.(selector.labels);
  return isSelectorProblem(selector) || from === undefined ? undefined : viewOf(selector.metric, from);
}

function viewOf(name: string, from: Measurements): MetricView | undefined {
  switch (METRIC_TYPES.get(name)) {
    case 'trend':
      return { type: 'trend', histogram: histogramOf(from.recorders, TREND[name as TrendName]) };
    case 'counter':
      return counterView(
        name === 'errors' && from.errors !== undefined ? from.errors : counterTotal(from.recorders, name as CounterName),
        from.elapsedMs,
      );
    case 'rate':
      return rateOf(name, from.recorders);
    case 'gauge':
      return { type: 'gauge', value: gaugeTotal(from.recorders, name === 'clients' ? GAUGE.clients_open : GAUGE.clients_peak_open) };
    default:
      return ownView(name, from);
  }
}

function ownView(name: string, { own = [], elapsedMs }: Measurements): MetricView | undefined {
  const id = own[0]?.idOf(name);
  if (id === undefined) return undefined;
  const recorders = own.map(({ recorder }) => recorder);
  if (own[0]!.typeOf(id) === 'trend') return { type: 'trend', histogram: histogramOf(recorders, id) };
  return counterView(
    recorders.reduce((sum, { counters }) => sum + counters[id]!, 0),
    elapsedMs,
  );
}

function rateOf(name: string, recorders: readonly Recorder[]): MetricView {
  const total = (counter: CounterName): number => counterTotal(recorders, counter);
  if (name === 'checks') return rateView(total('checks_passed'), total('checks_failed'), 'passes');
  if (name === 'ws_delivery_reach')
    return rateView(total('deliveries_received'), total('deliveries_expected') - total('deliveries_received'), 'passes');
  if (name === 'http_req_failed') return rateView(total('http_reqs') - total('http_reqs_failed'), total('http_reqs_failed'), 'fails');
  return rateView(total('sessions_ready'), total('sessions_failed'), 'fails');
}

/** A counter over all workers. */
export function counterTotal(recorders: readonly Recorder[], name: CounterName): number {
  return recorders.reduce((sum, recorder) => sum + recorder.counters[COUNTER[name]]!, 0);
}

/** A gauge over all workers: their sum. For a peak that is an upper bound, since workers peak at different moments. */
export function gaugeTotal(recorders: readonly Recorder[], id: number): number {
  return recorders.reduce((sum, recorder) => sum + recorder.gauges[id]!, 0);
}

function counterView(count: number, elapsedMs: number): MetricView {
  return { type: 'counter', count, perSecond: elapsedMs > 0 ? count / (elapsedMs / 1000) : undefined };
}

/** `of` says which share the rate is: that of the passes (checks) or that of the fails (session_failed). */
function rateView(passes: number, fails: number, of: 'passes' | 'fails'): MetricView {
  const all = passes + fails;
  return { type: 'rate', passes, fails, rate: all > 0 ? (of === 'passes' ? passes : fails) / all : undefined };
}
