import type { Attributes, HrTime, ValueType } from '@opentelemetry/api';
import type { AggregationTemporality, DataPoint, DataPointType, MetricData, MetricDescriptor } from '@opentelemetry/sdk-metrics';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** The constants of the OpenTelemetry packages that a translation needs; they are loaded only where there is something to export. */
export interface OtlpConstants {
  readonly DOUBLE: ValueType;
  readonly CUMULATIVE: AggregationTemporality;
  readonly types: typeof DataPointType;
}

type PromMetric = MetricObjectWithValues<MetricValue<string>>;
/** prom-client's own types do not say that parts of a histogram have names of their own. */
type PromValue = MetricValue<string> & { readonly metricName?: string };

/** What the registry holds, in OpenTelemetry's data model: the same names, labels and values, cumulative since `startTime`. */
export function otlpMetrics(metrics: readonly PromMetric[], startTime: HrTime, endTime: HrTime, constants: OtlpConstants): MetricData[] {
  const { DOUBLE, CUMULATIVE, types } = constants;
  return metrics.flatMap((metric): MetricData[] => {
    const type = String(metric.type);
    const descriptor: MetricDescriptor = { name: metric.name, description: metric.help, unit: unitOf(metric.name), valueType: DOUBLE };
    const base = { descriptor, aggregationTemporality: CUMULATIVE };
    const point = <T>(labels: Attributes, value: T): DataPoint<T> => ({ startTime, endTime, attributes: labels, value });
    if (type === 'histogram') {
      const dataPoints = histogramsOf(metric).map(({ labels, value }) => point(labels, value));
      return dataPoints.length === 0 ? [] : [{ ...base, dataPointType: types.HISTOGRAM, dataPoints }];
    }
    const dataPoints = metric.values
      .filter(({ value }) => Number.isFinite(value))
      .map(({ labels, value }) => point(labels as Attributes, value));
    if (dataPoints.length === 0) return [];
    if (type === 'counter') return [{ ...base, dataPointType: types.SUM, isMonotonic: true, dataPoints }];
    return [{ ...base, dataPointType: types.GAUGE, dataPoints }];
  });
}

/** UCUM, as OpenTelemetry wants it, from the suffix that Prometheus wants. */
function unitOf(name: string): string {
  const plain = name.replace(/_total$/, '');
  if (plain.endsWith('_seconds')) return 's';
  return plain.endsWith('_bytes') ? 'By' : '1';
}

interface HistogramPoint {
  readonly labels: Attributes;
  readonly value: { readonly buckets: { boundaries: number[]; counts: number[] }; sum: number; count: number };
}

/** Prometheus counts what is at most a bound, OpenTelemetry what is between two. */
function histogramsOf(metric: PromMetric): HistogramPoint[] {
  const points = new Map<string, HistogramPoint & { last: number }>();
  for (const { labels, value, metricName } of metric.values as readonly PromValue[]) {
    const { le, ...rest } = labels as Record<string, string | number>;
    const key = JSON.stringify(rest);
    const known = points.get(key) ?? { labels: rest, value: { buckets: { boundaries: [], counts: [] }, sum: 0, count: 0 }, last: 0 };
    points.set(key, known);
    if (metricName?.endsWith('_sum')) {
      known.value.sum = value;
    } else if (metricName?.endsWith('_count')) {
      known.value.count = value;
    } else if (le !== undefined) {
      if (le !== '+Inf') known.value.buckets.boundaries.push(Number(le));
      known.value.buckets.counts.push(value - known.last);
      known.last = value;
    }
  }
  return [...points.values()].map(({ labels, value }) => ({ labels, value }));
}
