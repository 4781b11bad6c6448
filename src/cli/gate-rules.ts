import type { GateInput } from '../gate/gate-input.js';
import { DEFAULT_GATE_METRICS, type GateMetric } from '../gate/gate-metric.js';
import type { SeriesResult } from '../gate/series.js';
import { DEFAULT_RULES, type GateRules } from '../gate/verdict.js';
import type { GateFlags } from './gate-flags.js';

const DEFAULT_COOL_DOWN_US = 2e6;

/** What the flags say of the rules, over what stands in docs/ci.md. */
export function rulesOf({ maxChange, floor }: GateFlags): GateRules {
  return { ...DEFAULT_RULES, ...(maxChange !== undefined && { maxChange }), ...(floor !== undefined && { floorMs: floor }) };
}

export function metricsOf({ metric }: GateFlags): readonly GateMetric[] {
  return metric.length > 0 ? metric : DEFAULT_GATE_METRICS;
}

/** What a series is judged by, and how it ended. */
export function termsOf(
  flags: GateFlags,
  { end, failure }: Pick<SeriesResult, 'end' | 'failure'>,
): Pick<GateInput, 'metrics' | 'rules' | 'inconclusive' | 'end' | 'failure'> {
  return {
    metrics: metricsOf(flags),
    rules: rulesOf(flags),
    inconclusive: flags.inconclusive ?? 'warn',
    end,
    ...(failure && end === 'failed' && { failure: { exitCode: failure.exitCode, reason: failure.reason.split('\n').at(-1)! } }),
  };
}

export const coolDownMs = ({ coolDown }: GateFlags): number => (coolDown ?? DEFAULT_COOL_DOWN_US) / 1000;
