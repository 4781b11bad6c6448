import { COUNTER_NAMES, TREND_NAMES } from './metric-names.js';

export type MetricType = 'trend' | 'counter' | 'rate' | 'gauge';

/** Every metric that a threshold or a report may name, with its type. Rates and gauges are derived from what is recorded. */
export const METRIC_TYPES: ReadonlyMap<string, MetricType> = new Map<string, MetricType>([
  ...TREND_NAMES.map((name) => [name, 'trend'] as const),
  ...COUNTER_NAMES.map((name) => [name, 'counter'] as const),
  ['checks', 'rate'],
  ['session_failed', 'rate'],
  ['http_req_failed', 'rate'],
  ['ws_delivery_reach', 'rate'],
  ['clients', 'gauge'],
  ['clients_max', 'gauge'],
]);
