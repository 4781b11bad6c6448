import { GCProfiler } from 'node:v8';
import { CONTROL_GC_LONGEST_US, CONTROL_GC_US } from './messages.js';

/**
 * How long this thread's garbage collections took, into shared memory. A PerformanceObserver would need the event loop,
 * which stands still on io_uring; V8's profiler of collections does not. It takes some tens of microseconds a collection.
 */
export class GcClock {
  readonly #control: Int32Array;
  #profiler: GCProfiler;

  constructor(control: Int32Array) {
    this.#control = control;
    this.#profiler = new GCProfiler();
    this.#profiler.start();
  }

  /** To be called once a second. */
  read(): void {
    const seen = this.#profiler.stop() as { statistics: readonly { readonly cost: number }[] } | undefined;
    this.#profiler = new GCProfiler();
    this.#profiler.start();
    if (seen === undefined || seen.statistics.length === 0) return;
    let longestUs = 0;
    let sumUs = 0;
    for (const { cost } of seen.statistics) {
      sumUs += cost;
      longestUs = Math.max(longestUs, cost);
    }
    Atomics.add(this.#control, CONTROL_GC_US, Math.round(sumUs));
    // The main thread takes it and writes 0.
    const before = Atomics.load(this.#control, CONTROL_GC_LONGEST_US);
    Atomics.store(this.#control, CONTROL_GC_LONGEST_US, Math.max(before, Math.round(longestUs)));
  }
}
