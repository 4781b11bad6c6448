import type { Report } from '../report/report.js';
import { conclude } from './conclude.js';
import { figureOf, resolveMetrics } from './figure-of-run.js';
import { figureRows } from './figures.js';
import type { GateInput } from './gate-input.js';
import type { GateMetric } from './gate-metric.js';
import type { GateRecord, RunRecord, ThresholdOverRuns } from './gate-record.js';
import type { SeriesRun } from './series.js';
import { judgeMetrics, type Samples } from './verdict.js';
import { withinRun } from './within-run.js';
import { figureText } from './wording.js';

const WITHIN_RUN_CONFIDENCE = 0.9;

/** Judges a series of runs. Needs at least one run. Pure. */
export function buildGate(input: GateInput): GateRecord {
  const { runs, rules } = input;
  const counted = runs.filter(({ refused }) => refused === undefined);
  const isPaired = input.kind === 'ab';
  const metrics = resolveMetrics(
    input.metrics,
    counted.map(({ report }) => report),
  );
  const findings: string[] = [];
  const hasBoth = new Set(counted.map(({ side }) => side)).size === 2;
  const samples = input.beforeLabel === undefined || !hasBoth ? [] : samplesOf(metrics, counted, isPaired, findings);
  const judgements = judgeMetrics(samples, isPaired, rules);
  const after = counted.filter(({ side }) => side === 'b');
  const before = counted.filter(({ side }) => side === 'a');
  const thresholds = thresholdsOver(
    runs.filter(({ side, refused, isAborted }) => side === 'b' && (refused === undefined || isAborted)).map(({ report }) => report),
  );
  findings.push(...withinOneRun(metrics, before, after), ...disturbancesIn(runs, counted));
  const lacksAsked =
    !hasBoth && input.beforeLabel !== undefined
      ? []
      : metrics.filter(({ isAsked, name }) => isAsked && !hasFigure(name, metrics, counted, isPaired, input.beforeLabel !== undefined));
  const { verdict, exitCode, reason } = conclude(input, {
    judgements,
    thresholds,
    counted: counted.length,
    ...firstRefusal(runs),
    lacksAsked,
  });
  const first = runs[0]!.report;
  return {
    schema: 'gwrk/gate/1',
    kind: input.kind,
    scenario: first.scenario,
    hash: first.hash,
    startedAt: input.startedAt,
    durationMs: Math.round(input.durationMs),
    design: input.design,
    ...(input.beforeLabel !== undefined && { before: { label: input.beforeLabel, runs: before.length } }),
    after: { label: input.afterLabel, runs: after.length },
    rules: { ...rules, inconclusive: input.inconclusive },
    verdict,
    exitCode,
    reason,
    findings,
    metrics: judgements,
    figures: figureRows(metrics, new Set(judgements.map(({ metric }) => metric)), before, after),
    thresholds,
    runs: runs.map((run) => runRecord(run, metrics)),
    environment: (after[0] ?? runs[0]!).report.environment,
    seed: input.seed,
  };
}

/** The values of both sides, one a run; of pairs only where both runs of a pair have one. */
function samplesOf(metrics: readonly GateMetric[], runs: readonly SeriesRun[], isPaired: boolean, findings: string[]): Samples[] {
  return metrics.flatMap((metric) => {
    const sample = sampleOf(metric, runs, isPaired);
    if (sample) return [sample];
    const most = runs.map(({ report }) => figureOf(report, metric)).reduce((best, one) => Math.max(best, one.samples), 0);
    const needed = figureOf(runs[0]?.report ?? EMPTY, metric).needed;
    if (most > 0 || metric.isAsked)
      findings.push(`${metric.name} is not compared: at most ${most} samples in a run, it takes ${needed} on both sides`);
    return [];
  });
}

const EMPTY = { metrics: {} } as Report;

function sampleOf(metric: GateMetric, runs: readonly SeriesRun[], isPaired: boolean): Samples | undefined {
  const valuesOf = (side: 'a' | 'b'): Map<string, number> =>
    new Map(
      runs.flatMap((run): [string, number][] => {
        const value = run.side === side ? figureOf(run.report, metric).value : undefined;
        return value === undefined ? [] : [[isPaired ? String(run.number) : run.directory, value]];
      }),
    );
  const [a, b] = [valuesOf('a'), valuesOf('b')];
  const numbers = [...a.keys()].filter((number) => b.has(number));
  const before = isPaired ? numbers.map((number) => a.get(number)!) : [...a.values()];
  const after = isPaired ? numbers.map((number) => b.get(number)!) : [...b.values()];
  return before.length > 0 && after.length > 0 ? { metric: metric.name, before, after } : undefined;
}

function hasFigure(
  name: string,
  metrics: readonly GateMetric[],
  runs: readonly SeriesRun[],
  isPaired: boolean,
  isCompared: boolean,
): boolean {
  const metric = metrics.find((one) => one.name === name)!;
  return isCompared
    ? sampleOf(metric, runs, isPaired) !== undefined
    : runs.some(({ report }) => figureOf(report, metric).value !== undefined);
}

/** A rule that fails in one run of ten is luck; one that fails in most of them is not. */
function thresholdsOver(reports: readonly Report[]): ThresholdOverRuns[] {
  return (reports[0]?.thresholds ?? []).map(({ metric, expression, level }) => {
    const same = reports.flatMap(({ thresholds }) => thresholds.filter((one) => one.metric === metric && one.expression === expression));
    const failedIn = same.filter(({ verdict }) => verdict === 'fail').length;
    const hasData = same.some(({ verdict }) => verdict !== 'no-data');
    const verdict = failedIn > reports.length / 2 ? 'fail' : hasData ? 'pass' : 'no-data';
    return { metric, expression, level, failedIn, runs: reports.length, verdict };
  });
}

/** A side of one run only says how sure its own samples are; not how much the next run would differ. */
function withinOneRun(metrics: readonly GateMetric[], ...sides: readonly (readonly SeriesRun[])[]): string[] {
  return sides.flatMap((side) => {
    const [only, another] = side;
    if (!only || another) return [];
    return metrics.flatMap((metric) => {
      const interval = withinRun(only.report, metric, WITHIN_RUN_CONFIDENCE);
      const label = only.side === 'a' ? 'before' : 'after';
      return interval
        ? [
            `${label}: by the samples of its one run ${metric.name} lies between ${figureText(interval.lowMs)} and ${figureText(interval.highMs)} ms (90 %)`,
          ]
        : [];
    });
  });
}

function firstRefusal(runs: readonly SeriesRun[]): { firstRefusal?: string } {
  const refused = runs.find((run) => run.refused !== undefined)?.refused;
  return refused === undefined ? {} : { firstRefusal: refused };
}

function disturbancesIn(runs: readonly SeriesRun[], counted: readonly SeriesRun[]): string[] {
  const refused = runs.length - counted.length;
  const disturbed = counted.filter(({ disturbances }) => disturbances.length > 0);
  return [
    ...(refused > 0
      ? [`${refused} of ${runs.length} runs were not counted, the first because: ${runs.find((run) => run.refused)!.refused}`]
      : []),
    ...(disturbed.length > 0 ? [`${disturbed.length} counted runs were disturbed: ${disturbed[0]!.disturbances.join(', ')}`] : []),
  ];
}

function runRecord({ side, number, directory, refused, disturbances, report }: SeriesRun, metrics: readonly GateMetric[]): RunRecord {
  return {
    side,
    number,
    directory,
    isCounted: refused === undefined,
    remark: refused ?? disturbances.join(', '),
    values: Object.fromEntries(metrics.map((metric) => [metric.name, figureOf(report, metric).value ?? null])),
  };
}
