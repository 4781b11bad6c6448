import { histogramOf } from '../measure/histogram.js';
import { TREND, type TrendName } from '../measure/metric-names.js';
import { METRIC_TYPES, type Measurements } from '../measure/metric-view.js';
import { PHASE_NAMES } from '../measure/phases.js';
import { formatSelector, isSelectorProblem, type Labels, parseSelector } from '../measure/selector.js';
import type { ThresholdSpec } from '../scenario/plan.js';
import { type MetricRecord, recordMetricOf } from './metrics.js';

/** The metrics of parts of a run by their selector (`ws_msg_rtt{phase:hold}`), and the histograms of the trends among them. */
export interface TaggedRecord {
  readonly metrics: Readonly<Record<string, MetricRecord>>;
  readonly histograms: Readonly<Record<string, string>>;
}

/**
 * Every phase, every scenario where there are several, and every part that a threshold names. What took in nothing is left
 * out: trends without samples, counters that counted nothing, rates of nothing.
 */
export function recordTagged(whole: Measurements, scenarios: readonly string[], thresholds: readonly ThresholdSpec[]): TaggedRecord {
  const metrics: Record<string, MetricRecord> = {};
  const histograms: Record<string, string> = {};
  for (const labels of partsOf(scenarios, thresholds)) {
    const from = whole.select?.(labels);
    if (from === undefined) continue;
    for (const [metric, type] of METRIC_TYPES) {
      const record = type === 'gauge' ? undefined : recordMetricOf(metric, from);
      if (record === undefined || isEmpty(record)) continue;
      const name = formatSelector({ metric, labels });
      metrics[name] = record;
      if (type === 'trend') histograms[name] = histogramOf(from.recorders, TREND[metric as TrendName]).toV2Base64();
    }
  }
  return { metrics, histograms };
}

function partsOf(scenarios: readonly string[], thresholds: readonly ThresholdSpec[]): Labels[] {
  const parts: Labels[] = PHASE_NAMES.map((phase) => [['phase', phase]] as const);
  if (scenarios.length > 1) parts.push(...scenarios.map((name) => [['scenario', name]] as const));
  const known = new Set(parts.map(textOf));
  for (const { metric } of thresholds) {
    const selector = parseSelector(metric);
    if (isSelectorProblem(selector) || selector.labels.length === 0 || known.has(textOf(selector.labels))) continue;
    known.add(textOf(selector.labels));
    parts.push(selector.labels);
  }
  return parts;
}

const textOf = (labels: Labels): string => formatSelector({ metric: '', labels });

function isEmpty(record: MetricRecord): boolean {
  if (record.type === 'rate') return record.rate === null;
  return record.type !== 'gauge' && record.count === 0;
}
