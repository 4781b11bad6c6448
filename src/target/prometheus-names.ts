import type { Series } from './prometheus-text.js';

/** What one scrape says in gwrk's words; what it does not say is absent. Counters count since the target started. */
export interface Scraped {
  readonly cpuSeconds?: number;
  readonly rssBytes?: number;
  readonly fds?: number;
  readonly threads?: number;
  readonly heapUsedBytes?: number;
  readonly loopDelayMs?: number;
  /** Unix seconds at which the process started. */
  readonly startedAt?: number;
  readonly gc: Readonly<Record<string, { readonly count: number; readonly ms: number }>>;
}

/** prom-client watches the loop with a timer of 10 ms and reports the delay with that time in it: an idle loop says 10.16 ms. */
const LOOP_RESOLUTION_MS = 10;
/** Collectors that a JVM names; more kinds than these are none that a reader could tell apart. */
const MOST_KINDS = 8;

/** The names under which clients of Prometheus export a process: the first that is there counts. */
const GAUGES = {
  cpuSeconds: ['process_cpu_seconds_total', 'process_cpu_time_ns_total'],
  rssBytes: ['process_resident_memory_bytes'],
  fds: ['process_open_fds', 'process_files_open_files'],
  threads: ['process_num_threads', 'jvm_threads_live_threads', 'jvm_threads_current', 'go_threads', 'dotnet_threadpool_num_threads'],
  heapUsedBytes: ['nodejs_heap_size_used_bytes', 'go_memstats_heap_alloc_bytes', 'jvm_memory_used_bytes', 'jvm_memory_bytes_used'],
  startedAt: ['process_start_time_seconds'],
} as const;

/** Counts and sums of garbage collections: prom-client, Go, JVM (simpleclient and Micrometer). */
const GC = ['nodejs_gc_duration_seconds', 'go_gc_duration_seconds', 'jvm_gc_collection_seconds', 'jvm_gc_pause_seconds'] as const;

/** What a scrape says about its process. */
export function readScrape(series: readonly Series[]): Scraped {
  const byName = new Map<string, Series[]>();
  for (const each of series) {
    const known = byName.get(each.name);
    if (known) known.push(each);
    else byName.set(each.name, [each]);
  }
  const gauges: Record<string, number> = {};
  for (const [figure, names] of Object.entries(GAUGES)) {
    const value = names.map((name) => total(byName.get(name), figure)).find((each) => each !== undefined);
    if (value !== undefined) gauges[figure] = value;
  }
  const lag = byName.get('nodejs_eventloop_lag_p99_seconds')?.[0]?.value;
  return {
    ...gauges,
    ...(lag !== undefined && Number.isFinite(lag) && { loopDelayMs: Math.max(0, lag * 1000 - LOOP_RESOLUTION_MS) }),
    gc: collections(byName),
  };
}

/** Several series of one name are parts of a whole (threads of a pool, areas of memory), except memory that is no heap. */
function total(series: readonly Series[] | undefined, figure: string): number | undefined {
  const counted = figure === 'heapUsedBytes' ? series?.filter(({ labels }) => labels.area === undefined || labels.area === 'heap') : series;
  const values = counted?.map(({ value }) => value).filter(Number.isFinite) ?? [];
  if (values.length === 0) return undefined;
  const sum = values.reduce((all, value) => all + value, 0);
  return series![0]!.name.endsWith('_ns_total') ? sum / 1e9 : sum;
}

function collections(byName: ReadonlyMap<string, readonly Series[]>): Scraped['gc'] {
  const gc: Record<string, { count: number; ms: number }> = {};
  for (const name of GC) {
    for (const [suffix, field, scale] of [
      ['_count', 'count', 1],
      ['_sum', 'ms', 1000],
    ] as const)
      for (const { labels, value } of byName.get(`${name}${suffix}`) ?? []) {
        const kind = kindOf(name, labels);
        if (!Number.isFinite(value) || (!(kind in gc) && Object.keys(gc).length >= MOST_KINDS)) continue;
        gc[kind] ??= { count: 0, ms: 0 };
        gc[kind][field] += value * scale;
      }
  }
  return gc;
}

/** V8's kinds as they are; a JVM's generations by the usual names of their collectors; Go has one. */
function kindOf(name: string, labels: Readonly<Record<string, string>>): string {
  if (name.startsWith('go_')) return 'cycle';
  const told = labels.kind ?? labels.gc ?? labels.action ?? 'all';
  if (/young|minor|scavenge|copy|parnew/iu.test(told)) return 'minor';
  if (/old|major|full|marksweep/iu.test(told)) return 'major';
  return told.replace(/[^\w -]/gu, '').slice(0, 40) || 'all';
}
