import type { FlameTool } from './flame-record.js';
import { InspectorProfiling } from './inspector-profiling.js';
import { PerfProfiling } from './perf-profiling.js';
import type { Profiling } from './profiling.js';

/** Tools that look into a process that runs already. */
export type AttachingTool = Extract<FlameTool, 'inspector' | 'perf'>;

export interface AttachTo {
  readonly tool: AttachingTool;
  readonly pid: number;
  /** Time between two samples of the inspector; perf has its own. */
  readonly intervalUs: number;
  readonly subject: string;
}

/** Begins to profile a running process. */
export function startProfiling({ tool, pid, intervalUs, subject }: AttachTo): Promise<Profiling> {
  return tool === 'perf' ? PerfProfiling.start(pid, subject) : InspectorProfiling.start({ pid, intervalUs, subject });
}
