import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { GC_KINDS, type GcKind } from './counters.js';

const KINDS: Readonly<Record<number, GcKind>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};
const zeros = (): Record<GcKind, number> => Object.fromEntries(GC_KINDS.map((kind) => [kind, 0])) as Record<GcKind, number>;

/** Counts the garbage collections of the thread that makes it (one with a turning event loop). */
export class MainThreadGc {
  count = 0;
  majorCount = 0;
  totalMs = 0;
  longestMs = 0;
  readonly countOf = zeros();
  readonly msOf = zeros();
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        this.count += 1;
        this.totalMs += entry.duration;
        this.longestMs = Math.max(this.longestMs, entry.duration);
        const { detail } = entry as PerformanceEntry & { readonly detail: { readonly kind: number } };
        const kind = KINDS[detail.kind] ?? 'major';
        this.countOf[kind] += 1;
        this.msOf[kind] += entry.duration;
        if (detail.kind !== constants.NODE_PERFORMANCE_GC_MINOR) this.majorCount += 1;
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  stop(): void {
    this.#observer.disconnect();
  }
}
