import { Histogram, type Registry } from 'prom-client';
import type { Clock } from '../../src/core/clock.js';
import type { LoginBatch } from '../auth/login-batch.js';
import type { AuthStore, EndedListener, RefreshOutcome, RefreshRequest, StoredSession } from '../auth/store.js';
import type { CauseLog } from './cause-log.js';

/** A call of the store that takes this long is noted as a cause of slow operations. */
export const SLOW_CALL_US = 20_000;

/** Seconds: an embedded store answers in microseconds, Redis within milliseconds, one in trouble within its time-out. */
const BUCKETS_S = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface TimedStoreOptions {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly causes: CauseLog;
}

/** Stands before a store and measures how long each of its calls takes: gwrk_store_call_seconds by verb and result. */
export class TimedStore implements AuthStore {
  readonly #store: AuthStore;
  readonly #clock: Clock;
  readonly #causes: CauseLog;
  readonly #seconds: Histogram<'verb' | 'result'>;

  constructor(store: AuthStore, { clock, registry, causes }: TimedStoreOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#causes = causes;
    this.#seconds = new Histogram({
      name: 'gwrk_store_call_seconds',
      help: 'How long calls of the session store take',
      labelNames: ['verb', 'result'],
      buckets: BUCKETS_S,
      registers: [registry],
    });
  }

  login(batch: LoginBatch): Promise<void> {
    return this.time('login', this.#store.login(batch));
  }

  refresh(request: RefreshRequest): Promise<RefreshOutcome> {
    return this.time('refresh', this.#store.refresh(request));
  }

  find(uid: string, sid: Uint8Array): Promise<StoredSession | undefined> {
    return this.time('find', this.#store.find(uid, sid));
  }

  admit(uid: string, sid: Uint8Array, jti: Uint8Array): Promise<boolean> {
    return this.time('admit', this.#store.admit(uid, sid, jti));
  }

  revoke(uid: string, sid: Uint8Array): Promise<boolean> {
    return this.time('revoke', this.#store.revoke(uid, sid));
  }

  revokeUser(uid: string): Promise<number> {
    return this.time('revokeUser', this.#store.revokeUser(uid));
  }

  onEnded(listener: EndedListener): void {
    this.#store.onEnded(listener);
  }

  sweep(): void {
    this.#store.sweep();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Measures a call that is none of AuthStore's verbs, such as a shared store's window of critical operations. */
  async time<T>(verb: string, call: Promise<T>): Promise<T> {
    const startUs = this.#clock.nowUs();
    let result = 'failed';
    try {
      const answer = await call;
      result = 'ok';
      return answer;
    } finally {
      const endUs = this.#clock.nowUs();
      this.#seconds.observe({ verb, result }, (endUs - startUs) / 1e6);
      if (endUs - startUs >= SLOW_CALL_US) this.#causes.add({ kind: 'STORE_SLOW', startUs, endUs, name: verb });
    }
  }
}
