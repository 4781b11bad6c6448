import { COUNTER, TREND } from '../measure/metric-names.js';
import type { Snapshot } from '../measure/snapshot.js';

/** How long more must fail than succeed before a run is ended. */
export const FAILING_FOR_SECONDS = 10;
const MOST_FAILING = 0.5;

/**
 * Ends a run that only does harm: more than half of what it tries fails, for ten seconds. Errors are held against
 * sessions that became ready, answers and checks that passed, and heartbeats that were answered. A second in which nothing came to an
 * end says nothing: where clients wait long for their time-outs, failures come in bursts.
 */
export class ErrorLimit {
  #errorsSeen = 0;
  #failingSinceMs = Number.POSITIVE_INFINITY;

  /** Looks at what is new since the last call, `errors` being all errors so far; true when the limit is reached. */
  isReached({ counters, trends, elapsedMs, intervalMs }: Snapshot, errors: number): boolean {
    const failed = errors - this.#errorsSeen;
    this.#errorsSeen = errors;
    const ready = trends[TREND.session_ready]?.count ?? 0;
    // An answer that passed counts in both; a message that a step waits for only in the one, an HTTP answer that no step checks only in the other.
    const passed = Math.max(counters[COUNTER.checks_passed]!, counters[COUNTER.ledger_ok]!);
    const succeeded = ready + passed + counters[COUNTER.heartbeats_answered]!;
    if (failed + succeeded === 0) return false;
    if (failed <= MOST_FAILING * (failed + succeeded)) {
      this.#failingSinceMs = Number.POSITIVE_INFINITY;
      return false;
    }
    this.#failingSinceMs = Math.min(this.#failingSinceMs, elapsedMs - intervalMs);
    return elapsedMs - this.#failingSinceMs >= FAILING_FOR_SECONDS * 1000;
  }
}
