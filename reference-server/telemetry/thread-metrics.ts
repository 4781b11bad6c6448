import { Counter, Gauge, type Metric, type Registry } from 'prom-client';
import { COUNTER_NAMES, type Counters, GAUGE_NAMES, GC_COUNT_OF, GC_KINDS, GC_MS_OF, type GcKind } from '../counters.js';
import { type ExportedName, exportedName } from '../metrics-names.js';
import { TURN_BOUNDS_US } from './turn-times.js';

/** What is counted of the garbage collections of one thread. */
export interface GcTotals {
  readonly countOf: Readonly<Record<GcKind, number>>;
  readonly msOf: Readonly<Record<GcKind, number>>;
}

interface Series {
  readonly labels: ExportedName['labels'];
  /** Number of the counter. */
  readonly index: number;
}

/** Registers everything that gateway threads count in shared memory; it is read when somebody asks. */
export function registerThreadCounters(registry: Registry, counters: readonly Counters[]): void {
  const families = new Map<string, { readonly help: string; readonly isGauge: boolean; readonly series: Series[] }>();
  for (const [index, counter] of COUNTER_NAMES.entries()) {
    const isGauge = GAUGE_NAMES.has(counter);
    const exported = exportedName(counter, isGauge);
    if (exported === undefined) continue;
    const { name, help, labels } = exported;
    const family = families.get(name) ?? { help, isGauge, series: [] };
    families.set(name, family);
    family.series.push({ labels, index });
  }
  const sumOf = (index: number): number => counters.reduce((sum, { values }) => sum + values[index]!, 0);
  for (const [name, { help, isGauge, series }] of families) {
    const labelNames = Object.keys(series[0]!.labels);
    const options = { name, help, labelNames, registers: [registry] };
    if (isGauge) {
      new Gauge({
        ...options,
        collect() {
          for (const { labels, index } of series) this.set(labels, sumOf(index));
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const { labels, index } of series) this.inc(labels, sumOf(index));
        },
      });
    }
  }
}

/** gwrk_gc_pauses_total and gwrk_gc_pause_seconds_total, by kind, of the main thread and of all gateway threads together. */
export function registerGc(registry: Registry, counters: readonly Counters[], main: GcTotals): void {
  const sumOf = (index: number): number => counters.reduce((sum, { values }) => sum + values[index]!, 0);
  const register = (name: string, help: string, read: (thread: 'main' | 'gateway', kind: GcKind) => number): void => {
    new Counter({
      name,
      help,
      labelNames: ['thread', 'kind'],
      registers: [registry],
      collect() {
        this.reset();
        for (const thread of ['main', 'gateway'] as const) {
          for (const kind of GC_KINDS) this.inc({ thread, kind }, read(thread, kind));
        }
      },
    });
  };
  register('gwrk_gc_pauses_total', 'Garbage collections, by thread and kind', (thread, kind) =>
    thread === 'main' ? main.countOf[kind] : sumOf(GC_COUNT_OF[kind]),
  );
  register(
    'gwrk_gc_pause_seconds_total',
    'Time spent in garbage collection, by thread and kind',
    (thread, kind) => (thread === 'main' ? main.msOf[kind] : sumOf(GC_MS_OF[kind])) / 1e3,
  );
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * gwrk_gateway_turn_seconds: how long the turns of each gateway thread's loop take. The threads have sorted them into buckets
 * already, which prom-client's own Histogram has no way to take, so this one is a metric of its form.
 */
export function registerTurns(registry: Registry, counters: readonly Counters[]): void {
  const name = 'gwrk_gateway_turn_seconds';
  const help = 'How long a turn of the loop of a gateway thread takes, without the wait before it';
  const samples = (): Sample[] => counters.flatMap((_, thread) => turnSamples(name, counters[thread]!, String(thread)));
  const metric = {
    name,
    help,
    get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: samples() }),
    reset: () => {},
  };
  registry.registerMetric(metric as unknown as Metric);
  new Gauge({
    name: 'gwrk_gateway_turn_longest_seconds',
    help: 'The longest turn of a gateway thread since the start',
    labelNames: ['thread'],
    registers: [registry],
    collect() {
      for (const [thread, { turns }] of counters.entries()) this.set({ thread }, turns.longestUs / 1e6);
    },
  });
}

function turnSamples(name: string, { turns }: Counters, thread: string): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  for (const [bucket, boundUs] of TURN_BOUNDS_US.entries()) {
    count += turns.count(bucket);
    samples.push({ metricName: `${name}_bucket`, labels: { le: boundUs / 1e6, thread }, value: count });
  }
  count += turns.count(TURN_BOUNDS_US.length);
  samples.push({ metricName: `${name}_bucket`, labels: { le: '+Inf', thread }, value: count });
  samples.push({ metricName: `${name}_sum`, labels: { thread }, value: turns.sumUs / 1e6 });
  samples.push({ metricName: `${name}_count`, labels: { thread }, value: count });
  return samples;
}
