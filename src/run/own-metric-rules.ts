import { GwrkError } from '../core/errors.js';
import type { OwnMetrics } from '../measure/own-metrics.js';
import { checkThreshold } from '../measure/threshold.js';
import { didYouMean } from '../scenario/nearest-name.js';
import type { ThresholdSpec } from '../scenario/plan.js';

/**
 * Holds thresholds to what drivers declare, which is only known once they are loaded. Throws GWRK_SCENARIO_INVALID for
 * one on a metric that nobody measures, or that it does not fit.
 */
export function checkOwnMetrics(thresholds: readonly ThresholdSpec[], [own]: readonly OwnMetrics[]): void {
  const types = new Map((own?.metrics ?? []).map(({ name, type }) => [name, type]));
  for (const { metric, expression } of thresholds) {
    const problem = checkThreshold(metric, expression, types);
    if (problem === undefined) continue;
    const isMetric = problem.subject === 'metric';
    const hint = isMetric
      ? (didYouMean(metric, problem.allowed.split(', ')) ?? "a driver declares its own: metrics: { shots: 'counter' }")
      : undefined;
    throw new GwrkError('GWRK_SCENARIO_INVALID', problem.error, {
      where: `thresholds.${metric}`,
      given: isMetric ? metric : expression,
      allowed: problem.allowed,
      ...(hint !== undefined && { hint }),
    });
  }
}
