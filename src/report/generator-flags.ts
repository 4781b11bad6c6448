import { samplesNeeded } from '../measure/histogram.js';
import type { Hold, HoldTrend } from '../measure/hold.js';
import { formatMs, formatPercent } from './quantity.js';

/** What the generator saw of itself and its machine in the hold; in the whole run where there was none. Null: not known here. */
export interface SelfRecord {
  readonly isHold: boolean;
  /** Looks, one a second. */
  readonly seconds: number;
  /** Of these, those in which a worker used more than 0.9 of a core. */
  readonly busySeconds: number;
  /** Share of a core that the busiest worker used: of the event loop, or of the ring's thread, which sleeps when it has nothing to do. */
  readonly busiestWorker: number | null;
  /** Share of the time in which the worker that waited most was ready to run and had no core. */
  readonly waitShare: number | null;
  /** Share of the time that the worker with most garbage collections spent in them, and their longest pause. */
  readonly gcShare: number | null;
  readonly longestGcMs: number;
  /** Share of the machine's time that the hypervisor gave to others. */
  readonly stealShare: number | null;
  /** Percent of the time in which some task of the machine waited for a core (PSI some avg10), on average. */
  readonly cpuPressure: number | null;
  readonly isTargetLocal: boolean;
  readonly retransmits: number | null;
  readonly synRetransmits: number | null;
  readonly listenOverflows: number | null;
  readonly listenDrops: number | null;
  /** Most descriptors open at one look, and how many may be. */
  readonly fds: number | null;
  readonly fdLimit: number | null;
}

export type FlagName = 'gen.lag' | 'gen.missed' | 'gen.rate' | 'gen.elu' | 'gen.gc' | 'gen.limits' | 'host.steal' | 'net.local';

/** One thing that the generator has to say against itself or its machine. */
export interface GeneratorFlag {
  readonly flag: FlagName;
  /** invalid: the run shows the generator and not the target, and exits 111. warn: read it beside the figures. */
  readonly level: 'invalid' | 'warn';
  readonly sentence: string;
}

export interface FlagFacts {
  readonly hold: Hold | undefined;
  /** What the lag may be in the hold. */
  readonly lagLimitMs: number;
  /** Messages of paced loops over the run. */
  readonly planned: number;
  readonly missed: number;
  /** The busiest worker's share of a core over the run. */
  readonly busiestWorker: number;
  /** Absent for measurements of an older gwrk. */
  readonly self?: SelfRecord;
  readonly errors: readonly { readonly code: string; readonly count: number }[];
}

const SUM_TOLERANCE = 0.1;
const MISSED_SHARE = 0.001;
const RATE_SHARE = 0.99;
const BUSY_CORE = 0.9;
const BUSY_SECONDS_SHARE = 0.05;
const GC_SHARE = 0.05;
const LONG_PAUSE_MS = 50;
const STEAL_SHARE = 0.02;
const CPU_PRESSURE = 20;
/** Pressure is a fact of the machine; it is of this run when our own threads waited so much of the time. */
const WAIT_SHARE = 0.05;
/** Shares of a few seconds are accidents. */
const FEWEST_SECONDS = 5;
const LIMIT_CODES = /^(EMFILE|ENFILE|EADDRNOTAVAIL|ENOBUFS)$/u;

/** The rules by which the generator judges itself (measure.md, 1.4; docs/measuring.md explains them), the weightiest first. */
export function findFlags(facts: FlagFacts): GeneratorFlag[] {
  const flags = [...lateness(facts), ...omissions(facts), ...limits(facts)];
  const { self } = facts;
  if (self) flags.push(...strain(self, flags), ...machine(self), ...network(self));
  return flags.sort((a, b) => Number(b.level === 'invalid') - Number(a.level === 'invalid'));
}

function lateness({ hold, lagLimitMs, busiestWorker }: FlagFacts): GeneratorFlag[] {
  const lag = hold && highestSupported(hold.lag);
  if (!lag) return [];
  if (lag.ms > lagLimitMs) {
    const sentence = `the generator was late by ${formatMs(lag.ms)} at p(${lag.percent}), more than ${formatMs(lagLimitMs)}${attribution(hold)}`;
    return [{ flag: 'gen.lag', level: 'invalid', sentence }];
  }
  if (lag.ms > lagLimitMs / 2 && busiestWorker > BUSY_CORE) {
    const sentence = `a worker used ${formatPercent(busiestWorker)} of a core and was late by ${formatMs(lag.ms)} at p(${lag.percent})`;
    return [{ flag: 'gen.elu', level: 'invalid', sentence }];
  }
  return [];
}

/** Whose time it was; only where messages were answered, and often enough for a p99 to mean something. */
function attribution({ response, service, lag }: Hold): string {
  if (!service || [response, service, lag].some(({ count }) => count < samplesNeeded(99))) return '';
  const [allMs = 0, servedMs = 0, lateMs = 0] = [response, service, lag].map((trend) => trend.percentileUs(99)! / 1000);
  // Percentiles do not add up in general; where these nearly do, the sum says it best.
  const isSum = Math.abs(servedMs + lateMs - allMs) <= SUM_TOLERANCE * allMs;
  const parts = isSum
    ? `${formatMs(allMs)} = service ${formatMs(servedMs)} + scheduling lag ${formatMs(lateMs)}`
    : `${formatMs(allMs)}, service p99 ${formatMs(servedMs)}, scheduling lag p99 ${formatMs(lateMs)}`;
  return `: response p99 ${parts}: generator-limited, not a server result`;
}

function omissions({ planned, missed }: FlagFacts): GeneratorFlag[] {
  const flags: GeneratorFlag[] = [];
  if (missed > MISSED_SHARE * planned) {
    const sentence = `${missed.toLocaleString('en')} of ${planned.toLocaleString('en')} planned messages were never sent`;
    flags.push({ flag: 'gen.missed', level: 'invalid', sentence });
  }
  if (planned - missed < RATE_SHARE * planned) {
    const sentence = `the generator sent at ${formatPercent((planned - missed) / planned)} of the planned rate`;
    flags.push({ flag: 'gen.rate', level: 'invalid', sentence });
  }
  return flags;
}

function limits({ errors, self }: FlagFacts): GeneratorFlag[] {
  const hit = errors.filter(({ code }) => LIMIT_CODES.test(code));
  if (hit.length === 0) return [];
  const told = hit.map(({ code, count }) => `${code} ${count.toLocaleString('en')} times`).join(', ');
  const use =
    self?.fds && self.fdLimit ? ` (${self.fds.toLocaleString('en')} of ${self.fdLimit.toLocaleString('en')} descriptors used)` : '';
  return [{ flag: 'gen.limits', level: 'warn', sentence: `this machine refused the generator sockets: ${told}${use}` }];
}

function strain({ seconds, busySeconds, gcShare, longestGcMs }: SelfRecord, found: readonly GeneratorFlag[]): GeneratorFlag[] {
  const flags: GeneratorFlag[] = [];
  if (seconds >= FEWEST_SECONDS && busySeconds > BUSY_SECONDS_SHARE * seconds && !found.some(({ flag }) => flag === 'gen.elu')) {
    const sentence = `a worker used more than ${formatPercent(BUSY_CORE)} of a core in ${busySeconds} of ${seconds} seconds`;
    flags.push({ flag: 'gen.elu', level: found.some(({ flag }) => flag === 'gen.lag') ? 'invalid' : 'warn', sentence });
  }
  if ((gcShare ?? 0) > GC_SHARE || longestGcMs > LONG_PAUSE_MS) {
    const sentence = `garbage collections took ${formatPercent(gcShare ?? 0)} of a worker's time, the longest ${formatMs(longestGcMs)}`;
    flags.push({ flag: 'gen.gc', level: 'warn', sentence });
  }
  return flags;
}

function machine({ seconds, stealShare, cpuPressure, waitShare, isTargetLocal }: SelfRecord): GeneratorFlag[] {
  if (seconds < FEWEST_SECONDS) return [];
  const told = [
    ...((stealShare ?? 0) > STEAL_SHARE ? [`the hypervisor took ${formatPercent(stealShare!)} of this machine's time`] : []),
    ...(isTargetLocal && (cpuPressure ?? 0) > CPU_PRESSURE && (waitShare ?? 0) > WAIT_SHARE
      ? [`generator and target share cores: a worker waited ${formatPercent(waitShare!)} of the time for one`]
      : []),
  ];
  return told.length === 0 ? [] : [{ flag: 'host.steal', level: 'warn', sentence: told.join('; ') }];
}

function network({ isTargetLocal, listenOverflows, synRetransmits }: SelfRecord): GeneratorFlag[] {
  const told = [
    ...((listenOverflows ?? 0) > 0 ? [`its accept queue overflowed ${listenOverflows!.toLocaleString('en')} times`] : []),
    ...((synRetransmits ?? 0) > 0 ? [`${synRetransmits!.toLocaleString('en')} connects had to be repeated`] : []),
  ];
  if (!isTargetLocal || told.length === 0) return [];
  const sentence = `the target or the kernel, not the generator: ${told.join(', ')} (on this machine, all programs together)`;
  return [{ flag: 'net.local', level: 'warn', sentence }];
}

/** A few late sends of a short run are not a p99: the highest percentile with enough samples speaks. */
function highestSupported(lag: HoldTrend): { readonly percent: number; readonly ms: number } | undefined {
  const percent = [99, 90, 50].find((candidate) => lag.count >= samplesNeeded(candidate));
  return percent === undefined ? undefined : { percent, ms: lag.percentileUs(percent)! / 1000 };
}
