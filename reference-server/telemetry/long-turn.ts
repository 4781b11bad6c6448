import type { Cause } from '../../src/core/cause.js';

/** A long turn of a gateway thread as a cause: GC when collections took at least half of it, else LOOP_LAG. Clock microseconds. */
export function longTurnCause(
  { startUs, endUs, pauseUs }: { readonly startUs: number; readonly endUs: number; readonly pauseUs: number },
  thread: number,
): Cause {
  const isCollection = pauseUs * 2 >= endUs - startUs;
  return isCollection ? { kind: 'GC', startUs, endUs, thread, pauseUs } : { kind: 'LOOP_LAG', startUs, endUs, thread };
}
