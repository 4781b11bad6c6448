import { samplesNeeded } from '../measure/histogram.js';
import { COUNTER_NAMES } from '../measure/metric-names.js';
import { METRIC_TYPES } from '../measure/metric-view.js';
import { printable } from './printable.js';
import { formatBytes, formatCount, formatFigure, formatMs, formatPercent, formatRate } from './quantity.js';
import type { Report } from './report.js';
import type { ThresholdRecord } from './thresholds.js';

/** The parts of a summary as label and text, the same in the terminal and in Markdown. */
export type Line = readonly [label: string, text: string];

/** Counters that have a line of their own in the summary. */
const TOLD_ELSEWHERE =
  /^(ledger_|checks_|connects_|sessions_|heartbeats_|messages_|deliveries_|connections_lost$|errors$|http_reqs_failed$)/;

export function clientLines(report: Report): Line[] {
  const { planned, connected, ready, failed, lost, peakOpen } = report.clients;
  const { ledger } = report;
  const count = (name: string): number => {
    const metric = report.metrics[name];
    return metric?.type === 'counter' ? metric.count : 0;
  };
  const lines: Line[] = [
    ['clients', `planned ${exact(planned)}, connected ${exact(connected)}, ready ${exact(ready)}`],
    ['', `failed ${exact(failed)}, lost ${exact(lost)}, most at once ${exact(peakOpen)}`],
    [
      'ledger',
      `sent ${exact(ledger.sent)} = ok ${exact(ledger.ok)} + fail ${exact(ledger.fail)} + indeterminate ${exact(ledger.indeterminate)}`,
    ],
  ];
  const [timedOut, lostMessages, unfinished] = [count('messages_timed_out'), count('messages_lost'), count('messages_unfinished')];
  if (timedOut + lostMessages + unfinished > 0)
    lines.push(['', `indeterminate: timed out ${exact(timedOut)}, lost ${exact(lostMessages)}, unfinished ${exact(unfinished)}`]);
  if (count('heartbeats_sent') > 0) {
    const [sent, answered, missed] = [count('heartbeats_sent'), count('heartbeats_answered'), count('heartbeats_missed')];
    lines.push(['heartbeats', `sent ${exact(sent)}, answered ${exact(answered)}, missed ${exact(missed)}`]);
  }
  const held = count('messages_held');
  if (held > 0)
    lines.push([
      'held back',
      `${exact(held)} of ${exact(count('messages_planned'))} planned messages: the client still waited for the target`,
    ]);
  if (report.delivery) {
    const { sent, expected, received, reach, spreadP99Ms } = report.delivery;
    const share = reach === null ? 'nobody was there' : `reach ${formatReach(reach)}`;
    const spread = spreadP99Ms === null ? '' : `, spread p(99) ${formatMs(spreadP99Ms)}`;
    lines.push(
      ['broadcast', `sent ${exact(sent)}, received ${exact(received)} of ${exact(expected)}, ${share}${spread}`],
      ...(count('deliveries_unexpected') > 0 ? [['', `and ${exact(count('deliveries_unexpected'))} more than expected`] as const] : []),
    );
  }
  return lines;
}

/** As a share, and never 100 % while something is missing. */
function formatReach(reach: number): string {
  return `${reach === 1 ? '100' : Math.min(99.999, reach * 100).toFixed(3)} %`;
}

/** Counters with something in them, then rates: name, total, a second. */
export function counterRows(report: Report): string[][] {
  const rows: string[][] = [];
  // Behind those of gwrk, what drivers declared.
  const own = Object.keys(report.metrics).filter((name) => !METRIC_TYPES.has(name));
  for (const name of [...COUNTER_NAMES, ...own]) {
    const metric = report.metrics[name];
    if (TOLD_ELSEWHERE.test(name) || metric?.type !== 'counter' || metric.count === 0) continue;
    const bytes = name.startsWith('data_');
    const perSecond = metric.rate === null ? '-' : bytes ? `${formatBytes(metric.rate)}/s` : formatRate(metric.rate);
    rows.push([printable(name, 40), bytes ? formatBytes(metric.count) : exact(metric.count), perSecond]);
  }
  for (const [name, type] of METRIC_TYPES) {
    const metric = report.metrics[name];
    if (type !== 'rate' || metric?.type !== 'rate' || metric.rate === null) continue;
    rows.push([name, `${exact(metric.passes)} ok, ${exact(metric.fails)} not`, formatPercent(metric.rate)]);
  }
  return rows;
}

export function machineLines(report: Report): Line[] {
  const { generator, target } = report;
  const rings = generator.rings > 0 ? `, ${plural(generator.rings, 'ring')}` : '';
  const client = generator.bytesPerClient === null ? '' : ` (${formatBytes(generator.bytesPerClient)} a client)`;
  const lag = generator.lagP99Ms === null ? 'no lag taken' : `lag p(99) ${formatMs(generator.lagP99Ms)}`;
  const held = typeof generator.hold?.lagP99Ms === 'number' ? `, ${formatMs(generator.hold.lagP99Ms)} in the hold` : '';
  const pace = generator.connectsPerSecond === null ? '' : `, ${formatRate(generator.connectsPerSecond)} connected`;
  return [
    [
      'generator',
      `${report.transport}, ${plural(generator.threads, 'thread')}${rings}, RSS ${formatBytes(generator.rssPeakBytes)}${client}`,
    ],
    ['', `CPU ${formatFigure(generator.cpuSeconds)} s, ${lag}${held}${pace}${generator.saturated ? ', saturated' : ''}`],
    // What makes the run invalid stands in the verdict.
    ...(generator.flags ?? [])
      .filter(({ level }) => level === 'warn')
      .map(({ flag, sentence }): Line => ['', `warning ${printable(flag, 20)}: ${printable(sentence)}`]),
    ['transport', printable(report.transportReason)],
    ['target', targetText(target)],
    ...targetDetails(target),
    ...streamLines(report),
  ];
}

/** What a reader must know to trust the latencies: how messages were told apart, and which answers were paired by their order alone. */
function streamLines({ environment, matching = [] }: Report): Line[] {
  const inOrder = matching.filter(({ by }) => by === 'order');
  const names = inOrder.slice(0, 3).map(({ scenario, send }) => `${printable(scenario, 40)} send ${send}`);
  const more = inOrder.length > names.length ? ` and ${inOrder.length - names.length} more` : '';
  return [
    ...(environment.framing === undefined ? [] : [['framing', printable(String(environment.framing), 200)] as const]),
    ...(inOrder.length === 0 ? [] : [['matching', `by order, for there is no match: ${names.join(', ')}${more}`] as const]),
  ];
}

function targetText(target: Report['target']): string {
  const isUnknown = target.pid === null && target.rssPeakBytes === null && target.cpuSeconds === null && target.gcPerMinute === null;
  if (isUnknown && typeof target.opsSeen !== 'number')
    return `not measured${target.reason === undefined ? '' : `: ${printable(target.reason)}`}`;
  const figures = [
    `RSS ${target.rssPeakBytes === null ? '-' : formatBytes(target.rssPeakBytes)}`,
    `CPU ${target.cpuSeconds === null ? '-' : `${formatFigure(target.cpuSeconds)} s`}`,
    `GC ${target.gcPerMinute === null ? '-' : `${formatFigure(target.gcPerMinute)} a minute`}`,
    ...(typeof target.opsSeen === 'number' ? [`operations ${exact(target.opsSeen)}`] : []),
  ];
  const reason = target.reason === undefined ? '' : ` (${printable(target.reason)})`;
  return `${target.pid === null ? '' : `pid ${target.pid}, `}${figures.join(', ')}${reason}`;
}

/** What a closer look at the target gave, a line each: its processes, its garbage collections and event loop, and what was not to be had. */
function targetDetails(target: Report['target']): Line[] {
  const { cpuCores, threads, fds, runWaitMsPerSecond, processes = 1, startedChildren = 0 } = target;
  const machine = [
    ...(cpuCores === undefined ? [] : [`${formatFigure(cpuCores)} cores`]),
    ...(threads === undefined ? [] : [plural(threads, 'thread')]),
    ...(fds === undefined ? [] : [plural(fds, 'descriptor')]),
    ...(processes > 1 ? [`${exact(processes)} processes`] : []),
    ...(startedChildren > 0 ? [`${exact(startedChildren)} started during the run`] : []),
    ...(runWaitMsPerSecond === undefined ? [] : [`waited ${formatMs(runWaitMsPerSecond)} a second for a core`]),
  ];
  const { gcByKind = {}, gcMsPerSecond, maxPauseMs, elu, loopDelayP99Ms, heapUsedBytes, restarts = 0 } = target;
  const kinds = Object.entries(gcByKind).filter(([, { count }]) => count > 0);
  const runtime = [
    ...(kinds.length === 0 ? [] : [`GC ${kinds.map(([kind, { count }]) => `${printable(kind, 20)} ${exact(count)}`).join(' + ')}`]),
    ...(gcMsPerSecond === undefined || kinds.length === 0 ? [] : [`${formatMs(gcMsPerSecond)} a second in GC`]),
    ...(maxPauseMs === undefined ? [] : [`longest pause ${formatMs(maxPauseMs)}`]),
    ...(elu === undefined ? [] : [`loop ${formatPercent(elu)} busy`]),
    ...(loopDelayP99Ms === undefined ? [] : [`delay p(99) ${formatMs(loopDelayP99Ms)}`]),
    ...(heapUsedBytes === undefined ? [] : [`heap ${formatBytes(heapUsedBytes)}`]),
    ...(restarts > 0 ? [`started again ${exact(restarts)} times`] : []),
  ];
  const gaps = (target.sources ?? [])
    .filter(({ state, reason }) => state !== 'ok' && reason !== undefined && !target.reason?.includes(reason))
    .map(({ source, reason }) => `${printable(source, 20)}: ${printable(reason!)}`);
  return [machine.join(', '), runtime.join(', '), ...gaps].filter((text) => text !== '').map((text) => ['', text]);
}

/** At most ten codes; a report holds them all. */
export function errorRows(report: Report): string[][] {
  const rows = report.errors.slice(0, 10).map(({ code, count, first }) => [printable(code, 40), exact(count), printable(first)]);
  if (report.errors.length > rows.length) rows.push([`and ${report.errors.length - rows.length} codes more`, '', 'see report.json']);
  return rows;
}

/** "p(99)=12.4 ms", or why there is nothing. A percentile that the tables call n/a says of how few samples it is. */
export function actualText(report: Report, threshold: ThresholdRecord): string {
  if (threshold.actual === null) return 'no data';
  const aggregation = printable(/^\s*(p\([^)]*\)|[a-z]+)/.exec(threshold.expression)?.[1] ?? '');
  const metric = report.metrics[threshold.metric] ?? report.tagged?.[threshold.metric];
  if (metric?.type === 'trend') {
    const percent = /^p\(([\d.]+)\)$/.exec(aggregation)?.[1];
    const isFew = percent !== undefined && metric.count < samplesNeeded(Number(percent));
    return `${aggregation}=${formatMs(threshold.actual)}${isFew ? ` (n=${exact(metric.count)})` : ''}`;
  }
  return `${aggregation}=${Number.isInteger(threshold.actual) ? formatCount(threshold.actual) : Number(threshold.actual.toPrecision(4))}`;
}

export function exact(count: number): string {
  return Math.round(count).toLocaleString('en');
}

function plural(count: number, noun: string): string {
  return `${exact(count)} ${noun}${count === 1 ? '' : 's'}`;
}
