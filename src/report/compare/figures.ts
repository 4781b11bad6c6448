import { samplesNeeded } from '../../measure/histogram.js';
import { METRIC_TYPES } from '../../measure/metric-view.js';
import { valuesAtRanks } from '../../measure/ranked-values.js';
import { quantileRanks } from '../../statistics/quantile-interval.js';
import type { MetricRecord, TrendRecord } from '../metrics.js';
import type { Report } from '../report.js';

export type Unit = 'ms' | 'bytes' | 'seconds' | 'count' | 'perSecond' | 'bytesPerSecond' | 'perMinute' | 'share';

/** What a run says about one figure: a value, or why there is none. */
export type Reading = { readonly value: number } | { readonly missing: string };

/** One row of a comparison: a figure of a run. */
export interface Figure {
  /** What scripts know it by: "session_ready p(99)", "target rss peak". */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly more: 'worse' | 'better' | 'neither';
  read(report: Report): Reading;
  /** Of a percentile: its interval within one run. Undefined where the run has no histogram of it, or too few samples. */
  within?(report: Report): Within | undefined;
}

/** Between which values a percentile of the run's own latencies lies, by counting ranks. Says nothing about the next run. */
export interface Within {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

/** Of the interval within a run. */
const WITHIN_CONFIDENCE = 0.95;

type Key = 'med' | 'p90' | 'p95' | 'p99' | 'p999' | 'avg' | 'min' | 'max';
const FIGURES_OF_TRENDS: Readonly<Record<string, { readonly key: Key; readonly percent?: number }>> = {
  'p(50)': { key: 'med', percent: 50 },
  'p(90)': { key: 'p90', percent: 90 },
  'p(95)': { key: 'p95', percent: 95 },
  'p(99)': { key: 'p99', percent: 99 },
  'p(99.9)': { key: 'p999', percent: 99.9 },
  avg: { key: 'avg' },
  min: { key: 'min' },
  max: { key: 'max' },
};

const HOLD = '{phase:hold}';
/** Counters of what went wrong. */
const WRONG =
  /^(errors|timeouts|ws_closed|dropped_iterations|session_failed)|_(failed|fail|lost|missed|mismatches|losses|unrecovered|away)$|^storm_/u;

const found = (value: number | null | undefined, why: string): Reading =>
  typeof value === 'number' && Number.isFinite(value) ? { value } : { missing: why };

/** The record of a metric or of a part of one ("ws_msg_rtt{phase:hold}"); undefined when the run has none. */
export function recordOf(report: Report, name: string): MetricRecord | undefined {
  const { tagged } = report as { readonly tagged?: Readonly<Record<string, MetricRecord>> };
  if (Object.hasOwn(report.metrics, name)) return report.metrics[name];
  return tagged && Object.hasOwn(tagged, name) ? tagged[name] : undefined;
}

function trendFigure(name: string, figure: string, title: string): Figure {
  const { key, percent } = FIGURES_OF_TRENDS[figure]!;
  const needed = percent === undefined ? 1 : samplesNeeded(percent);
  return {
    id: `${name} ${figure}`,
    title,
    unit: 'ms',
    more: 'worse',
    read: (report) => {
      const record = recordOf(report, name);
      if (record?.type !== 'trend') return { missing: `no ${name}` };
      return record.count < needed ? { missing: `n/a (n=${record.count})` } : found(record[key as keyof TrendRecord] as number, 'none');
    },
    ...(percent !== undefined && { within: (report: Report) => withinRun(report, name, percent / 100) }),
  };
}

function withinRun(report: Report, name: string, quantile: number): Within | undefined {
  const record = recordOf(report, name);
  const histogram = Object.hasOwn(report.histograms, name) ? report.histograms[name] : undefined;
  if (record?.type !== 'trend' || histogram === undefined) return undefined;
  const ranks = quantileRanks(record.count, quantile, WITHIN_CONFIDENCE);
  const [low, high] = (ranks && valuesAtRanks(histogram, record.count, [ranks.low, ranks.high])) ?? [];
  return low === undefined || high === undefined ? undefined : { low, high, confidence: ranks!.confidence };
}

const counted = (id: string, title: string, more: Figure['more'], of: (report: Report) => number): Figure => ({
  id,
  title,
  unit: 'count',
  more,
  read: (report) => found(of(report), 'not counted'),
});

const rateOf =
  (name: string) =>
  (report: Report): Reading => {
    const record = recordOf(report, name);
    return found(record?.type === 'counter' ? record.rate : null, `no ${name}`);
  };

function targetFigure(id: string, title: string, unit: Unit, of: (target: Report['target']) => number | null): Figure {
  return { id, title, unit, more: 'worse', read: ({ target }) => found(of(target), target.reason ?? 'not sampled') };
}

function swarmFigure(
  id: string,
  title: string,
  unit: Unit,
  more: Figure['more'],
  of: (report: Report) => number | null | undefined,
): Figure {
  return { id, title, unit, more, read: (report) => found(of(report), 'not taken') };
}

/** What the table shows unasked: how long players wait, what went wrong, what it cost the target, what the swarm did. */
export function defaultFigures(reports: readonly Report[]): Figure[] {
  const p99 = (name: string, what: string): Figure => trendFigure(name, 'p(99)', `P99 ${what}`);
  const has = (name: string): boolean => reports.some((report) => recordOf(report, name) !== undefined);
  // Ramps differ more from run to run than what is held: where every run has recorded the hold by itself, that is compared.
  const held = (name: string): string => {
    const hold = trendFigure(name + HOLD, 'p(99)', '');
    return reports.every((report) => 'value' in hold.read(report)) ? name + HOLD : name;
  };
  const message = held('ws_msg_rtt');
  const service = message === 'ws_msg_rtt' ? 'ws_msg_service' : `ws_msg_service${HOLD}`;
  const where = message === 'ws_msg_rtt' ? '' : ', hold';
  const figures: Figure[] = [
    has('session_ready') ? p99('session_ready', 'connect (session_ready)') : p99('ws_connecting', 'connect (ws_connecting)'),
    p99(message, `message, response (ws_msg_rtt${where})`),
    p99(service, `message, service (ws_msg_service${where})`),
    p99('ws_delivery', 'broadcast (ws_delivery)'),
    p99('http_req_duration', 'HTTP (http_req_duration)'),
    counted('errors', 'errors', 'worse', ({ errors }) => errors.reduce((sum, { count }) => sum + count, 0)),
    counted('clients lost', 'sessions lost', 'worse', ({ clients }) => clients.lost),
    targetFigure('target rss peak', 'target: peak RSS', 'bytes', ({ rssPeakBytes }) => rssPeakBytes),
    targetFigure('target cpu', 'target: CPU time', 'seconds', ({ cpuSeconds }) => cpuSeconds),
    targetFigure('target gc', 'target: GC a minute', 'perMinute', ({ gcPerMinute }) => gcPerMinute),
    counted('clients open', 'swarm: most clients at once', 'better', ({ clients }) => clients.peakOpen),
    swarmFigure('connects a second', 'swarm: connects a second', 'perSecond', 'better', ({ generator }) => generator.connectsPerSecond),
    { id: 'messages sent', title: 'messages sent', unit: 'perSecond', more: 'better', read: rateOf('ws_msgs_sent') },
    { id: 'messages received', title: 'messages received', unit: 'perSecond', more: 'better', read: rateOf('ws_msgs_received') },
    swarmFigure('swarm lag', 'swarm: lag P99', 'ms', 'worse', ({ generator }) => generator.hold?.lagP99Ms ?? generator.lagP99Ms),
    swarmFigure('swarm cpu', 'swarm: CPU time', 'seconds', 'neither', ({ generator }) => generator.cpuSeconds),
    swarmFigure('swarm rss peak', 'swarm: peak RSS', 'bytes', 'neither', ({ generator }) => generator.rssPeakBytes),
  ];
  // Too few samples are worth a line; a metric that the scenario does not have is not.
  const saysSomething = (reading: Reading): boolean => 'value' in reading || reading.missing.startsWith('n/a');
  return figures.filter((figure) => figure.id.startsWith('target') || reports.some((report) => saysSomething(figure.read(report))));
}

/** Every figure of every metric that any of the runs has. */
export function allFigures(reports: readonly Report[]): Figure[] {
  return namesOf(reports).flatMap((name) => figuresOf(name, reports));
}

/**
 * The figures that a text asks for: all of a metric ("ws_msg_rtt"), or one of a trend ("ws_msg_rtt{phase:hold} p(95)").
 * Undefined when no run has such a metric.
 */
export function figuresAsked(text: string, reports: readonly Report[]): Figure[] | undefined {
  const figures = figuresOf(text, reports);
  if (figures.length > 0) return figures;
  const figure = Object.keys(FIGURES_OF_TRENDS).find((ending) => text.endsWith(` ${ending}`));
  const name = figure === undefined ? text : text.slice(0, -figure.length).trim();
  const isTrend = reports.some((report) => recordOf(report, name)?.type === 'trend');
  return figure !== undefined && isTrend ? [trendFigure(name, figure, `${name} ${figure}`)] : undefined;
}

/** Names of all metrics of all runs: those of gwrk in their order, then any other. */
export function namesOf(reports: readonly Report[]): string[] {
  const names = new Set(METRIC_TYPES.keys() as Iterable<string>);
  for (const report of reports) {
    const { tagged } = report as { readonly tagged?: Readonly<Record<string, MetricRecord>> };
    for (const name of Object.keys({ ...report.metrics, ...tagged })) names.add(name);
  }
  return [...names].filter((name) => reports.some((report) => recordOf(report, name) !== undefined));
}

function figuresOf(name: string, reports: readonly Report[]): Figure[] {
  const type = reports.map((report) => recordOf(report, name)?.type).find((one) => one !== undefined);
  const more = WRONG.test(name) ? 'worse' : 'neither';
  switch (type) {
    case 'trend':
      return ['p(50)', 'p(90)', 'p(99)', 'p(99.9)', 'max'].map((figure) => trendFigure(name, figure, `${name} ${figure}`));
    case 'counter': {
      const isBytes = name.startsWith('data_');
      const count = (report: Report): Reading => {
        const record = recordOf(report, name);
        return found(record?.type === 'counter' ? record.count : null, `no ${name}`);
      };
      return [
        { id: name, title: name, unit: isBytes ? 'bytes' : 'count', more, read: count },
        { id: `${name} rate`, title: `${name} a second`, unit: isBytes ? 'bytesPerSecond' : 'perSecond', more, read: rateOf(name) },
      ];
    }
    case 'rate': {
      const read = (report: Report): Reading => {
        const record = recordOf(report, name);
        return found(record?.type === 'rate' ? record.rate : null, `no ${name}`);
      };
      return [{ id: name, title: name, unit: 'share', more: name === 'checks' ? 'better' : more, read }];
    }
    case 'gauge': {
      const read = (report: Report): Reading => {
        const record = recordOf(report, name);
        return found(record?.type === 'gauge' ? record.value : null, `no ${name}`);
      };
      return [{ id: name, title: name, unit: 'count', more, read }];
    }
    default:
      return [];
  }
}
