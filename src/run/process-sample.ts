import { readFileSync } from 'node:fs';

/** What the kernel says about a process at one moment. */
export interface ProcessSample {
  readonly rssBytes: number;
  /** Largest resident set since the process started (VmHWM). */
  readonly rssPeakBytes: number;
  /** User and system time since the process started, all threads. */
  readonly cpuSeconds: number;
  /** When the process started, in clock ticks since boot: tells a reused pid from the process that was meant. */
  readonly startTicks: number;
}

/** Clock ticks a second in /proc: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
// Fields of /proc/PID/stat behind the name in brackets (proc(5) counts from 1, and the third field is the first of these).
const FIELD_USER_TICKS = 14 - 3;
const FIELD_SYSTEM_TICKS = 15 - 3;
const FIELD_START_TICKS = 22 - 3;

/** Reads a process's memory and CPU time; undefined when it is gone, not ours to read, or the system has no /proc. */
export function readProcess(pid: number | 'self'): ProcessSample | undefined {
  try {
    return parseProcess(readFileSync(`/proc/${pid}/stat`, 'utf8'), readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The same from the two files' text. A zombie has no memory lines: its sizes are 0. */
export function parseProcess(stat: string, status: string): ProcessSample {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name may hold brackets and blanks
  const ticks = Number(fields[FIELD_USER_TICKS]) + Number(fields[FIELD_SYSTEM_TICKS]);
  return {
    rssBytes: bytesOf(status, 'VmRSS'),
    rssPeakBytes: bytesOf(status, 'VmHWM'),
    cpuSeconds: ticks / TICKS_PER_SECOND,
    startTicks: Number(fields[FIELD_START_TICKS]),
  };
}

function bytesOf(status: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'mu').exec(status);
  return match ? Number(match[1]) * 1024 : 0;
}
