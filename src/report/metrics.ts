import type { Histogram } from '../measure/histogram.js';
import { METRIC_TYPES, type Measurements, type MetricView, metricView } from '../measure/metric-view.js';

/** One metric as it stands in report.json. Trends only where they have samples. */
export type MetricRecord = TrendRecord | CounterRecord | RateRecord | GaugeRecord;

export interface TrendRecord {
  readonly type: 'trend';
  readonly unit: 'ms';
  readonly count: number;
  readonly min: number;
  readonly avg: number;
  readonly med: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Samples beyond the range of the histogram (134 s), if any: percentiles that reach into them are too small. */
  readonly overflow?: number;
}

export interface CounterRecord {
  readonly type: 'counter';
  readonly count: number;
  /** A second of the run; null for a run without duration. */
  readonly rate: number | null;
}

export interface RateRecord {
  readonly type: 'rate';
  /** 0 .. 1; null without samples. */
  readonly rate: number | null;
  readonly passes: number;
  readonly fails: number;
}

export interface GaugeRecord {
  readonly type: 'gauge';
  readonly value: number;
}

/** Every metric that has something to say. */
export function recordMetrics(from: Measurements): Record<string, MetricRecord> {
  const metrics: Record<string, MetricRecord> = {};
  const own = from.own?.[0]?.metrics ?? [];
  for (const name of [...METRIC_TYPES.keys(), ...own.map(({ name }) => name)]) {
    const record = recordMetricOf(name, from);
    if (record) metrics[name] = record;
  }
  return metrics;
}

/** A metric by its name, or a part of one by its selector; undefined where there is none, or a trend without samples. */
export function recordMetricOf(name: string, from: Measurements): MetricRecord | undefined {
  const view = metricView(name, from);
  return view && recordMetric(view);
}

function recordMetric(view: MetricView): MetricRecord | undefined {
  switch (view.type) {
    case 'trend':
      return view.histogram.count > 0 ? recordTrend(view.histogram) : undefined;
    case 'counter':
      return { type: 'counter', count: view.count, rate: view.perSecond === undefined ? null : rounded(view.perSecond) };
    case 'rate':
      return { type: 'rate', rate: view.rate ?? null, passes: view.passes, fails: view.fails };
    case 'gauge':
      return { type: 'gauge', value: view.value };
  }
}

function recordTrend(histogram: Histogram): TrendRecord {
  const ms = (us: number | undefined): number => rounded((us ?? 0) / 1000);
  const percentile = (percent: number): number => ms(histogram.percentileUs(percent));
  return {
    type: 'trend',
    unit: 'ms',
    count: histogram.count,
    min: ms(histogram.minUs),
    avg: ms(histogram.meanUs),
    med: percentile(50),
    p90: percentile(90),
    p95: percentile(95),
    p99: percentile(99),
    p999: percentile(99.9),
    max: ms(histogram.maxUs),
    ...(histogram.exact.overflow > 0 && { overflow: histogram.exact.overflow }),
  };
}

/** To three decimals: microseconds, where the unit is milliseconds. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
