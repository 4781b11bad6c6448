import { type Estimate, pairedRatio, ratio } from '../statistics/hodges-lehmann.js';
import { holm } from '../statistics/holm.js';
import { median } from '../statistics/median.js';
import { sampleDeviation } from '../statistics/moments.js';
import { rankSum } from '../statistics/rank-sum.js';
import { fewestPairs, fewestRuns, pairsNeeded, runsNeeded } from '../statistics/sample-size.js';
import { signedRank } from '../statistics/signed-rank.js';

/** What counts as a change, and how sure one has to be. */
export interface GateRules {
  /** Of the tests, one-sided, over all metrics together (Holm). */
  readonly alpha: number;
  /** Least change that matters, as a share: 0.05 is 5 %. */
  readonly maxChange: number;
  /** And in milliseconds: what is less than that nobody feels. */
  readonly floorMs: number;
  /** Of the interval around the change. */
  readonly confidence: number;
  /** The chance of seeing a change of twice maxChange, for which runs are counted. */
  readonly power: number;
}

export const DEFAULT_RULES: GateRules = { alpha: 0.01, maxChange: 0.05, floorMs: 1, confidence: 0.9, power: 0.8 };

/** One metric of a before and an after: one value a run, milliseconds, above 0. Pairs stand at one index. */
export interface Samples {
  readonly metric: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export interface Side {
  readonly runs: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** regression and improved are sure and large enough; pass excludes a change that matters; inconclusive is neither. */
export type MetricVerdict = 'regression' | 'improved' | 'pass' | 'inconclusive';

export interface MetricJudgement {
  readonly metric: string;
  readonly verdict: MetricVerdict;
  readonly before: Side;
  readonly after: Side;
  /** after / before, by Hodges and Lehmann. */
  readonly ratio: number;
  /** Its interval; null with too few runs for one. */
  readonly low: number | null;
  readonly high: number | null;
  /** What the interval reaches, at least rules.confidence. */
  readonly confidence: number | null;
  /** One-sided p of the direction the change went, after Holm. */
  readonly p: number;
  /** Of an inconclusive metric: runs on each side (pairs) that would tell, at this noise; absent where noise is not the matter. */
  readonly needed?: number;
  /** Runs were too few for any answer, whatever they had measured. */
  readonly isTooFew: boolean;
}

/**
 * Judges every metric of a series by its runs: a metric is a regression when the exact rank test (signed-rank of pairs, else
 * the U test) is below alpha after Holm and the change is both a share and a time that matters; improved is the same rule
 * mirrored; it passes when the interval's upper end excludes twice that share, or a time that matters. Otherwise it is
 * inconclusive, and how many runs would tell is said. Needs at least one run on each side.
 */
export function judgeMetrics(samples: readonly Samples[], isPaired: boolean, rules: GateRules): MetricJudgement[] {
  const worse = holm(samples.map((sample) => pOf(sample, isPaired)));
  const better = holm(samples.map(({ before, after }) => pOf({ before: after, after: before }, isPaired)));
  return samples.map((sample, index) => judge(sample, worse[index]!, better[index]!, samples.length, isPaired, rules));
}

function judge(
  { metric, before, after }: Samples,
  worse: number,
  better: number,
  metrics: number,
  isPaired: boolean,
  rules: GateRules,
): MetricJudgement {
  const effect = isPaired ? pairedRatio(before, after, rules.confidence) : ratio(before, after, rules.confidence);
  const sides = { before: sideOf(before), after: sideOf(after) };
  // One run has no spread of its own: whatever it is compared with, it may have been a bad moment.
  const isTooFew = Math.min(before.length, after.length) < 2 || leastP(before.length, after.length, isPaired) >= rules.alpha / metrics;
  const verdict = isTooFew ? 'inconclusive' : verdictOf(effect, sides.before.median, worse, better, rules);
  const hasInterval = effect.k > 0;
  return {
    metric,
    verdict,
    ...sides,
    ratio: effect.estimate,
    low: hasInterval ? effect.low : null,
    high: hasInterval ? effect.high : null,
    confidence: hasInterval ? effect.confidence : null,
    p: effect.estimate >= 1 ? worse : better,
    isTooFew,
    ...(verdict === 'inconclusive' && moreThan(sides.after.runs, neededRuns(before, after, metrics, isPaired, rules))),
  };
}

function verdictOf(effect: Estimate, beforeMs: number, worse: number, better: number, rules: GateRules): MetricVerdict {
  const { estimate, high, k } = effect;
  const isLarge = Math.abs(estimate - 1) * beforeMs >= rules.floorMs;
  if (worse < rules.alpha && estimate >= 1 + rules.maxChange && isLarge) return 'regression';
  if (better < rules.alpha && estimate <= 1 / (1 + rules.maxChange) && isLarge) return 'improved';
  const isHarmless = k > 0 && (high < 1 + 2 * rules.maxChange || (high - 1) * beforeMs < rules.floorMs);
  return isHarmless ? 'pass' : 'inconclusive';
}

/** One-sided: after is larger. */
function pOf({ before, after }: Pick<Samples, 'before' | 'after'>, isPaired: boolean): number {
  return isPaired ? signedRank(logRatios(before, after)).p : rankSum(before, after).p;
}

/** The smallest p that so many runs can have: with it the design can say something at all. */
export function leastP(before: number, after: number, isPaired: boolean): number {
  if (isPaired) return 2 ** -Math.min(before, after);
  let p = 1;
  for (let i = 1; i <= Math.min(before, after); i++) p *= i / (Math.max(before, after) + i);
  return p;
}

function neededRuns(before: readonly number[], after: readonly number[], metrics: number, isPaired: boolean, rules: GateRules): number {
  const alpha = rules.alpha / metrics;
  const question = { effect: 2 * rules.maxChange, alpha, power: rules.power };
  if (isPaired) {
    const sd = sampleDeviation(logRatios(before, after));
    return Number.isNaN(sd) ? fewestPairs(alpha) : pairsNeeded({ ...question, sd });
  }
  const deviations = [before, after].filter(({ length }) => length > 1).map((values) => sampleDeviation(values.map(Math.log)));
  if (deviations.length === 0) return fewestRuns(alpha);
  return runsNeeded({ ...question, sd: Math.hypot(...deviations) / Math.sqrt(deviations.length) });
}

const moreThan = (runs: number, needed: number): { needed?: number } => (needed > runs ? { needed } : {});

function logRatios(before: readonly number[], after: readonly number[]): number[] {
  return after.map((value, index) => Math.log(value / before[index]!));
}

export function sideOf(values: readonly number[]): Side {
  return { runs: values.length, median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
