import { COUNTER, GAUGE } from '../measure/metric-names.js';
import type { Snapshot } from '../measure/snapshot.js';

/** Seconds without any connection, while clients try or have lost theirs, after which a run has nothing left to measure. */
export const GONE_AFTER_SECONDS = 10;

/** Watches for a target that no client reaches any more. Quiet stretches that the plan wants do not count. */
export class TargetGone {
  #failuresSeen = 0;
  #silentSeconds = 0;

  /** Looks at one second; true when the target is gone. */
  isGone({ gauges, counters }: Snapshot): boolean {
    const isReached = gauges[GAUGE.clients_open]! > 0 || counters[COUNTER.connects_established]! > 0;
    if (isReached) {
      this.#failuresSeen = 0;
      this.#silentSeconds = 0;
      return false;
    }
    this.#failuresSeen += counters[COUNTER.sessions_failed]! + counters[COUNTER.connections_lost]! + counters[COUNTER.timeouts]!;
    if (this.#failuresSeen > 0) this.#silentSeconds++;
    return this.#silentSeconds >= GONE_AFTER_SECONDS;
  }
}
