import type { AfterFlow, ExecutorSpec } from './plan.js';

/**
 * What a client does at the end of its flow where the file does not say it. Clients that arrive at a rate leave when they
 * are done, or there would be more and more of them; an executor of iterations is one that repeats.
 */
export function defaultAfterFlow(kind: ExecutorSpec['kind']): AfterFlow {
  if (isIterations(kind)) return 'repeat';
  return kind.endsWith('-arrival-rate') ? 'leave' : 'hold';
}

/** Whether the executor counts the rounds of the flow. */
export const isIterations = (kind: unknown): boolean => kind === 'per-client-iterations' || kind === 'shared-iterations';
