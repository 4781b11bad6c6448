import { CODE_SLOW_CONSUMER, ROOM_STATE } from '../../src/protocol/packet.js';
import { BYTES_OUT, MESSAGES_OUT, PACKETS_OUT, ROOM_STATES, ROOM_STATES_SKIPPED } from '../counters.js';
import type { SessionCore } from '../session-core.js';
import { CLOSE, FINE, type SlowPeers } from '../session-slow.js';

/** Hands room states to the connections of this thread, and judges those that do not read (S11). */
export class StateDelivery {
  readonly #core: SessionCore;
  readonly #slowPeers: SlowPeers;

  constructor(core: SessionCore, slowPeers: SlowPeers) {
    this.#core = core;
    this.#slowPeers = slowPeers;
  }

  /** False when this connection gets nothing now: it is over, or has too much before it. One that never reads is closed here. */
  canTake(slot: number, nowUs: number): boolean {
    if (this.#core.isOver(slot)) return false;
    const verdict = this.#slowPeers.judge(slot, nowUs);
    if (verdict === FINE) return true;
    this.#core.counters.values[ROOM_STATES_SKIPPED]!++;
    if (verdict === CLOSE) this.#core.fault(slot, CODE_SLOW_CONSUMER, 0, 0, 0);
    return false;
  }

  /** One message, bytes[start..end), for slots[0..count). */
  send(slots: Int32Array, count: number, bytes: Uint8Array, start: number, end: number): void {
    this.#core.gateway.sendMany(slots, count, bytes, start, end);
    const { values } = this.#core.counters;
    values[ROOM_STATES]! += count;
    values[PACKETS_OUT[ROOM_STATE]!]! += count;
    values[MESSAGES_OUT]! += count;
    values[BYTES_OUT]! += count * (end - start);
  }
}
