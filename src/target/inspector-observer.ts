/** What the observer in the target says at one look. Times in ms. */
export interface Observed {
  /** Since it was installed, by V8's kind: count, ms. */
  readonly gc: Readonly<Record<string, readonly [count: number, ms: number]>>;
  /** Longest pause of each kind since the last look. */
  readonly maxPauseMs: Readonly<Record<string, number>>;
  /** Idle and active time of the event loop since it began. */
  readonly loop: readonly [idleMs: number, activeMs: number];
  /** p99 of the loop's delay since the last look, the timer's own resolution taken off. */
  readonly loopDelayP99Ms: number;
  readonly heapUsedBytes: number;
}

/** Hidden under a symbol of the registry, so that two looks find the same one and the program meets nothing new by name. */
const KEY = "Symbol.for('gwrk.observer')";

/**
 * Installs an observer in a Node program: collections by a PerformanceObserver, the loop's delay by Node's own histogram.
 * It keeps a dozen numbers, and needs nothing of the program. `detail.kind` is V8's: 1 minor, 4 major, 8 incremental, 16 weakcb.
 */
export const INSTALL = `(() => {
  const load = process.getBuiltinModule ?? require;
  const { PerformanceObserver, performance, monitorEventLoopDelay } = load('node:perf_hooks');
  const key = ${KEY};
  globalThis[key]?.stop();
  const NAMES = { 1: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' };
  const RESOLUTION_MS = 10;
  const gc = { minor: [0, 0], major: [0, 0], incremental: [0, 0], weakcb: [0, 0] };
  let longest = {};
  const observer = new PerformanceObserver((list) => {
    for (const { detail, duration } of list.getEntries()) {
      const name = NAMES[detail?.kind];
      if (name === undefined) continue;
      gc[name][0]++;
      gc[name][1] += duration;
      if (!(longest[name] > duration)) longest[name] = duration;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const read = () => {
    const { idle, active } = performance.eventLoopUtilization();
    const p99 = delay.percentile(99) / 1e6;
    const seen = { gc, maxPauseMs: longest, loop: [idle, active], loopDelayP99Ms: Math.max(0, p99 - RESOLUTION_MS), heapUsedBytes: process.memoryUsage().heapUsed };
    longest = {};
    delay.reset();
    return seen;
  };
  const stop = () => {
    observer.disconnect();
    delay.disable();
    delete globalThis[key];
  };
  Object.defineProperty(globalThis, key, { value: { read, stop }, configurable: true, enumerable: false });
})()`;

export const READ = `globalThis[${KEY}]?.read()`;
export const REMOVE = `globalThis[${KEY}]?.stop()`;

/** What READ resolved with; undefined when the observer is not there (the program was started again). */
export function observedOf(value: unknown): Observed | undefined {
  return typeof value === 'object' && value !== null && 'gc' in value ? (value as Observed) : undefined;
}
