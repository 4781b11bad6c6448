import type { Gateway } from './gateway/gateway.js';
import type { SessionColumns } from './session-columns.js';

/** From here on a peer gets no more room states. */
const SLOW_BYTES = 262_144;
/** From here on it is closed; also when it was slow for this long. */
const LOST_BYTES = 1_048_576;
const LOST_US = 10_000_000;

export const FINE = 0;
export const SKIP = 1;
export const CLOSE = 2;

/** Peers that read more slowly than we send (S11): first they get less, then they are closed. */
export class SlowPeers {
  readonly #gateway: Gateway;
  readonly #columns: SessionColumns;

  constructor(gateway: Gateway, columns: SessionColumns) {
    this.#gateway = gateway;
    this.#columns = columns;
  }

  /** What to do with a peer before the next message to it. */
  judge(slot: number, nowUs: number): number {
    const waiting = this.#gateway.bufferedBytes(slot);
    const { slowSinceUs } = this.#columns;
    const sinceUs = slowSinceUs[slot]!;
    if (waiting <= SLOW_BYTES) {
      // Written only when it differs: memory of slots that were never slow stays untouched.
      if (sinceUs !== 0) slowSinceUs[slot] = 0;
      return FINE;
    }
    if (waiting > LOST_BYTES) return CLOSE;
    if (sinceUs === 0) slowSinceUs[slot] = nowUs;
    else if (nowUs - sinceUs >= LOST_US) return CLOSE;
    return SKIP;
  }
}
