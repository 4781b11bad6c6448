import { COUNTER, GAUGE, TREND } from '../measure/metric-names.js';
import type { Snapshot } from '../measure/snapshot.js';

/** Seconds without any connection, while clients try or have lost theirs, after which a run has nothing left to measure. */
export const GONE_AFTER_SECONDS = 10;
/** The same for a target that nobody has reached since the start, unless the flow says how clients come back. */
export const NEVER_THERE_AFTER_SECONDS = 3;

/** Watches for a target that no client reaches any more. Quiet stretches that the plan wants do not count. */
export class TargetGone {
  #failuresSeen = 0;
  #silentSeconds = 0;
  #hasBeenReached = false;
  readonly #comesBack: boolean;

  #errorsSeen = 0;

  /** `comesBack`: some client may mean to wait for its server, as by a reconnect step. */
  constructor(comesBack = false) {
    this.#comesBack = comesBack;
  }

  /** Some TCP connection has stood since the start. */
  get hasBeenReached(): boolean {
    return this.#hasBeenReached;
  }

  /** After how many seconds without any connection the run ends. */
  get patienceSeconds(): number {
    return this.#hasBeenReached || this.#comesBack ? GONE_AFTER_SECONDS : NEVER_THERE_AFTER_SECONDS;
  }

  /** Looks at one second, `errors` being all errors so far; true when the target is gone. */
  isGone({ gauges, counters, trends }: Snapshot, errors = 0): boolean {
    const newErrors = errors - this.#errorsSeen;
    this.#errorsSeen = errors;
    if (trends[TREND.tcp_connecting] !== undefined) this.#hasBeenReached = true;
    const isReached = gauges[GAUGE.clients_open]! > 0 || counters[COUNTER.connects_established]! > 0;
    if (isReached) {
      this.#hasBeenReached = true;
      this.#failuresSeen = 0;
      this.#silentSeconds = 0;
      return false;
    }
    // Who tries again has not failed yet: as long as nobody was ever there, its errors speak for it.
    if (!this.#hasBeenReached && !this.#comesBack) this.#failuresSeen += newErrors;
    this.#failuresSeen += counters[COUNTER.sessions_failed]! + counters[COUNTER.connections_lost]! + counters[COUNTER.timeouts]!;
    if (this.#failuresSeen > 0) this.#silentSeconds++;
    return this.#silentSeconds >= this.patienceSeconds;
  }
}
