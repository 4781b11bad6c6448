import { readU16, readU32 } from '../src/protocol/bytes.js';
import * as P from '../src/protocol/packet.js';
import { LEDGER_FAULTS, PACKETS_OUT } from './counters.js';
import type { SessionCore } from './session-core.js';
import { ASKED_TO_LEAVE, DRAINING, LEAVING, PARTED } from './session-states.js';
import type { TokenBuckets } from './token-bucket.js';

const CLOSE_NORMAL = 1000;
/** Time for the peer's ACK_CLOSE phase 1, for its own phase 2 behind ours, and for its close frame. */
const ANSWER_US = 5_000_000;
/** Time a peer may take to drain, between its phase 1 and its phase 2. */
const DRAIN_US = 30_000_000;

/** DISCONNECT and ACK_CLOSE, begun by either side: both ends compare their ledgers before the WebSocket closes (ruling 22). */
export class ClosingPackets {
  readonly #core: SessionCore;
  readonly #buckets: TokenBuckets;
  readonly #packet = new Uint8Array(16);

  constructor(core: SessionCore, buckets: TokenBuckets) {
    this.#core = core;
    this.#buckets = buckets;
  }

  /** Runs the client's DISCONNECT at bytes[at..end) of a message that begins at `start`. */
  runDisconnect(slot: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number): boolean {
    const core = this.#core;
    const { columns, replies, counters } = core;
    const seq = P.packetSeq(bytes, at);
    if (readU16(bytes, at + P.DISCONNECT_FLAGS) !== 0) {
      return core.fault(slot, P.CODE_LENGTH, P.DISCONNECT, seq, at + P.DISCONNECT_FLAGS - start);
    }
    this.#buckets.charge(slot, end - at, nowUs);
    core.enter(slot, LEAVING);
    core.setDeadline(slot, nowUs + ANSWER_US);
    // Every operation was answered when it came: heard and drained are one moment here.
    const ops = columns.opsSeen[slot]!;
    replies.end = P.writeAckClose(replies.bytes, replies.end, seq, P.ACK_CLOSE_HEARD, P.CODE_OK, 0, 0, 0);
    replies.end = P.writeAckClose(replies.bytes, replies.end, seq, P.ACK_CLOSE_DRAINED, P.CODE_OK, ops, ops, seq);
    counters.values[PACKETS_OUT[P.ACK_CLOSE]!]! += 2;
    return true;
  }

  /** Runs the client's ACK_CLOSE at bytes[at..end) of a message that begins at `start`. */
  runAckClose(slot: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number): boolean {
    const core = this.#core;
    const state = core.columns.state[slot]!;
    const seq = P.packetSeq(bytes, at);
    const phase = bytes[at + P.ACK_CLOSE_PHASE]!;
    if (phase !== P.ACK_CLOSE_HEARD && phase !== P.ACK_CLOSE_DRAINED) {
      return core.fault(slot, P.CODE_LENGTH, P.ACK_CLOSE, seq, at + P.ACK_CLOSE_PHASE - start);
    }
    if (bytes[at + P.ACK_CLOSE_RESERVED] !== 0) {
      return core.fault(slot, P.CODE_LENGTH, P.ACK_CLOSE, seq, at + P.ACK_CLOSE_RESERVED - start);
    }
    this.#buckets.charge(slot, end - at, nowUs);
    // Both sides may have begun at the same moment; then the answer to our DISCONNECT comes behind the client's own.
    if (phase === P.ACK_CLOSE_HEARD && state === LEAVING) return true;
    if (phase === P.ACK_CLOSE_HEARD && state === ASKED_TO_LEAVE) {
      core.enter(slot, DRAINING);
      core.setDeadline(slot, nowUs + DRAIN_US);
      return true;
    }
    if (phase === P.ACK_CLOSE_DRAINED && state === LEAVING) {
      this.#compare(slot, bytes, at);
      core.replies.flush();
      core.close(slot, CLOSE_NORMAL);
      return false;
    }
    if (phase === P.ACK_CLOSE_DRAINED && state === DRAINING) {
      this.#compare(slot, bytes, at);
      return this.#part(slot, nowUs);
    }
    return core.fault(slot, P.CODE_STATE, P.ACK_CLOSE, seq, at + P.ACK_CLOSE_PHASE - start);
  }

  /** Asks a client to leave. */
  ask(slot: number, nowUs: number): void {
    const core = this.#core;
    core.enter(slot, ASKED_TO_LEAVE);
    core.setDeadline(slot, nowUs + ANSWER_US);
    core.sendAlone(slot, this.#packet, P.writeDisconnect(this.#packet, 0, 0, P.CODE_DRAINING), P.DISCONNECT);
  }

  /** The peer let its deadline in one of the closing states pass. */
  expire(slot: number): void {
    const core = this.#core;
    const state = core.columns.state[slot];
    if (state === ASKED_TO_LEAVE || state === DRAINING) core.fault(slot, P.CODE_DRAINING, 0, 0, 0);
    else core.close(slot, CLOSE_NORMAL);
  }

  /** Our own phase 2 to a client that drained at our DISCONNECT, whose seq was 0. The client sends the close frame. */
  #part(slot: number, nowUs: number): boolean {
    const core = this.#core;
    const { columns, replies, counters } = core;
    const ops = columns.opsSeen[slot]!;
    core.enter(slot, PARTED);
    core.setDeadline(slot, nowUs + ANSWER_US);
    replies.end = P.writeAckClose(replies.bytes, replies.end, 0, P.ACK_CLOSE_DRAINED, P.CODE_OK, ops, ops, columns.lastSeq[slot]!);
    counters.values[PACKETS_OUT[P.ACK_CLOSE]!]!++;
    return true;
  }

  /** The client's ledger against ours; a difference is told, the close code stays 1000. */
  #compare(slot: number, bytes: Uint8Array, at: number): void {
    const core = this.#core;
    const ops = core.columns.opsSeen[slot]!;
    const sent = readU32(bytes, at + P.ACK_CLOSE_OPS_SEEN);
    const acked = readU32(bytes, at + P.ACK_CLOSE_OPS_ACKED);
    if (sent === ops && acked === ops) return;
    core.counters.values[LEDGER_FAULTS]!++;
    core.audit('ledger.bad', slot, P.CODE_REPLAY, `client sent ${sent} and heard ${acked}, server saw ${ops}`);
  }
}
