import { type Measurements, metricView } from '../measure/metric-view.js';
import { evaluateThreshold, isProblem, parseThreshold, type ThresholdResult } from '../measure/threshold.js';
import type { ThresholdSpec } from '../scenario/plan.js';

export interface ThresholdRecord {
  readonly metric: string;
  readonly expression: string;
  readonly level: 'error' | 'warn';
  readonly verdict: 'pass' | 'fail' | 'no-data';
  /** The compared value (trends in ms); null without data. */
  readonly actual: number | null;
}

/** Each rule of the plan, against what has been measured up to now. Also what abortOnFail asks while a run goes on. */
export function judgeThresholds(specs: readonly ThresholdSpec[], from: Measurements): ThresholdRecord[] {
  return specs.map((spec) => {
    const { verdict, actual } = judgeThreshold(spec, from);
    return { metric: spec.metric, expression: spec.expression, level: spec.level, verdict, actual: actual ?? null };
  });
}

function judgeThreshold(spec: ThresholdSpec, from: Measurements): ThresholdResult {
  const threshold = parseThreshold(spec.expression);
  // Checked when the scenario was loaded; a rule that cannot be read has no data and can never pass.
  return isProblem(threshold) ? { verdict: 'no-data' } : evaluateThreshold(threshold, metricView(spec.metric, from));
}
