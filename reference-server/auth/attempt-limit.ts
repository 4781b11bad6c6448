import type { Clock } from '../../src/core/clock.js';

export interface AttemptLimitOptions {
  readonly clock: Clock;
  /** Attempts at once after a long pause. */
  readonly burst: number;
  /** One more attempt after each of these. */
  readonly refillMs: number;
  /** Keys remembered; beyond that the one that was seen longest ago is forgotten. */
  readonly maxKeys: number;
}

/** A bucket of attempts a key (a uid, an address), each kept as one number: the time at which it would be full again. */
export class AttemptLimit {
  readonly #options: AttemptLimitOptions;
  /** Monotonic milliseconds by key, in order of their last attempt. */
  readonly #fullAtMs = new Map<string, number>();

  constructor(options: AttemptLimitOptions) {
    this.#options = options;
  }

  /** Counts an attempt: 0 when it is allowed, else the milliseconds until one will be. */
  attempt(key: string): number {
    const { clock, burst, refillMs, maxKeys } = this.#options;
    const nowMs = clock.nowUs() / 1000;
    const fullAtMs = Math.max(this.#fullAtMs.get(key) ?? 0, nowMs) + refillMs;
    const waitMs = fullAtMs - nowMs - burst * refillMs;
    if (waitMs > 0) return waitMs;
    this.#fullAtMs.delete(key);
    if (this.#fullAtMs.size >= maxKeys) this.#forgetOldest();
    this.#fullAtMs.set(key, fullAtMs);
    return 0;
  }

  #forgetOldest(): void {
    for (const key of this.#fullAtMs.keys()) {
      this.#fullAtMs.delete(key);
      return;
    }
  }
}
