import { samplesNeeded } from '../measure/histogram.js';
import { TREND_NAMES, type TrendName } from '../measure/metric-names.js';
import { METRIC_TYPES } from '../measure/metric-types.js';
import { BLIND_MARK, isBlind } from './closed-loop.js';
import type { TrendRecord } from './metrics.js';
import { printable } from './printable.js';
import { formatCount, formatFigure } from './quantity.js';
import type { Report } from './report.js';

/** Heads of the trend table, the same in every rendering. Values are milliseconds. */
export const TREND_HEADS: readonly string[] = ['trend, ms', 'count', 'p(50)', 'p(90)', 'p(99)', 'p(99.9)', 'max'];

/** Trends of which the parts (phases, scenarios) are shown even where no threshold asks for them: what a user of the target waits for. */
const HEADLINES: readonly string[] = ['session_ready', 'ws_msg_rtt', 'ws_ping', 'http_req_duration'];
/** What explains a trend stands right below it, wherever its id is. */
const BELOW: Partial<Record<TrendName, readonly TrendName[]>> = {
  session_ready: ['session_service', 'session_lag'],
  ws_msg_service: ['ws_msg_lag', 'ws_msg_failed'],
  http_req_duration: ['http_req_service', 'http_req_lag', 'http_req_failed_duration'],
};
const MOVED = Object.values(BELOW).flat();
const IN_ORDER = TREND_NAMES.filter((name) => !MOVED.includes(name)).flatMap((name) => [name, ...(BELOW[name] ?? [])]);
/** More parts of one label than this are left to report.json. */
const MOST_PARTS = 8;

/**
 * One row a trend that has samples, in the order of the connect: connect split, session, messages, the rest. Below it,
 * indented, the parts of it: phases and scenarios where there is more than one, and what a threshold names.
 */
export function trendRows(report: Report): string[][] {
  const rows: string[][] = [];
  // Behind those of gwrk, what drivers declared.
  const own = Object.keys(report.metrics).filter((name) => !METRIC_TYPES.has(name));
  for (const name of [...IN_ORDER, ...own]) {
    const trend = report.metrics[name];
    if (trend?.type !== 'trend') continue;
    rows.push([printable(name, 40), ...cells(report, name, trend)]);
    for (const [label, part] of partsOf(report, name)) rows.push([`  ${printable(label, 40)}`, ...cells(report, name, part)]);
  }
  return rows;
}

function partsOf({ tagged = {}, thresholds }: Report, name: string): [string, TrendRecord][] {
  const parts = Object.entries(tagged).flatMap(([selector, record]): [string, TrendRecord][] =>
    selector.startsWith(`${name}{`) && record.type === 'trend' ? [[selector.slice(name.length), record]] : [],
  );
  const isTold = (label: string): boolean => {
    if (thresholds.some(({ metric }) => metric === name + label)) return true;
    const kind = /^\{(phase|scenario):[^,]*\}$/u.exec(label)?.[1];
    const like = parts.filter(([other]) => other.startsWith(`{${kind}:`) && !other.includes(','));
    return kind !== undefined && HEADLINES.includes(name) && like.length > 1 && like.length <= MOST_PARTS;
  };
  return parts.filter(([label]) => isTold(label));
}

function cells(report: Report, name: string, trend: TrendRecord): string[] {
  const percentile = (percent: number, ms: number): string =>
    trend.count < samplesNeeded(percent) ? 'n/a' : formatFigure(ms) + (isBlind(report, name, percent) ? BLIND_MARK : '');
  return [
    formatCount(trend.count),
    percentile(50, trend.med),
    percentile(90, trend.p90),
    percentile(99, trend.p99),
    percentile(99.9, trend.p999),
    formatFigure(trend.max),
  ];
}

/** True when a percentile was left out for want of samples, so that the reader is told why. */
export function lacksSamples(report: Report): boolean {
  return trendRows(report).some((row) => row.includes('n/a'));
}
