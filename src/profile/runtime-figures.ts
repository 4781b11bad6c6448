import type { CdpSession } from './cdp-session.js';
import type { RuntimeRecord } from './flame-record.js';

/** monitorEventLoopDelay counts its own period in: 10 ms is 0. */
const RESOLUTION_MS = 10;

/** Runs in the process: counts its garbage collections and how its event loop fares, until READ is run. Of its main thread. */
const INSTALL = `(() => {
  const load = process.getBuiltinModule ?? require;
  const { performance, PerformanceObserver, monitorEventLoopDelay } = load('node:perf_hooks');
  const figures = { count: 0, ms: 0, longest: 0 };
  const count = (entries) => { for (const { duration } of entries) { figures.count++; figures.ms += duration; figures.longest = Math.max(figures.longest, duration); } };
  const observer = new PerformanceObserver((list) => count(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const delay = monitorEventLoopDelay({ resolution: ${RESOLUTION_MS} });
  delay.enable();
  const loop = performance.eventLoopUtilization();
  globalThis[Symbol.for('gwrk.flame')] = () => {
    count(observer.takeRecords());
    observer.disconnect();
    delay.disable();
    delete globalThis[Symbol.for('gwrk.flame')];
    return { ...figures, utilization: performance.eventLoopUtilization(loop).utilization, delay: delay.percentile(99) / 1e6, heap: process.memoryUsage().heapUsed };
  };
})()`;

const READ = `globalThis[Symbol.for('gwrk.flame')]?.()`;

/** Begins to count; a process that does not let us is profiled without. */
export async function installFigures(session: CdpSession): Promise<void> {
  await evaluate(session, INSTALL).catch(() => undefined);
}

/** What was counted since; undefined where nothing was. Leaves nothing behind in the process. */
export async function readFigures(session: CdpSession): Promise<RuntimeRecord | undefined> {
  const value = (await evaluate(session, READ).catch(() => undefined)) as Record<string, number> | undefined;
  if (typeof value?.count !== 'number') return undefined;
  const round = (figure: number | undefined): number => Math.round((figure ?? 0) * 100) / 100;
  return {
    gcCount: value.count,
    gcMs: round(value.ms),
    gcLongestMs: round(value.longest),
    loopUtilization: Math.round((value.utilization ?? 0) * 1000) / 1000,
    loopDelayP99Ms: round(Math.max(0, (value.delay ?? 0) - RESOLUTION_MS)),
    heapUsedBytes: value.heap ?? 0,
  };
}

async function evaluate(session: CdpSession, expression: string): Promise<unknown> {
  const { result } = await session.send('Runtime.evaluate', { expression, returnByValue: true, includeCommandLineAPI: true });
  return (result as { value?: unknown } | undefined)?.value;
}
