import type { ThreadStacks } from './stacks.js';

export const FLAME_TOOLS = ['inspector', 'perf', '0x', 'clinic-doctor', 'clinic-flame', 'clinic-heap'] as const;
export type FlameTool = (typeof FLAME_TOOLS)[number];

/** What a profile is of and how it was taken: flame.json beside it. Times in microseconds; a figure that is not known is absent. */
export interface FlameRecord {
  readonly schema: 'gwrk/flame/1';
  readonly tool: FlameTool;
  /** What was profiled, for a person: "gwrk serve (pid 4711)". */
  readonly subject: string;
  readonly pid?: number;
  readonly startedAt: string;
  readonly durationMs: number;
  /** Time between two samples. */
  readonly intervalUs?: number;
  /** Messages and requests that were sent to it meanwhile. */
  readonly messages?: number;
  /** Wall time sampled, over all threads, that no thread had nothing to do in. */
  readonly busyUs: number;
  readonly idleUs: number;
  /** Inside native functions that may have waited: io_uring_enter. In neither of the two above. */
  readonly nativeUs?: number;
  readonly threads: readonly { readonly name: string; readonly busyUs: number }[];
  /** Garbage collections and event loop within the profile, where the tool tells. */
  readonly runtime?: RuntimeRecord;
  /** What a reader must know: frames without names, a phase that could not be cut out. */
  readonly notes: readonly string[];
}

/** What a Node process counted of itself while it was profiled. */
export interface RuntimeRecord {
  readonly gcCount: number;
  readonly gcMs: number;
  readonly gcLongestMs: number;
  /** Share of the time in which the event loop was not waiting, 0 .. 1. */
  readonly loopUtilization: number;
  /** 99th percentile of how late the event loop was. */
  readonly loopDelayP99Ms: number;
  readonly heapUsedBytes: number;
}

/** A profile that has been taken: the record, and what it is a record of. */
export interface Profile {
  readonly record: FlameRecord;
  readonly threads: readonly ThreadStacks[];
  /** Files as the tool wrote them, by name: profile.cpuprofile. */
  readonly raw: Readonly<Record<string, string>>;
}
