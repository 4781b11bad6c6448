import { samplesNeeded } from '../measure/histogram.js';
import type { TrendRecord } from '../report/metrics.js';
import type { Report } from '../report/report.js';
import { type Figure, type GateMetric, metricOf } from './gate-metric.js';

/** Which percentile a figure is. */
export const PERCENT: Partial<Record<Figure, number>> = { med: 50, p90: 90, p95: 95, p99: 99, p999: 99.9 };

/**
 * The metrics as these runs can be asked for them: where the hold phase of a default metric was recorded by itself in every
 * run, that is compared, since ramps differ more from run to run than what is held.
 */
export function resolveMetrics(metrics: readonly GateMetric[], reports: readonly Report[]): GateMetric[] {
  return metrics.map((metric) => {
    if (metric.isAsked || metric.metric !== 'ws_msg_rtt') return metric;
    const held = metricOf(metric.metric, '{phase:hold}', metric.figure, false);
    return reports.length > 0 && reports.every((report) => figureOf(report, held).value !== undefined) ? held : metric;
  });
}

export interface FigureOfRun {
  /** Milliseconds; absent where the run has too few samples to say. */
  readonly value?: number;
  readonly samples: number;
  readonly needed: number;
}

/** The figure of one run, with the number of samples it is drawn from. */
export function figureOf(report: Report, { metric, selector, figure }: GateMetric): FigureOfRun {
  const record = recordOf(report, metric + selector);
  const percent = PERCENT[figure];
  const needed = percent === undefined ? 1 : samplesNeeded(percent);
  const samples = record?.count ?? 0;
  return { samples, needed, ...(record && samples >= needed && record[figure] > 0 && { value: record[figure] }) };
}

function recordOf({ metrics, tagged = {} }: Report, key: string): TrendRecord | undefined {
  const found = [metrics, tagged].find((records) => Object.hasOwn(records, key))?.[key];
  return found?.type === 'trend' ? found : undefined;
}
