import { EXIT } from '../core/exit-codes.js';
import type { GateInput } from './gate-input.js';
import type { GateMetric } from './gate-metric.js';
import type { GateVerdict, ThresholdOverRuns } from './gate-record.js';
import type { MetricJudgement } from './verdict.js';
import { percentText } from './wording.js';

export interface GateFacts {
  readonly judgements: readonly MetricJudgement[];
  readonly thresholds: readonly ThresholdOverRuns[];
  /** Runs that count. */
  readonly counted: number;
  /** Of the first run that does not count. */
  readonly firstRefusal?: string;
  /** Metrics that were asked for and cannot be compared. */
  readonly lacksAsked: readonly GateMetric[];
}

export interface Conclusion {
  readonly verdict: GateVerdict;
  readonly exitCode: number;
  readonly reason: string;
}

/** One verdict over a series. The weightiest decides: interrupted, invalid, slower, a threshold, inconclusive, faster. */
export function conclude(
  { end, failure, kind, rules, inconclusive, design }: Pick<GateInput, 'end' | 'failure' | 'kind' | 'rules' | 'inconclusive' | 'design'>,
  { judgements, thresholds, counted, firstRefusal, lacksAsked }: GateFacts,
): Conclusion {
  const withVerdict = (verdict: MetricJudgement['verdict']): MetricJudgement[] => judgements.filter((one) => one.verdict === verdict);
  const change = ({ metric, ratio }: MetricJudgement): string => `${metric} ${percentText(ratio)}`;
  const failed = thresholds.filter(({ level, verdict }) => level === 'error' && verdict === 'fail');
  const regressions = withVerdict('regression');
  const byThreshold = (): Conclusion => {
    const names = failed
      .slice(0, 3)
      .map(({ metric, expression, failedIn, runs }) => `${metric} ${expression} in ${failedIn} of ${runs} runs`);
    return { verdict: 'fail', exitCode: EXIT.thresholdFailed, reason: `threshold failed: ${names.join(', ')}` };
  };
  if (end === 'stopped')
    return { verdict: 'interrupted', exitCode: EXIT.interrupted, reason: `stopped before its end, with ${counted} runs to count` };
  if (failure) {
    const exitCode = failure.exitCode === EXIT.passed ? EXIT.failed : failure.exitCode;
    return { verdict: 'invalid', exitCode, reason: `after ${counted} runs to count one could not be run: ${failure.reason}` };
  }
  if (counted === 0 && failed.length > 0) return byThreshold();
  if (end === 'invalid' || counted === 0)
    return { verdict: 'invalid', exitCode: EXIT.invalid, reason: `no run could be used: ${firstRefusal ?? 'there was none'}` };
  if (lacksAsked.length > 0)
    return { verdict: 'invalid', exitCode: EXIT.invalid, reason: `too few samples of ${lacksAsked.map(({ name }) => name).join(', ')}` };
  if (regressions.length > 0) {
    const limit = `limit ${percentText(1 + rules.maxChange)}`;
    return { verdict: 'fail', exitCode: EXIT.thresholdFailed, reason: `slower: ${regressions.map(change).join(', ')} (${limit})` };
  }
  if (failed.length > 0) return byThreshold();
  if (kind === 'repeat') {
    const held = thresholds.filter(({ verdict }) => verdict === 'pass').length;
    const rulesHeld = thresholds.length === 0 ? 'no thresholds were set' : `${held} of ${thresholds.length} thresholds held`;
    return { verdict: 'pass', exitCode: EXIT.passed, reason: `${counted} runs, ${rulesHeld} in most of them` };
  }
  if (judgements.length === 0)
    return {
      verdict: 'invalid',
      exitCode: EXIT.invalid,
      reason:
        firstRefusal === undefined
          ? 'no metric has enough samples on both sides to be compared'
          : `not enough valid runs to compare: ${firstRefusal}`,
    };
  const open = withVerdict('inconclusive');
  if (open.length > 0) {
    const reason = openReason(open, kind, design);
    if (inconclusive === 'pass')
      return { verdict: 'pass', exitCode: EXIT.passed, reason: `${reason}; taken as passed (--inconclusive pass)` };
    return { verdict: 'inconclusive', exitCode: inconclusive === 'fail' ? EXIT.thresholdFailed : EXIT.passed, reason };
  }
  const improved = withVerdict('improved');
  if (improved.length > 0) return { verdict: 'improved', exitCode: EXIT.passed, reason: `faster: ${improved.map(change).join(', ')}` };
  return {
    verdict: 'pass',
    exitCode: EXIT.passed,
    reason: `no change of ${percentText(1 + 2 * rules.maxChange)} in ${judgements.map(({ metric }) => metric).join(', ')}`,
  };
}

function openReason(open: readonly MetricJudgement[], kind: GateInput['kind'], design: string): string {
  const noun = kind === 'ab' ? 'pairs' : 'runs on each side';
  const needed = Math.max(0, ...open.map((one) => one.needed ?? 0));
  const names = open.map(({ metric, ratio }) => `${metric} ${percentText(ratio)}`).join(', ');
  const tells = needed > 0 ? `about ${needed} ${noun} would tell` : 'the change lies at the limit';
  const few = open.every(({ isTooFew }) => isTooFew) ? `${design} are too few for any test, only thresholds were judged; ` : '';
  return `inconclusive: ${names}; ${few}${tells}`;
}
