import type { ReconnectStep, ThinkStep } from './program.js';
import type { StepOf } from './schema-steps.js';

export function reconnectOf({ after, backoff, jitter, attempts }: StepOf<'reconnect'>): ReconnectStep {
  return {
    ...(after === undefined ? {} : { afterUs: after }),
    minUs: backoff.min,
    maxUs: backoff.max,
    factor: backoff.factor,
    jitter,
    ...(attempts === undefined ? {} : { attempts }),
  };
}

export function thinkOf(think: StepOf<'think'>): ThinkStep {
  if (typeof think === 'number') return { minUs: think, maxUs: think };
  const { min, max, mean, deviation } = think;
  if (mean !== undefined) return { minUs: mean, maxUs: mean, deviationUs: deviation ?? 0 };
  return { minUs: min ?? 0, maxUs: max ?? min ?? 0 };
}
