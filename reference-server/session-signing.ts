import { type Counters, NONCE_RINGS, OP_WINDOWS } from './counters.js';
import { NonceRings, type NonceRingsMemory } from './nonce-ring.js';
import { type OpLimit, OpWindows, type OpWindowsMemory } from './op-window.js';

/** Shared by all gateway threads. */
export interface SigningBuffers {
  readonly rings: NonceRingsMemory;
  readonly windows: OpWindowsMemory;
}

/**
 * What is remembered of critical operations: the nonces of each session, and the window of each user. Neither belongs to a
 * connection or to a thread, so reconnects and several connections need nothing of their own.
 */
export class SigningMemory {
  readonly rings: NonceRings;
  readonly limit: OpLimit;
  readonly #counters: Counters | undefined;

  /** For `sessions` sessions of as many users. */
  static allocate(sessions: number): SigningBuffers {
    return { rings: NonceRings.allocate(sessions), windows: OpWindows.allocate(sessions) };
  }

  /** `counters` are told how much is in use; of the threads that share the memory only one tells. */
  constructor(buffers: SigningBuffers, counters: Counters | undefined, limit: OpLimit = new OpWindows(buffers.windows)) {
    this.rings = new NonceRings(buffers.rings);
    this.limit = limit;
    this.#counters = counters;
  }

  /** The session is gone: its nonces are freed at once. */
  forget(sid: Uint8Array, sidAt: number): void {
    this.rings.forget(sid, sidAt);
    this.count();
  }

  /** Frees what has outlived its time. */
  sweep(nowUs: number): void {
    this.rings.sweep(nowUs);
    this.limit.sweep(nowUs);
    this.count();
  }

  count(): void {
    if (this.#counters === undefined) return;
    this.#counters.values[NONCE_RINGS] = this.rings.inUse;
    this.#counters.values[OP_WINDOWS] = this.limit.inUse;
  }
}
