import { GwrkError } from '../core/errors.js';
import { EXIT } from '../core/exit-codes.js';
import type { FindMaxRecord, MaxOf, ProbeRecord } from '../report/find-max.js';
import type { Report } from '../report/report.js';
import type { Plan, ThresholdSpec } from '../scenario/plan.js';
import { boundText, curveMetric, judgeProbe } from './find-max-judge.js';
import { type LoadKind, probePlan } from './find-max-plan.js';
import { type SearchResult, searchHighest } from './find-max-search.js';
import { ProbeWindow } from './find-max-window.js';
import type { RunHooks } from './run-options.js';

export interface FindMaxOptions {
  readonly of: MaxOf;
  readonly kind: LoadKind;
  readonly bounds: readonly ThresholdSpec[];
  readonly from: number;
  readonly to: number;
  readonly stepTimeUs: number;
  /** 0 .. 1. */
  readonly precision: number;
  readonly connectRate?: number;
}

/** What a search needs of the outside. */
export interface FindMaxHost {
  /** The plan for a load, of which probePlan() makes a probe. */
  planFor(load: number): Promise<Plan>;
  run(plan: Plan, onProgress: NonNullable<RunHooks['progress']>): Promise<Report>;
  /** Between two probes; true when a person wants the search to end. */
  rest(): Promise<boolean>;
  onProbe(probe: ProbeRecord): void;
}

/**
 * Searches the highest load that meets every bound. Resolves with the report of the best run (of the last one where none
 * met), the search in it and its verdict over it.
 */
export async function findMax(options: FindMaxOptions, host: FindMaxHost): Promise<Report> {
  const probes: ProbeRecord[] = [];
  let best: Report | undefined;
  let last: Report | undefined;
  let stoppedBy: FindMaxRecord['limitedBy'] | undefined;

  const runOnce = async (load: number): Promise<ProbeRecord> => {
    const probe = probePlan(await host.planFor(load), { ...options, load });
    const window = new ProbeWindow(probe.heldFromMs, probe.heldUntilMs, probe.clients);
    const report = await host.run(probe.plan, (snapshot, errors, recorders) =>
      window.look(
        recorders,
        snapshot,
        errors.reduce((sum, { count }) => sum + count, 0),
      ),
    );
    last = report;
    const record = judgeProbe({ report, held: window.held, whole: window.whole, clients: probe.clients, load }, options);
    if (record.verdict === 'met') best = report;
    probes.push(record);
    host.onProbe(record);
    return record;
  };

  const tryLoad = async (load: number): Promise<'met' | 'missed' | 'stop'> => {
    if (probes.length > 0 && (await host.rest())) {
      stoppedBy = 'interruption';
      return 'stop';
    }
    try {
      let { verdict } = await runOnce(load);
      // One late moment of a busy machine is no limit of the generator: the second time it is believed.
      if (verdict === 'invalid' && last!.generator.saturated && !(await host.rest())) ({ verdict } = await runOnce(load));
      if (verdict === 'met' || verdict === 'missed') return verdict;
      stoppedBy = verdict === 'interrupted' ? 'interruption' : last!.generator.saturated ? 'generator' : 'measurement';
      return 'stop';
    } catch (error) {
      if (!(error instanceof GwrkError) || probes.length === 0) throw error;
      if (error.code !== 'GWRK_INTERRUPTED' && !error.code.startsWith('GWRK_LIMIT_')) throw error;
      stoppedBy = error.code === 'GWRK_INTERRUPTED' ? 'interruption' : 'machine';
      if (stoppedBy === 'machine') {
        const record = { ...NOTHING, load, verdict: 'invalid' as const, reason: `${error.message}: ${error.code}` };
        probes.push(record);
        host.onProbe(record);
      }
      return 'stop';
    }
  };

  const result = await searchHighest({ ...options, probe: tryLoad });
  const limitedBy = stoppedBy ?? (result.lowestMissed === undefined ? 'to' : 'bound');
  const record: FindMaxRecord = {
    of: options.of,
    bounds: options.bounds.map(boundText),
    metric: curveMetric(options.bounds),
    stepTimeMs: options.stepTimeUs / 1000,
    precision: options.precision,
    found: result.highestMet ?? null,
    limitedBy,
    probes,
  };
  return { ...(best ?? last!), ...conclude(record, result), findMax: record };
}

const NOTHING = { achieved: null, p50Ms: null, p99Ms: null, errors: 0 } as const;

/** The verdict of the search, over that of the run which it shows. */
function conclude(
  record: FindMaxRecord,
  { highestMet, lowestMissed }: SearchResult,
): Pick<Report, 'verdict' | 'exitCode' | 'reason' | 'findings'> {
  const { of, limitedBy, probes } = record;
  const unit = of === 'rate' ? 'a second' : 'connections';
  const many = (load: number): string => `${load.toLocaleString('en')} ${unit}`;
  const bounds = record.bounds.join(' and ');
  const highest = highestMet === undefined ? 'no load has met the bound' : `the highest load that met it is ${many(highestMet)}`;
  const final = probes.at(-1);
  const missed = probes.findLast(({ load, verdict }) => load === lowestMissed && verdict === 'missed');
  switch (limitedBy) {
    case 'bound':
      return highestMet === undefined
        ? {
            verdict: 'fail',
            exitCode: EXIT.thresholdFailed,
            reason: `already ${many(lowestMissed!)} missed ${bounds}: ${missed?.reason}`,
            findings: [],
          }
        : {
            verdict: 'pass',
            exitCode: EXIT.passed,
            reason: `${many(highestMet)} is the highest load that met ${bounds}; ${many(lowestMissed!)} did not: ${missed?.reason}`,
            findings: [],
          };
    case 'to':
      return {
        verdict: 'pass',
        exitCode: EXIT.passed,
        reason: `${many(highestMet!)}, the most that was asked for (--to), met ${bounds}`,
        findings: [],
      };
    case 'interruption':
      return { verdict: 'interrupted', exitCode: EXIT.interrupted, reason: `the search was interrupted; ${highest}`, findings: [] };
    case 'measurement':
      return {
        verdict: 'invalid',
        exitCode: EXIT.invalid,
        reason: `${many(final!.load)} gave no valid measurement: ${final!.reason}; ${highest}`,
        findings: [],
      };
    default: {
      const limit = limitedBy === 'machine' ? 'this machine' : 'the generator itself';
      return {
        verdict: 'invalid',
        exitCode: EXIT.invalid,
        reason: `${limit} is the limit at ${many(final!.load)} (${final!.reason}); ${highest}`,
        findings: [],
      };
    }
  }
}
