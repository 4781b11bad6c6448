import { readU32 } from '../../src/protocol/bytes.js';
import * as P from '../../src/protocol/packet.js';
import { PACKETS_OUT } from '../counters.js';
import type { SessionCore } from '../session-core.js';
import { ASKED_TO_LEAVE } from '../session-states.js';
import type { TokenBuckets } from '../token-bucket.js';
import type { RoomBroadcast } from './broadcast.js';
import type { RoomDirectory } from './directory.js';

/** ROOM_JOIN and ROOM_LEAVE. */
export class RoomPackets {
  readonly #core: SessionCore;
  readonly #buckets: TokenBuckets;
  readonly #directory: RoomDirectory;
  readonly #broadcast: RoomBroadcast;

  constructor(core: SessionCore, buckets: TokenBuckets, directory: RoomDirectory, broadcast: RoomBroadcast) {
    this.#core = core;
    this.#buckets = buckets;
    this.#directory = directory;
    this.#broadcast = broadcast;
  }

  /** Runs the ROOM_JOIN at bytes[at..end) of a message that begins at `start`. False when the connection is being closed. */
  runJoin(slot: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number): boolean {
    const core = this.#core;
    const seq = P.packetSeq(bytes, at);
    if (readU32(bytes, at + P.ROOM_JOIN_FLAGS) !== 0) {
      return core.fault(slot, P.CODE_LENGTH, P.ROOM_JOIN, seq, at + P.ROOM_JOIN_FLAGS - start);
    }
    if (!this.#buckets.take(slot, end - at, nowUs)) return this.#refuse(seq, P.CODE_RATE);
    if (core.columns.state[slot] === ASKED_TO_LEAVE) return this.#refuse(seq, P.CODE_DRAINING);
    const id = readU32(bytes, at + P.ROOM_JOIN_ROOM);
    const code = this.#directory.join(slot, id);
    if (code !== P.CODE_OK) return this.#refuse(seq, code);
    const seat = core.columns.seat[slot]!;
    const members = this.#directory.at(id)!.memberCount;
    this.#answer(seq, id, seat, members, this.#broadcast.tick, this.#broadcast.tickMs, code);
    return true;
  }

  /** Runs the ROOM_LEAVE at bytes[at..end). */
  runLeave(slot: number, bytes: Uint8Array, at: number, end: number, nowUs: number): boolean {
    const { columns, replies, counters } = this.#core;
    this.#buckets.charge(slot, end - at, nowUs);
    const id = readU32(bytes, at + P.ROOM_LEAVE_ROOM);
    const isMember = columns.room[slot] === id + 1;
    if (isMember) this.#directory.leave(slot);
    const code = isMember ? P.CODE_OK : P.CODE_NOT_MEMBER;
    replies.end = P.writeLeft(replies.bytes, replies.end, P.packetSeq(bytes, at), id, code);
    counters.values[PACKETS_OUT[P.LEFT]!]!++;
    return true;
  }

  #refuse(seq: number, code: number): true {
    this.#answer(seq, 0, P.NO_SLOT, 0, 0, 0, code);
    return true;
  }

  #answer(seq: number, room: number, seat: number, members: number, tick: number, tickMs: number, code: number): void {
    const { replies, counters } = this.#core;
    replies.end = P.writeJoined(replies.bytes, replies.end, seq, room, seat, members, tick, tickMs, code);
    counters.values[PACKETS_OUT[P.JOINED]!]!++;
  }
}
