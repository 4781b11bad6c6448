import { histogramOf } from '../measure/histogram.js';
import type { Hold } from '../measure/hold.js';
import { TREND, TREND_NAMES } from '../measure/metric-names.js';
import { counterTotal, type Measurements } from '../measure/metric-view.js';
import { type OwnMetrics, ownHistograms } from '../measure/own-metrics.js';
import type { Recorder } from '../measure/recorder.js';
import type { TimelineRecord } from '../measure/timeline.js';
import type { LoadModel } from '../scenario/load-model.js';
import type { Matching } from '../scenario/matching.js';
import type { ThresholdSpec } from '../scenario/plan.js';
import { type ClientsRecord, type DeliveryRecord, type LedgerRecord, recordClients, recordDelivery, recordLedger } from './accounts.js';
import type { FindMaxRecord } from './find-max.js';
import type { GeneratorFlag, SelfRecord } from './generator-flags.js';
import { type MetricRecord, recordMetrics } from './metrics.js';
import { type HoldRecord, judgeGenerator, recordHold } from './saturation.js';
import { recordTagged } from './tagged.js';
import { judgeThresholds, type ThresholdRecord } from './thresholds.js';
import { type Interruption, judge, type Verdict } from './verdict.js';

/** The record of a run: report.json. Fields are added, never renamed. A figure that could not be taken is null, never 0. */
export interface Report {
  readonly schema: 'gwrk/report/1';
  readonly scenario: string;
  readonly target: TargetRecord;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly transport: 'uring' | 'node';
  readonly transportReason: string;
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** One sentence. */
  readonly reason: string;
  /** Everything else that spoke against the run. */
  readonly findings: readonly string[];
  /** Why the run ended before its plan did: a threshold with abortOnFail, ctrl-C, ... Absent: it did not. */
  readonly endedEarly?: string;
  /** Whether the plan had a time for what was measured; absent in the report of an older gwrk. */
  readonly model?: LoadModel;
  /** The profiler that looked at the target meanwhile ("self": at gwrk), which costs up to a third more CPU time: such a run never gates. */
  readonly profiled?: string;
  readonly clients: ClientsRecord;
  readonly ledger: LedgerRecord;
  /** Of runs with broadcasts only. */
  readonly delivery?: DeliveryRecord;
  readonly metrics: Readonly<Record<string, MetricRecord>>;
  /**
   * The same of parts of the run, by selector: every phase ("ws_msg_rtt{phase:hold}"), where there are several every scenario
   * ("ws_msg_rtt{scenario:fight}"), and what a threshold names. Absent in the report of an older gwrk.
   */
  readonly tagged?: Readonly<Record<string, MetricRecord>>;
  /** HDR V2, compressed, base64, microseconds; of every trend with samples, and of those in `tagged`. */
  readonly histograms: Readonly<Record<string, string>>;
  readonly thresholds: readonly ThresholdRecord[];
  readonly errors: readonly ErrorRecord[];
  readonly generator: GeneratorRecord;
  readonly timeline: TimelineRecord;
  readonly environment: Readonly<Record<string, string | number>>;
  readonly seed: number;
  /** SHA-256 of the resolved scenario: what makes two runs comparable. */
  readonly hash: string;
  readonly tags: Readonly<Record<string, string>>;
  /** How the answers of each send step find their requests. */
  readonly matching: readonly Matching[];
  /** The plan as --dry-run tells it, without any value of it; absent in reports of an older gwrk. */
  readonly outline?: string;
  /** Of --find-max only: the search whose best run this is. */
  readonly findMax?: FindMaxRecord;
}

export interface ErrorRecord {
  readonly code: string;
  readonly count: number;
  readonly first: string;
}

export interface GeneratorRecord {
  readonly threads: number;
  readonly rings: number;
  readonly rssPeakBytes: number;
  /** What one client cost: growth of the memory of the process, divided by the most clients open at once. */
  readonly bytesPerClient: number | null;
  readonly cpuSeconds: number;
  /** The busiest worker's share of a core over the run, 0 .. 1. */
  readonly busiestWorker: number;
  /** scheduling_lag of the whole run. */
  readonly lagP99Ms: number | null;
  /** pacing_lag where it is judged; null where no client was held, or the report is of an older gwrk. */
  readonly hold?: HoldRecord | null;
  readonly saturated: boolean;
  /** What the generator has to say against itself and its machine; absent in reports of an older gwrk. */
  readonly flags?: readonly GeneratorFlag[];
  /** What that was judged by. */
  readonly self?: SelfRecord;
  /** Clients that became ready (or connected, where the scenario does not authenticate), a second of the time that took. */
  readonly connectsPerSecond: number | null;
}

export interface TargetRecord {
  readonly url: string;
  readonly pid: number | null;
  readonly rssPeakBytes: number | null;
  readonly cpuSeconds: number | null;
  readonly gcPerMinute: number | null;
  /** Operations that the target counted during the run, where it says. */
  readonly opsSeen?: number | null;
  /** Why a figure is missing. */
  readonly reason?: string;
  /** hold: the kernel's peak since the hold began. start: since the process started. samples: the largest of one look a second. */
  readonly rssPeakSince?: 'hold' | 'start' | 'samples';
  /** Cores used on average. This and all that follows is of the hold, where there is one of 5 s or more; else of the run. */
  readonly cpuCores?: number;
  readonly threads?: number;
  readonly fds?: number;
  readonly processes?: number;
  /** Child processes that appeared during the run. */
  readonly startedChildren?: number;
  /** Milliseconds a second that threads were ready to run and had no core, summed over threads: a starved server. */
  readonly runWaitMsPerSecond?: number;
  readonly contextSwitchesPerSecond?: number;
  readonly gcByKind?: Readonly<Record<string, { readonly count: number; readonly ms: number; readonly maxPauseMs: number | null }>>;
  readonly gcMsPerSecond?: number;
  readonly maxPauseMs?: number;
  /** Share of its time that the event loop was busy, 0 .. 1. */
  readonly elu?: number;
  /** The worst second's p99, without the resolution of the clock that it is measured with. */
  readonly loopDelayP99Ms?: number;
  readonly heapUsedBytes?: number;
  /** Times that the target was started again during the run. */
  readonly restarts?: number;
  /** Where the figures come from, and why one is missing. */
  readonly sources?: readonly { readonly source: string; readonly state: 'ok' | 'partial' | 'missing'; readonly reason?: string }[];
}

/** Everything that is known when a run is over. */
export interface ReportInput {
  readonly plan: {
    readonly name: string;
    readonly hash: string;
    readonly plannedClients: number;
    /** The flow authenticates, so that every client must become ready and not only connected. */
    readonly authenticates: boolean;
    readonly seed: number;
    readonly tags: Readonly<Record<string, string>>;
    /** Empty with --no-thresholds. */
    readonly thresholds: readonly ThresholdSpec[];
    /** How answers find their requests; absent: no send step expects any. */
    readonly matching?: readonly Matching[];
    readonly outline?: string;
    readonly model?: LoadModel;
  };
  readonly startedAtUnixMs: number;
  readonly durationMs: number;
  readonly transport: { readonly kind: 'uring' | 'node'; readonly reason: string };
  /** One a worker. */
  readonly recorders: readonly Recorder[];
  /** What drivers declared, one a worker. */
  readonly own?: readonly OwnMetrics[];
  /** Over all workers, one row a code. */
  readonly errors: readonly ErrorRecord[];
  readonly generator: {
    readonly threads: number;
    readonly rings: number;
    /** Memory of the process before the first client. */
    readonly rssStartBytes: number;
    readonly rssPeakBytes: number;
    /** The whole process. */
    readonly cpuSeconds: number;
    /** One a worker. */
    readonly workerCpuSeconds: readonly number[];
    /** What it saw of itself and its machine; absent where nobody looked. */
    readonly self?: SelfRecord;
  };
  readonly target: TargetRecord;
  readonly timeline: TimelineRecord;
  /** Timeline.connectingMs. */
  readonly connectingMs: number;
  /** Absent when the run had none. */
  readonly hold?: Hold;
  /** How parts of the run are taken from it, and the names of its scenarios. Absent: `tagged` is empty. */
  readonly parts?: { readonly select: NonNullable<Measurements['select']>; readonly scenarios: readonly string[] };
  readonly environment: Readonly<Record<string, string | number>>;
  /** The profiler that was at work meanwhile. */
  readonly profiled?: string;
  readonly interruption?: Interruption;
}

/** Turns what was measured into the record of the run, verdict included. Pure. */
export function buildReport(input: ReportInput): Report {
  const { plan, recorders, durationMs } = input;
  const from: Measurements = {
    recorders,
    elapsedMs: durationMs,
    errors: input.errors.reduce((sum, error) => sum + error.count, 0),
    ...(input.parts && { select: input.parts.select }),
    ...(input.own && { own: input.own }),
  };
  const tagged = recordTagged(from, input.parts?.scenarios ?? [], plan.thresholds);
  const clients = recordClients(plan.plannedClients, recorders);
  const ledger = recordLedger(recorders);
  const delivery = recordDelivery(recorders);
  const thresholds = judgeThresholds(plan.thresholds, from);
  const busiestWorker = durationMs > 0 ? Math.max(0, ...input.generator.workerCpuSeconds) / (durationMs / 1000) : 0;
  const flags = judgeGenerator({ recorders, hold: input.hold, busiestWorker, self: input.generator.self, errors: input.errors });
  const judgement = judge({
    clients,
    authenticates: plan.authenticates,
    ledger,
    ledgerMismatches: counterTotal(recorders, 'ledger_mismatches'),
    opsSeen: input.target.opsSeen ?? null,
    clientsWithoutRow: input.errors.find(({ code }) => code === 'feeder.dry')?.count ?? 0,
    invalidDurations:
      TREND_NAMES.reduce((sum, name) => sum + histogramOf(recorders, TREND[name]).exact.invalid, 0) +
      ownHistograms(input.own).reduce((sum, [, histogram]) => sum + histogram.exact.invalid, 0),
    commonestError: input.errors[0]?.code,
    thresholds,
    saturation: flags.filter(({ level }) => level === 'invalid').map(({ sentence }) => sentence),
    ...(input.interruption && { interruption: input.interruption }),
  });
  return {
    schema: 'gwrk/report/1',
    scenario: plan.name,
    target: input.target,
    startedAt: new Date(input.startedAtUnixMs).toISOString(),
    durationMs: Math.round(durationMs),
    transport: input.transport.kind,
    transportReason: input.transport.reason,
    ...judgement,
    ...(plan.model && { model: plan.model }),
    ...(input.profiled !== undefined && { profiled: input.profiled }),
    ...(input.interruption && { endedEarly: input.interruption.reason }),
    clients,
    ledger,
    ...(delivery && { delivery }),
    metrics: recordMetrics(from),
    tagged: tagged.metrics,
    histograms: { ...recordHistograms(recorders, input.own), ...tagged.histograms },
    thresholds,
    errors: input.errors.toSorted((a, b) => b.count - a.count),
    generator: recordGenerator(input, clients, busiestWorker, flags),
    timeline: input.timeline,
    environment: input.environment,
    seed: plan.seed,
    hash: plan.hash,
    tags: plan.tags,
    matching: plan.matching ?? [],
    ...(plan.outline !== undefined && { outline: plan.outline }),
  };
}

function recordHistograms(recorders: readonly Recorder[], own: readonly OwnMetrics[] = []): Record<string, string> {
  const histograms: Record<string, string> = {};
  for (const name of TREND_NAMES) {
    const histogram = histogramOf(recorders, TREND[name]);
    if (histogram.count > 0) histograms[name] = histogram.toV2Base64();
  }
  for (const [name, histogram] of ownHistograms(own)) if (histogram.count > 0) histograms[name] = histogram.toV2Base64();
  return histograms;
}

function recordGenerator(
  input: ReportInput,
  clients: ClientsRecord,
  busiestWorker: number,
  flags: readonly GeneratorFlag[],
): GeneratorRecord {
  const { threads, rings, rssStartBytes, rssPeakBytes, cpuSeconds, self } = input.generator;
  const lagP99Us = histogramOf(input.recorders, TREND.scheduling_lag).percentileUs(99);
  const arrived = input.plan.authenticates ? clients.ready : clients.connected;
  return {
    threads,
    rings,
    rssPeakBytes,
    bytesPerClient: clients.peakOpen > 0 ? Math.max(0, Math.round((rssPeakBytes - rssStartBytes) / clients.peakOpen)) : null,
    cpuSeconds,
    busiestWorker,
    lagP99Ms: lagP99Us === undefined ? null : lagP99Us / 1000,
    hold: recordHold(input.recorders, input.hold),
    saturated: flags.some(({ level }) => level === 'invalid'),
    flags,
    ...(self && { self }),
    connectsPerSecond: input.connectingMs > 0 ? Math.round(arrived / (input.connectingMs / 1000)) : null,
  };
}
