import v8 from 'node:v8';
import { type Counters, GC_COUNT, GC_MAJOR, GC_MS } from './counters.js';

const READ_EVERY_US = 5_000_000;

interface GcProfile {
  readonly statistics: readonly { readonly gcType: string; readonly cost: number }[];
}

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

  read(): void {
    const profile = this.#profiler.stop() as GcProfile | undefined;
    this.#profiler = new v8.GCProfiler();
    this.#profiler.start();
    const { values } = this.#counters;
    for (const { gcType, cost } of profile?.statistics ?? []) {
      values[GC_COUNT]!++;
      values[GC_MS]! += cost / 1_000;
      if (gcType !== 'Scavenge') values[GC_MAJOR]!++;
    }
  }
}
