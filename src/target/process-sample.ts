import { readdirSync, readFileSync, statSync } from 'node:fs';

/** What the kernel says about a process at one moment. */
export interface ProcessSample {
  readonly rssBytes: number;
  /** Largest resident set since the process started, or since its peak was reset (VmHWM). */
  readonly rssPeakBytes: number;
  /** User and system time since the process started, all threads. */
  readonly cpuSeconds: number;
  /** When the process started, in clock ticks since boot: tells a reused pid from the process that was meant. */
  readonly startTicks: number;
  readonly threads: number;
  /** Switches of its main thread, by its own will and against it. */
  readonly contextSwitches: number;
}

/** Clock ticks a second in /proc: USER_HZ, 100 on every Linux that Node runs on. */
export const TICKS_PER_SECOND = 100;
// Fields of /proc/PID/stat behind the name in brackets (proc(5) counts from 1, and the third field is the first of these).
const FIELD_USER_TICKS = 14 - 3;
const FIELD_SYSTEM_TICKS = 15 - 3;
const FIELD_THREADS = 20 - 3;
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
    rssBytes: numberOf(status, 'VmRSS') * 1024,
    rssPeakBytes: numberOf(status, 'VmHWM') * 1024,
    cpuSeconds: ticks / TICKS_PER_SECOND,
    startTicks: Number(fields[FIELD_START_TICKS]),
    threads: Number(fields[FIELD_THREADS]),
    contextSwitches: numberOf(status, 'voluntary_ctxt_switches') + numberOf(status, 'nonvoluntary_ctxt_switches'),
  };
}

function numberOf(status: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'mu').exec(status);
  return match ? Number(match[1]) : 0;
}

/** Open descriptors of a process; undefined where they are not ours to count. */
export function countDescriptors(pid: number | 'self'): number | undefined {
  try {
    // Since Linux 6.2 the size of the directory is the count; listing 100,000 sockets would take a tenth of a second.
    const { size } = statSync(`/proc/${pid}/fd`);
    return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

/** Of a process with more threads only the oldest are asked. */
const MOST_THREADS = 256;

/** Time that the threads of a process were ready to run and had no core, seconds since each began (schedstats). */
export function readRunWaitSeconds(pid: number): number | undefined {
  let waitedNs = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`).slice(0, MOST_THREADS))
      waitedNs += threadRunTimes(`/proc/${pid}/task/${thread}`)?.waitedNs ?? 0;
  } catch {
    return undefined;
  }
  return waitedNs / 1e9;
}

/** What one thread ran and what it waited for a core, since it began. `path` is its directory in /proc. */
export function threadRunTimes(path: string): { readonly ranNs: number; readonly waitedNs: number } | undefined {
  try {
    const [ranNs = 0, waitedNs = 0] = readFileSync(`${path}/schedstat`, 'latin1').split(' ').map(Number);
    return { ranNs, waitedNs };
  } catch {
    return undefined; // ended meanwhile, or a kernel without schedstats
  }
}
