import { readU32 } from '../../src/protocol/bytes.js';
import * as P from '../../src/protocol/packet.js';
import { PACKETS_OUT } from '../counters.js';
import type { SessionCore } from '../session-core.js';
import { ASKED_TO_LEAVE } from '../session-states.js';
import type { TokenBuckets } from '../token-bucket.js';
import type { RoomAnswer } from './room-answer.js';
import { LATER, type RoomHost } from './room-host.js';

/** ROOM_JOIN and ROOM_LEAVE. */
export class RoomPackets {
  readonly #core: SessionCore;
  readonly #buckets: TokenBuckets;
  readonly #rooms: RoomHost;

  constructor(core: SessionCore, buckets: TokenBuckets, rooms: RoomHost) {
    this.#core = core;
    this.#buckets = buckets;
    this.#rooms = rooms;
  }

  /** Runs the ROOM_JOIN at bytes[at..end) of a message that begins at `start`. False when the connection is being closed. */
  runJoin(slot: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number): boolean {
    const core = this.#core;
    const rooms = this.#rooms;
    const seq = P.packetSeq(bytes, at);
    if (readU32(bytes, at + P.ROOM_JOIN_FLAGS) !== 0) {
      return core.fault(slot, P.CODE_LENGTH, P.ROOM_JOIN, seq, at + P.ROOM_JOIN_FLAGS - start);
    }
    if (!this.#buckets.take(slot, end - at, nowUs)) return this.#refuse(seq, P.CODE_RATE);
    if (core.columns.state[slot] === ASKED_TO_LEAVE) return this.#refuse(seq, P.CODE_DRAINING);
    const room = readU32(bytes, at + P.ROOM_JOIN_ROOM);
    rooms.ticket.seq = seq;
    rooms.ticket.atUs = nowUs;
    const code = rooms.join(slot, room);
    if (code === LATER) return true;
    if (code !== P.CODE_OK) return this.#refuse(seq, code);
    return this.#joined(seq, room, rooms.seat, rooms.members, rooms.tick);
  }

  /** Runs the ROOM_LEAVE at bytes[at..end). */
  runLeave(slot: number, bytes: Uint8Array, at: number, end: number, nowUs: number): boolean {
    this.#buckets.charge(slot, end - at, nowUs);
    const { ticket } = this.#rooms;
    ticket.seq = P.packetSeq(bytes, at);
    ticket.atUs = nowUs;
    const room = readU32(bytes, at + P.ROOM_LEAVE_ROOM);
    const code = this.#rooms.leave(slot, room);
    if (code !== LATER) this.#left(ticket.seq, room, code);
    return true;
  }

  /** Writes the answer to a ROOM_JOIN or ROOM_LEAVE that was answered LATER. */
  answerLater({ packetType, seq, room, code, seat, members, tick }: RoomAnswer): void {
    if (packetType === P.ROOM_LEAVE) this.#left(seq, room, code);
    else if (code === P.CODE_OK) this.#joined(seq, room, seat, members, tick);
    else this.#refuse(seq, code);
  }

  #left(seq: number, room: number, code: number): void {
    const { replies, counters } = this.#core;
    replies.end = P.writeLeft(replies.bytes, replies.end, seq, room, code);
    counters.values[PACKETS_OUT[P.LEFT]!]!++;
  }

  #joined(seq: number, room: number, seat: number, members: number, tick: number): true {
    return this.#answer(seq, room, seat, members, tick, this.#rooms.tickMs, P.CODE_OK);
  }

  #refuse(seq: number, code: number): true {
    return this.#answer(seq, 0, P.NO_SLOT, 0, 0, 0, code);
  }

  #answer(seq: number, room: number, seat: number, members: number, tick: number, tickMs: number, code: number): true {
    const { replies, counters } = this.#core;
    replies.end = P.writeJoined(replies.bytes, replies.end, seq, room, seat, members, tick, tickMs, code);
    counters.values[PACKETS_OUT[P.JOINED]!]!++;
    return true;
  }
}
