import { readU32 } from '../src/protocol/bytes.js';
import * as P from '../src/protocol/packet.js';
import { HEARTBEATS, LEDGER_FAULTS, MAC_FAILURES, PACKETS_OUT, REPLAYS } from './counters.js';
import type { SessionCore } from './session-core.js';
import { READY } from './session-states.js';
import type { TokenBuckets } from './token-bucket.js';

/** PING and PONG: both signed, both with the ledger of operations, so that both ends know that nothing was lost. */
export class HeartbeatPackets {
  readonly #core: SessionCore;
  readonly #buckets: TokenBuckets;
  readonly #silenceUs: number;

  constructor(core: SessionCore, buckets: TokenBuckets, silenceUs: number) {
    this.#core = core;
    this.#buckets = buckets;
    this.#silenceUs = silenceUs;
  }

  /** Runs the PING at bytes[at..end) of a message that begins at `start`. False when the connection is being closed. */
  run(slot: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number): boolean {
    const core = this.#core;
    const { columns, replies } = core;
    const values = core.counters.values;
    this.#buckets.charge(slot, end - at, nowUs);
    if (!P.verifyPacket(bytes, at, end, P.PING_TAG, core.macs, 2 * slot)) {
      values[MAC_FAILURES]!++;
      core.audit('mac.bad', slot, P.CODE_BAD_MAC, `PING seq ${P.packetSeq(bytes, at)}`);
      return core.fault(slot, P.CODE_BAD_MAC, P.PING, P.packetSeq(bytes, at), at + P.PING_TAG - start);
    }
    const number = readU32(bytes, at + P.PING_HB_NO);
    if (number !== columns.heartbeat[slot]! + 1) {
      values[REPLAYS]!++;
      core.audit('replay', slot, P.CODE_REPLAY, `heartbeat ${number} after ${columns.heartbeat[slot]}`);
      return core.fault(slot, P.CODE_REPLAY, P.PING, P.packetSeq(bytes, at), at + P.PING_HB_NO - start);
    }
    const opsSent = readU32(bytes, at + P.PING_OPS_SENT);
    if (opsSent !== columns.opsSeen[slot]) {
      values[LEDGER_FAULTS]!++;
      core.audit('ledger.bad', slot, P.CODE_REPLAY, `client sent ${opsSent}, server saw ${columns.opsSeen[slot]}`);
      return core.fault(slot, P.CODE_REPLAY, P.PING, P.packetSeq(bytes, at), at + P.PING_OPS_SENT - start);
    }
    columns.heartbeat[slot] = number;
    // The wheel is not touched: it looks at this column when it fires and goes on waiting.
    if (columns.state[slot] === READY) columns.deadlineUs[slot] = nowUs + this.#silenceUs;
    // The writer drops the fraction of a microsecond; dropping it here would make a number on the heap of each heartbeat.
    replies.end = P.writePong(replies.bytes, replies.end, bytes, at, opsSent, nowUs, core.macs, 2 * slot + 1);
    values[HEARTBEATS]!++;
    values[PACKETS_OUT[P.PONG]!]!++;
    return true;
  }
}
