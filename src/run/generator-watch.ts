import type { SelfRecord } from '../report/generator-flags.js';
import { CONTROL_GC_LONGEST_US, CONTROL_GC_US, CONTROL_THREAD } from '../swarm/messages.js';
import { countDescriptors, threadRunTimes } from '../target/process-sample.js';
import { readCpuPressure, readDescriptorLimit, readTcpCounters, type TcpCounters } from './host-counters.js';
import { type MachineTicks, readMachineTicks, stealShare } from './machine-facts.js';

/** A worker that uses more of a core than this in a second is busy in it (measure.md, 1.4). */
const BUSY_SHARE = 0.9;

/** What has been counted up to a moment. */
interface Totals {
  readonly ticks: MachineTicks | undefined;
  readonly tcp: TcpCounters | undefined;
  readonly workers: readonly WorkerTotals[];
}

interface WorkerTotals {
  /** When it was read: of a thread that has ended the last reading stays. */
  readonly atMs: number;
  /** Undefined where the kernel does not count. */
  readonly run: { readonly ranNs: number; readonly waitedNs: number } | undefined;
  readonly gcUs: number;
}

export interface GeneratorWatchOptions {
  /** The control words of each worker. */
  readonly controls: readonly Int32Array[];
  /** The target is on this machine: what the kernel counts of listening sockets may be its. */
  readonly isTargetLocal: boolean;
}

interface Moment {
  readonly atMs: number;
  readonly totals: Totals;
}

/** Looks at the generator itself once a second, from the main thread: the workers only say what their collections took. */
export class GeneratorWatch {
  readonly #options: GeneratorWatchOptions;
  readonly #fdLimit = readDescriptorLimit();
  #previous: Moment | undefined;
  /** What is judged: the hold, or the run until one begins. */
  #from: Moment;
  #until: Moment;
  #phase: 'before' | 'hold' | 'after' = 'before';
  #seconds = 0;
  #busySeconds = 0;
  #longestGcUs = 0;
  #pressures: number[] = [];
  #mostFds = 0;

  constructor(options: GeneratorWatchOptions) {
    this.#options = options;
    this.#previous = this.#from = this.#until = { atMs: 0, totals: this.#totals(0) };
  }

  /** Columns of the timeline for this second. `isHold`: the hold was open at its end. */
  sample(elapsedMs: number, isHold: boolean): Record<string, number> {
    const before = this.#previous!;
    const now: Moment = { atMs: elapsedMs, totals: this.#totals(elapsedMs) };
    this.#previous = now;
    const busiest = Math.min(1, Math.max(0, ...shares(before, now, 'ranNs')));
    const longestUs = Math.max(0, ...this.#options.controls.map((control) => Atomics.exchange(control, CONTROL_GC_LONGEST_US, 0)));
    const pressure = readCpuPressure();
    const fds = countDescriptors('self');
    this.#mostFds = Math.max(this.#mostFds, fds ?? 0);
    // The second at whose end the hold is found open was still of the ramp.
    if (isHold && this.#phase === 'before') this.#beginHold(now);
    else if (this.#phase !== 'after') this.#count(now, busiest, longestUs, pressure);
    if (!isHold && this.#phase === 'hold') this.#phase = 'after';
    const steal = stealShare(before.totals.ticks, now.totals.ticks);
    return {
      generator_busy: round(busiest, 3),
      generator_gc_ms: round(Math.max(0, ...gcUs(before, now)) / 1000, 2),
      ...(fds !== undefined && { generator_fds: fds }),
      ...(steal !== undefined && { host_steal: round(steal, 4) }),
      ...(pressure !== undefined && { host_cpu_pressure: pressure }),
    };
  }

  /** What was seen in the hold, or in the whole run where there was none. */
  result(): SelfRecord {
    const [from, until] = [this.#from, this.#until];
    const wallMs = until.atMs - from.atMs;
    const steal = stealShare(from.totals.ticks, until.totals.ticks);
    const [before, after] = [from.totals.tcp, until.totals.tcp];
    const pressure = this.#pressures.length === 0 ? null : this.#pressures.reduce((sum, each) => sum + each, 0) / this.#pressures.length;
    return {
      isHold: this.#phase !== 'before',
      seconds: this.#seconds,
      busySeconds: this.#busySeconds,
      busiestWorker: largest(shares(from, until, 'ranNs')),
      waitShare: largest(shares(from, until, 'waitedNs')),
      gcShare: wallMs > 0 ? round(Math.max(0, ...gcUs(from, until)) / 1000 / wallMs, 4) : null,
      longestGcMs: round(this.#longestGcUs / 1000, 2),
      stealShare: steal === undefined ? null : round(steal, 4),
      cpuPressure: pressure === null ? null : round(pressure, 1),
      isTargetLocal: this.#options.isTargetLocal,
      retransmits: before && after ? after.retransmits - before.retransmits : null,
      synRetransmits: before && after ? after.synRetransmits - before.synRetransmits : null,
      // Of a target elsewhere nothing is known here.
      listenOverflows: before && after && this.#options.isTargetLocal ? after.listenOverflows - before.listenOverflows : null,
      listenDrops: before && after && this.#options.isTargetLocal ? after.listenDrops - before.listenDrops : null,
      fds: this.#mostFds > 0 ? this.#mostFds : null,
      fdLimit: this.#fdLimit ?? null,
    };
  }

  #beginHold(now: Moment): void {
    this.#phase = 'hold';
    this.#from = this.#until = now;
    this.#seconds = this.#busySeconds = this.#longestGcUs = 0;
    this.#pressures = [];
  }

  #count(now: Moment, busiest: number, longestUs: number, pressure: number | undefined): void {
    this.#until = now;
    this.#seconds++;
    if (busiest > BUSY_SHARE) this.#busySeconds++;
    this.#longestGcUs = Math.max(this.#longestGcUs, longestUs);
    if (pressure !== undefined) this.#pressures.push(pressure);
  }

  #totals(atMs: number): Totals {
    return {
      ticks: readMachineTicks(),
      tcp: readTcpCounters(),
      workers: this.#options.controls.map((control, worker) => {
        const thread = Atomics.load(control, CONTROL_THREAD);
        const run = thread === 0 ? undefined : threadRunTimes(`/proc/self/task/${thread}`);
        // Whoever is over before the last look must not count as one that never ran.
        const seen = run === undefined ? this.#previous?.totals.workers[worker] : undefined;
        return { atMs: seen?.atMs ?? atMs, run: run ?? seen?.run, gcUs: Atomics.load(control, CONTROL_GC_US) };
      }),
    };
  }
}

/** Of each worker that was seen at both moments: the part of the time between them that it ran, or waited for a core. */
function shares(from: Moment, until: Moment, what: 'ranNs' | 'waitedNs'): number[] {
  return until.totals.workers.flatMap(({ atMs, run }, worker) => {
    const before = from.totals.workers[worker];
    return run && before?.run && atMs > before.atMs ? [(run[what] - before.run[what]) / ((atMs - before.atMs) * 1e6)] : [];
  });
}

/** Null where nothing is known. */
function largest(values: readonly number[]): number | null {
  return values.length === 0 ? null : round(Math.max(...values), 3);
}

function gcUs(from: Moment, until: Moment): number[] {
  return until.totals.workers.map((worker, index) => worker.gcUs - (from.totals.workers[index]?.gcUs ?? 0));
}

function round(value: number, places: number): number {
  return Math.round(value * 10 ** places) / 10 ** places;
}
