import type { Clock } from '../../src/core/clock.js';
import type { LoginBatch } from '../auth/login-batch.js';
import type { AuthStore, EndedListener, RefreshOutcome, RefreshRequest, StoredSession } from '../auth/store.js';
import { responseTimeMs, wholeMs } from './open-calls.js';
import type { RuleBook } from './rule-book.js';

/**
 * Stands before a store as the resource `store`: a call that the rules refuse rejects at once, as if the store could not be
 * asked, and the store is left in peace. A call is an error when the store rejects it.
 */
export class GuardedStore implements AuthStore {
  readonly #store: AuthStore;
  readonly #book: RuleBook;
  readonly #clock: Clock;

  constructor(store: AuthStore, book: RuleBook, clock: Clock) {
    this.#store = store;
    this.#book = book;
    this.#clock = clock;
  }

  login(batch: LoginBatch): Promise<void> {
    return this.#guard(() => this.#store.login(batch));
  }

  refresh(request: RefreshRequest): Promise<RefreshOutcome> {
    return this.#guard(() => this.#store.refresh(request));
  }

  find(uid: string, sid: Uint8Array): Promise<StoredSession | undefined> {
    return this.#guard(() => this.#store.find(uid, sid));
  }

  admit(uid: string, sid: Uint8Array, jti: Uint8Array): Promise<boolean> {
    return this.#guard(() => this.#store.admit(uid, sid, jti));
  }

  revoke(uid: string, sid: Uint8Array): Promise<boolean> {
    return this.#guard(() => this.#store.revoke(uid, sid));
  }

  revokeUser(uid: string): Promise<number> {
    return this.#guard(() => this.#store.revokeUser(uid));
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

  #guard<T>(call: () => Promise<T>): Promise<T> {
    const guard = this.#book.guard('store');
    if (guard === undefined) return call();
    const startUs = this.#clock.nowUs();
    const permit = guard.enter(wholeMs(startUs));
    if (permit < 0) return Promise.reject(new Error('the rules of the resource store refuse calls at the moment'));
    const leave = (isError: boolean): void => {
      const endUs = this.#clock.nowUs();
      guard.leave(permit, wholeMs(endUs), responseTimeMs(startUs, endUs), isError);
    };
    return call().then(
      (answer) => {
        leave(false);
        return answer;
      },
      (error) => {
        leave(true);
        throw error;
      },
    );
  }
}
