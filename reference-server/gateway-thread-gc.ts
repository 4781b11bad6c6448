import v8 from 'node:v8';
import { type Counters, GC_COUNT, GC_COUNT_OF, GC_MAJOR, GC_MS, GC_MS_OF, type GcKind } from './counters.js';

const READ_EVERY_US = 5_000_000;

interface GcProfile {
  /** `cost` in microseconds. */
  readonly statistics: readonly { readonly gcType: string; readonly cost: number }[];
}

/** What V8's profiler calls its kinds. */
const KINDS: Readonly<Record<string, GcKind>> = {
  Scavenge: 'minor',
  MinorMarkCompact: 'minor',
  MinorMarkSweep: 'minor',
  IncrementalMarking: 'incremental',
  ProcessWeakCallbacks: 'weakcb',
};

/**
 * Counts garbage collections of this thread. A PerformanceObserver needs the event loop, which does not turn while the thread
 * waits in io_uring; v8's own profiler notes them as they happen and is read synchronously.
 */
export class GcWatch {
  readonly #counters: Counters;
  #profiler = new v8.GCProfiler();
  #nextReadUs = 0;

  constructor(counters: Counters) {
    this.#counters = counters;
    this.#profiler.start();
  }

  /** Reads what happened, at most once in five seconds. */
  tick(nowUs: number): void {
    if (nowUs < this.#nextReadUs) return;
    this.#nextReadUs = nowUs + READ_EVERY_US;
    this.read();
  }

  /** Counts what happened since the last reading. Returns the time of those collections that took `fromUs` or more each, us. */
  read(fromUs = Number.POSITIVE_INFINITY): number {
    const profile = this.#profiler.stop() as GcProfile | undefined;
    this.#profiler = new v8.GCProfiler();
    this.#profiler.start();
    const { values } = this.#counters;
    let longUs = 0;
    for (const { gcType, cost } of profile?.statistics ?? []) {
      const kind = KINDS[gcType] ?? 'major';
      values[GC_COUNT]!++;
      values[GC_MS]! += cost / 1_000;
      values[GC_COUNT_OF[kind]]!++;
      values[GC_MS_OF[kind]]! += cost / 1_000;
      if (gcType !== 'Scavenge') values[GC_MAJOR]!++;
      if (cost >= fromUs) longUs += cost;
    }
    return longUs;
  }
}
