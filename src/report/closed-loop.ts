import type { Report } from './report.js';

/** Trends of messages and requests: in a closed loop nothing is due while the target stalls, so they do not show it. */
const OF_LOOPS: readonly string[] = [
  'ws_msg_rtt',
  'ws_msg_service',
  'ws_msg_failed',
  'http_req_duration',
  'http_req_service',
  'http_req_failed_duration',
];
/** Percentiles up to this one say something of a closed loop too. */
const HIGHEST_TOLD = 90;

/** Behind a figure that a closed loop makes too good. */
export const BLIND_MARK = '*';

/** Whether this percentile of a metric (or of a part of one) is blind to stalls of the target. */
export function isBlind({ model }: Report, metric: string, percent: number): boolean {
  return (model === 'closed' || model === 'mixed') && percent > HIGHEST_TOLD && OF_LOOPS.includes(metric.replace(/\{.*$/su, ''));
}

/** What a reader of the trends must know; undefined where the plan has a time for everything, or nothing came of a loop. */
export function closedLoopNote({ model, metrics }: Report): string | undefined {
  const hasSamples = OF_LOOPS.some((name) => {
    const metric = metrics[name];
    return metric?.type === 'trend' && metric.count > 0;
  });
  if (!hasSamples) return undefined;
  if (model === 'closed') return `${BLIND_MARK} closed loop: service time, blind to stalls`;
  return model === 'mixed' ? `${BLIND_MARK} closed loops among it: their service time, blind to stalls` : undefined;
}

/** One sentence for each threshold that asks for a percentile that a closed loop makes too good. */
export function blindThresholds(report: Report): string[] {
  return report.thresholds
    .filter(({ metric, expression }) => isBlind(report, metric, Number(/^\s*p\(\s*([\d.]+)\s*\)/u.exec(expression)?.[1] ?? 0)))
    .map(({ metric, expression }) => `${metric} ${expression} is of a closed loop: it cannot see a stall of the target`);
}
