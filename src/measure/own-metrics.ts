import { type Histogram, histogramOf } from './histogram.js';
import { METRIC_TYPES } from './metric-types.js';
import { Recorder } from './recorder.js';

/** What a driver may measure beside the metrics of gwrk: durations, or how often something happened. */
export type OwnMetricType = 'trend' | 'counter';

export interface OwnMetric {
  readonly name: string;
  readonly type: OwnMetricType;
}

/** Most in one run: a trend takes 147 kB a worker. */
const MAX_OWN_METRICS = 64;
const NAME = /^[a-z][a-z0-9_]{0,63}$/;
const TYPES: readonly unknown[] = ['trend', 'counter'] satisfies OwnMetricType[];

/** What is wrong with a declaration, as a sentence; undefined: nothing. */
export function ownMetricProblem(declared: unknown): string | undefined {
  if (declared === null || typeof declared !== 'object') return "these are no metrics; write { shots: 'counter' }";
  const entries = Object.entries(declared);
  if (entries.length > MAX_OWN_METRICS) return `there are ${entries.length} metrics, at most ${MAX_OWN_METRICS} are allowed`;
  for (const [name, type] of entries) {
    if (!NAME.test(name)) return `a metric cannot be called ${JSON.stringify(name)}: small letters, digits and _, at most 64`;
    if (METRIC_TYPES.has(name)) return `${name} is a metric of gwrk itself, call yours something else`;
    if (!TYPES.includes(type)) return `the metric ${name} is ${JSON.stringify(type)}, it can be 'trend' or 'counter'`;
  }
  return undefined;
}

/** A run's own metrics, in the order of their ids. The id of a metric is its place in `metrics`. */
export class OwnMetrics {
  readonly metrics: readonly OwnMetric[];
  readonly buffer: SharedArrayBuffer;
  /** Trends and counters stand at the id of their metric: a few rows stay empty, and no id needs a table. */
  readonly recorder: Recorder;
  readonly #ids: ReadonlyMap<string, number>;

  /** Without a buffer a new one is made: by the worker, which is the writer. */
  constructor(metrics: readonly OwnMetric[], buffer?: SharedArrayBuffer) {
    const trends = metrics.findLastIndex(({ type }) => type === 'trend') + 1;
    const shape = { trends, counters: metrics.length, gauges: 0 };
    this.metrics = metrics;
    this.buffer = buffer ?? new SharedArrayBuffer(Recorder.bytesOf(shape));
    this.recorder = new Recorder(this.buffer, 0, shape);
    this.#ids = new Map(metrics.map(({ name }, id) => [name, id]));
  }

  idOf(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** undefined where there is none of that name or id. */
  typeOf(metric: string | number): OwnMetricType | undefined {
    return this.metrics[typeof metric === 'number' ? metric : (this.#ids.get(metric) ?? -1)]?.type;
  }
}

/** The trends over all workers, by name. */
export function ownHistograms(own: readonly OwnMetrics[] = []): [name: string, histogram: Histogram][] {
  const recorders = own.map(({ recorder }) => recorder);
  return (own[0]?.metrics ?? []).flatMap(({ name, type }, id) => (type === 'trend' ? [[name, histogramOf(recorders, id)]] : []));
}

/** In the order in which trends come first, so that only they take buckets. */
export function orderOwnMetrics(types: ReadonlyMap<string, OwnMetricType>): OwnMetric[] {
  const metrics = [...types].map(([name, type]) => ({ name, type }));
  return [...metrics.filter(({ type }) => type === 'trend'), ...metrics.filter(({ type }) => type === 'counter')];
}
