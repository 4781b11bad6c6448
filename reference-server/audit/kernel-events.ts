import { setTimeout as sleep } from 'node:timers/promises';
import { bpftraceSource } from './bpftrace-source.js';
import { clockOffset, isMarkerMode, KNOCK, MARKERS, type Marker, openMarker } from './kernel-clock.js';
import type { KernelEvent, KernelEvents, KernelEventsOptions, KernelSource } from './kernel-event.js';
import type { AttachedSource, KernelEventSource } from './kernel-source.js';
import { tracefsSource } from './tracefs-source.js';

/** In the order in which they are tried. */
export const KERNEL_SOURCES: readonly KernelEventSource[] = [bpftraceSource, tracefsSource];
const TRIAL_LIMIT_MS = 5_000;
const KNOCK_EVERY_MS = 50;
/** A source that saw fewer of the markers would miss as many of the events. */
const MARKERS_NEEDED = MARKERS - 1;

/**
 * Starts the first source that works, tried in order: attached, made to fire by 20 opens of our own, read. The opens also say how
 * far its clock is from ours. Never rejects: without a working source the answer is `none` with the reasons. Events carry our clock.
 */
export async function startKernelEvents(
  options: KernelEventsOptions,
  sources: readonly KernelEventSource[] = KERNEL_SOURCES,
  trialLimitMs = TRIAL_LIMIT_MS,
): Promise<KernelEvents> {
  const reasons: string[] = [];
  for (const source of options.choice === 'none' ? [] : sources) {
    if (options.choice !== 'auto' && options.choice !== source.name) continue;
    try {
      return await tryOut(source, options, reasons, trialLimitMs);
    } catch (error) {
      reasons.push(`${source.name}: ${(error as Error).message}`);
    }
  }
  if (options.choice === 'none') reasons.push('none: not asked for');
  return { source: 'none', reasons, offsetNs: 0, offsetErrorNs: 0, drops: 0, stop: async () => {} };
}

async function tryOut(
  source: KernelEventSource,
  options: KernelEventsOptions,
  reasons: readonly string[],
  trialLimitMs: number,
): Promise<KernelEvents> {
  const { pid, port } = options;
  const markers: Marker[] = [];
  const seenNs = new Map<number, number>();
  let offsetNs: number | undefined;
  const onEvent = (event: KernelEvent): void => {
    if (event.kind === 'open' && isMarkerMode(event.mode) && event.pid === process.pid) {
      if (offsetNs === undefined) seenNs.set(event.mode!, event.monoNs);
    } else if (offsetNs !== undefined) {
      options.onEvent({ ...event, monoNs: event.monoNs - offsetNs });
    }
  };
  const startedMs = performance.now();
  const attached: AttachedSource = await source.attach({ pid, port, onEvent, onEnd: options.onEnd });
  // bpftrace says that it attaches before it has: knock until it hears.
  for (let tries = 0; seenNs.size === 0 && tries < trialLimitMs / KNOCK_EVERY_MS; tries++) {
    openMarker(KNOCK);
    await sleep(KNOCK_EVERY_MS);
  }
  const isHeard = seenNs.size > 0;
  seenNs.clear();
  for (let i = 0; isHeard && i < MARKERS; i++) markers.push(openMarker(i));
  const sawAll = (): boolean => markers.every(({ mode }) => seenNs.has(mode));
  for (let waitedMs = 0; isHeard && !sawAll() && waitedMs < trialLimitMs; waitedMs += 10) await sleep(10);
  const seen = markers.filter(({ mode }) => seenNs.has(mode)).length;
  if (seen < MARKERS_NEEDED) {
    await attached.stop();
    throw new Error(isHeard ? `saw ${seen} of ${MARKERS} opens` : 'attached, but saw none of our opens (another pid namespace?)');
  }
  const offset = clockOffset(markers, seenNs);
  offsetNs = offset.offsetNs;
  const took = ((performance.now() - startedMs) / 1_000).toFixed(1);
  const name: KernelSource = source.name;
  return {
    source: name,
    reasons: [...reasons, `${name}: attached, fired and read ${seen} of ${MARKERS} opens in ${took} s`],
    offsetNs: offset.offsetNs,
    offsetErrorNs: offset.errorNs,
    get drops() {
      return attached.drops();
    },
    stop: () => attached.stop(),
  };
}
