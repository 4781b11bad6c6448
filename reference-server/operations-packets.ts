import { readU16, readU32, readU64 } from '../src/protocol/bytes.js';
import * as P from '../src/protocol/packet.js';
import { MAC_FAILURES, OPS_ACKED, OPS_DUPLICATE, OPS_JUDGED_ALONE, OPS_REFUSED, OPS_SEEN, PACKETS_OUT } from './counters.js';
import { NONCE_RUNNING, NONCE_UNKNOWN } from './nonce-ring.js';
import { OP_ALLOWED } from './op-window.js';
import type { OperationResult, Operations } from './operations.js';
import type { RoomAnswer } from './rooms/room-answer.js';
import { LATER, type RoomHost } from './rooms/room-host.js';
import { OpGuards } from './rules/op-guards.js';
import { NO_CALL } from './rules/open-calls.js';
import type { SessionCore } from './session-core.js';
import type { SigningMemory } from './session-signing.js';
import { ASKED_TO_LEAVE } from './session-states.js';
import { STORE_DOWN, STORE_NO, STORE_YES, type StoreAsker } from './store-messages.js';
import type { TokenBuckets } from './token-bucket.js';

const MAX_SKEW_MS = 300_000;
const NO_RESULT: OperationResult = { resultBytes: new Uint8Array(0), resultStart: 0, resultEnd: 0 };

/** OP and OP_SIGNED: every one that is legal gets exactly one OP_ACK. */
export class OperationPackets {
  readonly #core: SessionCore;
  readonly #buckets: TokenBuckets;
  readonly #signing: SigningMemory;
  readonly #operations: Operations;
  readonly #rooms: RoomHost;
  readonly #guards: OpGuards;
  /** Set where processes share the limit of critical operations. */
  questions: StoreAsker | undefined;

  constructor(
    core: SessionCore,
    buckets: TokenBuckets,
    signing: SigningMemory,
    operations: Operations,
    rooms: RoomHost,
    guards: OpGuards = new OpGuards(() => {}),
  ) {
    this.#core = core;
    this.#buckets = buckets;
    this.#signing = signing;
    this.#operations = operations;
    this.#rooms = rooms;
    this.#guards = guards;
  }

  /** Runs the OP at bytes[at..end) of a message that begins at `start`. False when the connection is being closed. */
  runPlain(slot: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number): boolean {
    const core = this.#core;
    if (readU16(bytes, at + P.OP_FLAGS) !== 0) {
      return core.fault(slot, P.CODE_LENGTH, P.OP, P.packetSeq(bytes, at), at + P.OP_FLAGS - start);
    }
    if (!this.#buckets.take(slot, end - at, nowUs)) return this.#refuse(slot, bytes, at, P.CODE_RATE, nowUs);
    if (core.columns.state[slot] === ASKED_TO_LEAVE) return this.#refuse(slot, bytes, at, P.CODE_DRAINING, nowUs);
    const opcode = readU16(bytes, at + P.OP_OPCODE);
    if (this.#guards.isRefused(opcode, false, nowUs)) return this.#refuse(slot, bytes, at, P.CODE_BREAKER_OPEN, nowUs);
    const { ticket } = this.#rooms;
    ticket.seq = P.packetSeq(bytes, at);
    ticket.atUs = nowUs;
    ticket.isSigned = false;
    const code = this.#run(slot, opcode, false, bytes, at + P.OP_PAYLOAD, end, nowUs);
    if (code === LATER) return true;
    if (code === P.CODE_FULL) core.counters.values[OPS_REFUSED]!++;
    return this.#answer(slot, ticket.seq, code, 0, this.#operations, nowUs, nowUs);
  }

  /** Runs the OP_SIGNED at bytes[at..end) of a message that begins at `start`. False when the connection is being closed. */
  runSigned(slot: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number): boolean {
    const core = this.#core;
    const seq = P.packetSeq(bytes, at);
    if (readU16(bytes, at + P.OP_SIGNED_FLAGS) !== 0) {
      return core.fault(slot, P.CODE_LENGTH, P.OP_SIGNED, seq, at + P.OP_SIGNED_FLAGS - start);
    }
    if (readU32(bytes, at + P.OP_SIGNED_RESERVED) !== 0) {
      return core.fault(slot, P.CODE_LENGTH, P.OP_SIGNED, seq, at + P.OP_SIGNED_RESERVED - start);
    }
    if (!this.#buckets.take(slot, end - at, nowUs)) return this.#refuse(slot, bytes, at, P.CODE_RATE, nowUs);
    if (!P.verifyPacket(bytes, at, end, P.OP_SIGNED_TAG, core.macs, 2 * slot)) {
      core.counters.values[MAC_FAILURES]!++;
      core.audit('mac.bad', slot, P.CODE_BAD_MAC, `OP_SIGNED seq ${seq}`);
      return core.fault(slot, P.CODE_BAD_MAC, P.OP_SIGNED, seq, at + P.OP_SIGNED_TAG - start);
    }
    if (core.columns.state[slot] === ASKED_TO_LEAVE) return this.#refuse(slot, bytes, at, P.CODE_DRAINING, nowUs);
    const skewMs = readU64(bytes, at + P.OP_SIGNED_TS_UNIX_MS) - core.clock.unixMs(nowUs);
    if (skewMs > MAX_SKEW_MS || skewMs < -MAX_SKEW_MS) return this.#refuse(slot, bytes, at, P.CODE_TS_SKEW, nowUs);

    const { rings, limit } = this.#signing;
    const { identity, user } = core.columns;
    const low = readU32(bytes, at + P.OP_SIGNED_NONCE);
    const high = readU32(bytes, at + P.OP_SIGNED_NONCE + 4);
    const known = rings.find(identity, slot * 16, low, high, nowUs);
    if (known !== NONCE_UNKNOWN) return this.#repeat(slot, bytes, at, known, nowUs);
    const opcode = readU16(bytes, at + P.OP_SIGNED_OPCODE);
    if (this.#guards.isRefused(opcode, true, nowUs)) return this.#refuse(slot, bytes, at, P.CODE_BREAKER_OPEN, nowUs);
    // Before anything is counted or claimed, so that the same nonce may be tried again.
    if (opcode === P.OPCODE_TRADE && this.#rooms.isFull(slot)) return this.#refuse(slot, bytes, at, P.CODE_FULL, nowUs);
    if (this.questions !== undefined) {
      const sid = identity.slice(slot * 16, slot * 16 + 16);
      const proof = bytes.slice(at + P.OP_SIGNED_NONCE, at + P.OP_SIGNED_NONCE + 8);
      return this.questions.ask({ what: 'operation', slot, uid: core.columns.uids.get(slot), sid, proof }, bytes, at, end);
    }
    if (limit.ask(user, slot * 16, nowUs) !== OP_ALLOWED) return this.#refuse(slot, bytes, at, P.CODE_OP_WINDOW, nowUs);
    return this.#runAllowed(slot, bytes, at, end, nowUs);
  }

  /** Goes on with the OP_SIGNED in bytes, which waited for the shared store's verdict on the user's limit. */
  runJudged(slot: number, bytes: Uint8Array, verdict: number, nowUs: number): boolean {
    const { counters, columns } = this.#core;
    if (verdict === STORE_DOWN) counters.values[OPS_JUDGED_ALONE]!++;
    // The queue of a logic worker may have filled up meanwhile.
    const opcode = readU16(bytes, P.OP_SIGNED_OPCODE);
    if (opcode === P.OPCODE_TRADE && this.#rooms.isFull(slot)) return this.#refuse(slot, bytes, 0, P.CODE_FULL, nowUs);
    // This process counts along, so that it can go on alone when the store has no answer.
    const isAllowedHere = verdict !== STORE_NO && this.#signing.limit.ask(columns.user, slot * 16, nowUs) === OP_ALLOWED;
    if (!(verdict === STORE_YES || isAllowedHere)) return this.#refuse(slot, bytes, 0, P.CODE_OP_WINDOW, nowUs);
    return this.#runAllowed(slot, bytes, 0, bytes.length, nowUs);
  }

  /** Runs the OP_SIGNED at bytes[at..end), which every check let through. */
  #runAllowed(slot: number, bytes: Uint8Array, at: number, end: number, nowUs: number): boolean {
    const core = this.#core;
    const { rings } = this.#signing;
    const { identity } = core.columns;
    const seq = P.packetSeq(bytes, at);
    const low = readU32(bytes, at + P.OP_SIGNED_NONCE);
    const high = readU32(bytes, at + P.OP_SIGNED_NONCE + 4);
    const opcode = readU16(bytes, at + P.OP_SIGNED_OPCODE);
    const known = rings.begin(identity, slot * 16, low, high, nowUs);
    // Another connection of the session, on another thread, was faster.
    if (known !== NONCE_UNKNOWN) return this.#repeat(slot, bytes, at, known, nowUs);
    this.#signing.count();
    const { ticket } = this.#rooms;
    ticket.seq = seq;
    ticket.atUs = nowUs;
    ticket.isSigned = true;
    ticket.nonceLow = low;
    ticket.nonceHigh = high;
    const { trail, clock } = core;
    // The batch began at nowUs; the log is to have when this operation ran, to the microsecond.
    const startUs = trail === undefined ? nowUs : clock.nowUs();
    let code = P.CODE_INTERNAL;
    try {
      code = this.#run(slot, opcode, true, bytes, at + P.OP_SIGNED_PAYLOAD, end, nowUs);
    } finally {
      if (code !== LATER) rings.finish(identity, slot * 16, low, high, code, nowUs);
      if (code !== LATER) trail?.critical(identity, slot * 16, code, seq, startUs, clock.nowUs() - startUs);
    }
    if (code === LATER) return true;
    return this.#answer(slot, seq, code, 0, this.#operations, nowUs, nowUs);
  }

  /** Runs an operation and tells its rules, if it has any, how that went. */
  #run(slot: number, opcode: number, isSigned: boolean, bytes: Uint8Array, start: number, end: number, nowUs: number): number {
    const call = this.#guards.enter(opcode, isSigned, nowUs);
    let code = P.CODE_INTERNAL;
    try {
      code = this.#operations.run(slot, opcode, isSigned, bytes, start, end);
    } finally {
      if (code === LATER) this.#guards.later(call, slot, this.#rooms.ticket.seq);
      else if (call !== NO_CALL) this.#guards.leave(call, code, this.#core.clock.nowUs());
    }
    return code;
  }

  /** The answer to an operation that was sent before: its first one, or "later" while there is none. */
  #repeat(slot: number, bytes: Uint8Array, at: number, known: number, nowUs: number): true {
    if (known === NONCE_RUNNING) return this.#refuse(slot, bytes, at, P.CODE_RATE, nowUs);
    this.#core.counters.values[OPS_DUPLICATE]!++;
    return this.#answer(slot, P.packetSeq(bytes, at), known, P.OP_ACK_FLAG_DUP, NO_RESULT, nowUs, nowUs);
  }

  /** Answered, but not run and not remembered: the client may send it again. */
  #refuse(slot: number, bytes: Uint8Array, at: number, code: number, nowUs: number): true {
    this.#core.counters.values[OPS_REFUSED]!++;
    return this.#answer(slot, P.packetSeq(bytes, at), code, 0, NO_RESULT, nowUs, nowUs);
  }

  /** An operation that was answered LATER has ended, whether anyone hears its answer or not. */
  end(answer: RoomAnswer, nowUs: number): void {
    this.#guards.answered(answer.slot, answer.seq, answer.code, nowUs);
  }

  /** Stores what became of a signed operation that a logic worker ran, whether its connection still stands or not. */
  remember(answer: RoomAnswer, nowUs: number): void {
    this.#signing.rings.finish(answer.sid, 0, answer.nonceLow, answer.nonceHigh, answer.code, nowUs);
    const { trail, clock } = this.#core;
    trail?.criticalElsewhere(answer.sid, 0, answer.code, answer.seq, answer.atUs, clock.nowUs() - answer.atUs);
  }

  /** Writes the OP_ACK of an operation that was answered LATER. */
  answerLater(answer: RoomAnswer, nowUs: number): void {
    this.#operations.finish(answer.opcode, answer.code, answer.value);
    this.#answer(answer.slot, answer.seq, answer.code, 0, this.#operations, answer.atUs, nowUs);
  }

  #answer(slot: number, seq: number, code: number, flags: number, result: OperationResult, atUs: number, nowUs: number): true {
    const { columns, replies, clock, counters } = this.#core;
    const tookUs = Math.min(0xffffffff, Math.max(0, Math.round(clock.nowUs() - atUs)));
    replies.end = P.writeOpAck(
      replies.bytes,
      replies.end,
      seq,
      code,
      flags,
      tookUs,
      clock.unixMs(nowUs),
      result.resultBytes,
      result.resultStart,
      result.resultEnd,
    );
    columns.opsSeen[slot]!++;
    counters.values[OPS_SEEN]!++;
    counters.values[OPS_ACKED]!++;
    counters.values[PACKETS_OUT[P.OP_ACK]!]!++;
    return true;
  }
}
