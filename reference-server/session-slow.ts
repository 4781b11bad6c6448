import type { Gateway } from './gateway/gateway.js';
import type { SessionColumns } from './session-columns.js';

/** How much may wait for a peer, and for how long. */
export interface SlowLimits {
  /** From here on a peer gets no more room states. */
  readonly slowBytes: number;
  /** From here on it is closed; also when it was slow for this long. */
  readonly lostBytes: number;
  readonly lostMs: number;
}

const DEFAULT_LIMITS: SlowLimits = { slowBytes: 262_144, lostBytes: 1_048_576, lostMs: 10_000 };

export const FINE = 0;
export const SKIP = 1;
export const CLOSE = 2;

/** Peers that read more slowly than we send (S11): first they get less, then they are closed. */
export class SlowPeers {
  readonly #gateway: Gateway;
  readonly #columns: SessionColumns;
  /** Read at each judgement: they may change at any time. */
  limits: SlowLimits = DEFAULT_LIMITS;

  constructor(gateway: Gateway, columns: SessionColumns) {
    this.#gateway = gateway;
    this.#columns = columns;
  }

  /** What to do with a peer before the next message to it. */
  judge(slot: number, nowUs: number): number {
    const waiting = this.#gateway.bufferedBytes(slot);
    const { limits } = this;
    const { slowSinceUs } = this.#columns;
    const sinceUs = slowSinceUs[slot]!;
    if (waiting <= limits.slowBytes) {
      // Written only when it differs: memory of slots that were never slow stays untouched.
      if (sinceUs !== 0) slowSinceUs[slot] = 0;
      return FINE;
    }
    if (waiting > limits.lostBytes) return CLOSE;
    if (sinceUs === 0) slowSinceUs[slot] = nowUs;
    else if (nowUs - sinceUs >= limits.lostMs * 1_000) return CLOSE;
    return SKIP;
  }
}
