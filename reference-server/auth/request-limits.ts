import type { Clock } from '../../src/core/clock.js';
import { isLoopback } from '../http-exchange.js';
import { AttemptLimit } from './attempt-limit.js';

/** Ten attempts at once, then five a minute. */
const ATTEMPTS = { burst: 10, refillMs: 12_000, maxKeys: 100_000 };

/** Attempts a user and an address, for requests that show a credential (S9). */
export class RequestLimits {
  readonly #byUser: AttemptLimit;
  readonly #byAddress: AttemptLimit;
  readonly #isLoopbackExempt: boolean;

  /** `isLoopbackExempt`: callers of this machine are not counted by their address (a load test on one machine, ruling 38). */
  constructor(clock: Clock, isLoopbackExempt: boolean) {
    this.#byUser = new AttemptLimit({ clock, ...ATTEMPTS });
    this.#byAddress = new AttemptLimit({ clock, ...ATTEMPTS });
    this.#isLoopbackExempt = isLoopbackExempt;
  }

  /** Counts an attempt: 0 when it is allowed, else the milliseconds until one will be. */
  attempt(uid: string, address: string | undefined): number {
    const isExempt = this.#isLoopbackExempt && isLoopback(address);
    const addressWaitMs = isExempt ? 0 : this.#byAddress.attempt(address ?? '');
    return addressWaitMs > 0 ? addressWaitMs : this.attemptOfUser(uid);
  }

  /** Like attempt(), where the address says nothing: on a connection that is authenticated. */
  attemptOfUser(uid: string): number {
    return this.#byUser.attempt(uid);
  }
}
