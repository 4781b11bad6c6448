import { writeFileSync } from 'node:fs';
import { rounded, type SourceState, type TargetFigures, type TargetSource } from './figures.js';
import { countDescriptors, type ProcessSample, readProcess, readRunWaitSeconds } from './process-sample.js';
import { processTree } from './process-tree.js';
import { Span } from './span.js';

/** One process as it was last seen. */
interface Known {
  readonly startTicks: number;
  /** Of its counters, what belongs to the time before the run. */
  readonly before: Counters;
  counters: Counters;
  isRoot: boolean;
}

interface Counters {
  readonly cpuSeconds: number;
  readonly runWaitSeconds: number;
  readonly contextSwitches: number;
}

const NOTHING: Counters = { cpuSeconds: 0, runWaitSeconds: 0, contextSwitches: 0 };
/** Value of /proc/PID/clear_refs that sets the peak of the resident memory back to what it is now, and nothing else (proc(5)). */
const RESET_PEAK = '5';

/** The processes of the target and their children, of any language, in /proc. */
export class ProcessSource implements TargetSource {
  readonly name = 'process';
  readonly #roots: readonly number[];
  readonly #known = new Map<number, Known>();
  readonly #span = new Span<Counters>();
  readonly #gone = new Set<number>();
  /** What ended children had used. */
  #ended = NOTHING;
  #started = 0;
  #most = { rssBytes: 0, threads: 0, fds: 0, processes: 0 };
  #kernelPeakBytes = 0;
  #isHold = false;
  #isPeakReset = false;
  #looks = 0;
  #lastAtMs = 0;
  #canCountFds = true;

  constructor(pids: readonly number[]) {
    this.#roots = pids;
  }

  async begin(): Promise<void> {
    for (const pid of processTree(this.#roots)) this.#meet(pid, true);
    for (const pid of this.#roots) if (!this.#known.has(pid)) this.#gone.add(pid);
    this.#add(0);
  }

  look(elapsedMs: number): Record<string, number> {
    const before = this.#span.last;
    const now = this.#add(elapsedMs);
    if (!now) return {};
    this.#looks++;
    const seconds = (elapsedMs - this.#lastAtMs) / 1000;
    this.#lastAtMs = elapsedMs;
    const cores = before && seconds > 0 ? (now.sums.cpuSeconds - before.cpuSeconds) / seconds : 0;
    return {
      target_rss_bytes: now.rssBytes,
      target_cpu_cores: rounded(Math.max(0, cores), 2),
      target_threads: now.threads,
      ...(this.#canCountFds && { target_fds: now.fds }),
    };
  }

  holdBegins(elapsedMs: number): void {
    this.#isHold = true;
    this.#span.holdBegins(elapsedMs);
    this.#most = { rssBytes: 0, threads: 0, fds: 0, processes: 0 };
    this.#kernelPeakBytes = 0;
    this.#isPeakReset = [...this.#known.keys()].every(resetPeak);
  }

  holdEnds(elapsedMs: number): void {
    if (!this.#isHold) return;
    this.#readPeak();
    this.#isHold = false;
    this.#span.holdEnds(elapsedMs);
  }

  async end(elapsedMs: number): Promise<void> {
    this.#add(elapsedMs);
    this.holdEnds(elapsedMs);
    if (this.#kernelPeakBytes === 0) this.#readPeak();
  }

  figures(): TargetFigures {
    const { first, last } = this.#span;
    const between = this.#span.between();
    if (!first || !last || this.#looks === 0) return {};
    // One process's peak is exact; of several the peaks need not fall in one moment, so the largest sum that was seen counts.
    const isKernelPeak = this.#most.processes === 1 && this.#kernelPeakBytes > 0;
    return {
      rssPeakBytes: isKernelPeak ? this.#kernelPeakBytes : this.#most.rssBytes,
      rssPeakSince: !isKernelPeak ? 'samples' : this.#isPeakReset ? 'hold' : 'start',
      cpuSeconds: rounded(last.cpuSeconds - first.cpuSeconds, 2),
      threads: this.#most.threads,
      ...(this.#canCountFds && { fds: this.#most.fds }),
      processes: this.#most.processes,
      startedChildren: this.#started,
      ...(between && {
        cpuCores: rounded((between.until.cpuSeconds - between.from.cpuSeconds) / between.seconds, 3),
        // A thread that ended took what it had waited with it.
        runWaitMsPerSecond: rounded((Math.max(0, between.until.runWaitSeconds - between.from.runWaitSeconds) * 1000) / between.seconds, 1),
        contextSwitchesPerSecond: Math.round((between.until.contextSwitches - between.from.contextSwitches) / between.seconds),
      }),
    };
  }

  state(): SourceState {
    const gone = [...this.#gone];
    if (this.#roots.length === 0) {
      return { source: 'process', state: 'missing', reason: 'the process of the target is not known (--target-pid)' };
    }
    if (this.#looks === 0) return { source: 'process', state: 'missing', reason: `process ${this.#roots[0]} cannot be read in /proc` };
    if (gone.length > 0) return { source: 'process', state: 'partial', reason: `process ${gone.join(', ')} ended during the run` };
    return { source: 'process', state: 'ok' };
  }

  /** Reads everything once and keeps it; undefined when none of the processes is there any more. */
  #add(elapsedMs: number): { sums: Counters; rssBytes: number; threads: number; fds: number } | undefined {
    const now = { rssBytes: 0, threads: 0, fds: 0, processes: 0 };
    const tree = new Set(processTree(this.#roots.filter((pid) => !this.#gone.has(pid))));
    for (const pid of tree) {
      const sample = this.#meet(pid, false);
      if (!sample) continue;
      const fds = countDescriptors(pid);
      if (fds === undefined) this.#canCountFds = false;
      now.rssBytes += sample.rssBytes;
      now.threads += sample.threads;
      now.fds += fds ?? 0;
      now.processes++;
    }
    for (const [pid, known] of this.#known) if (!tree.has(pid)) this.#bury(pid, known);
    if (now.processes === 0) return undefined;
    this.#most = {
      rssBytes: Math.max(this.#most.rssBytes, now.rssBytes),
      threads: Math.max(this.#most.threads, now.threads),
      fds: Math.max(this.#most.fds, now.fds),
      processes: Math.max(this.#most.processes, now.processes),
    };
    const sums = [...this.#known.values()].reduce((sum, { counters, before }) => plus(sum, minus(counters, before)), this.#ended);
    this.#span.add(elapsedMs, sums);
    return { ...now, sums };
  }

  /** Reads one process; a pid that is another process's by now counts as ended. */
  #meet(pid: number, isStart: boolean): ProcessSample | undefined {
    const sample = readProcess(pid);
    const known = this.#known.get(pid);
    const isRoot = this.#roots.includes(pid);
    if (!sample || sample.rssPeakBytes === 0 || (known && known.startTicks !== sample.startTicks)) {
      if (known) this.#bury(pid, known);
      if (isRoot) this.#gone.add(pid);
      return undefined;
    }
    const { cpuSeconds, contextSwitches } = sample;
    const counters = { cpuSeconds, contextSwitches, runWaitSeconds: readRunWaitSeconds(pid) ?? 0 };
    if (known) known.counters = counters;
    else {
      if (!isStart && !isRoot) this.#started++;
      this.#known.set(pid, { startTicks: sample.startTicks, before: isStart ? counters : NOTHING, counters, isRoot });
    }
    return sample;
  }

  #bury(pid: number, { counters, before, isRoot }: Known): void {
    this.#ended = plus(this.#ended, minus(counters, before));
    this.#known.delete(pid);
    if (isRoot) this.#gone.add(pid);
  }

  #readPeak(): void {
    for (const pid of this.#known.keys()) this.#kernelPeakBytes += readProcess(pid)?.rssPeakBytes ?? 0;
  }
}

function resetPeak(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK);
    return true;
  } catch {
    return false; // another user's
  }
}

function plus(a: Counters, b: Counters): Counters {
  return combined(a, b, 1);
}

function minus(a: Counters, b: Counters): Counters {
  return combined(a, b, -1);
}

function combined(a: Counters, b: Counters, sign: 1 | -1): Counters {
  return {
    cpuSeconds: a.cpuSeconds + sign * b.cpuSeconds,
    runWaitSeconds: a.runWaitSeconds + sign * b.runWaitSeconds,
    contextSwitches: a.contextSwitches + sign * b.contextSwitches,
  };
}
