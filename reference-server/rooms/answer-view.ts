import * as P from '../../src/protocol/packet.js';
import * as W from './logic-wire.js';
import type { RoomAnswer } from './room-answer.js';

/** Reads an answer of a logic worker. One object serves every answer. */
export class AnswerView implements RoomAnswer {
  kind = 0;
  slot = 0;
  seq = 0;
  atUs = 0;
  packetType = 0;
  opcode = 0;
  code = 0;
  room = 0;
  seat = 0;
  members = 0;
  tick = 0;
  value = 0;
  nonceLow = 0;
  nonceHigh = 0;
  readonly sid = new Uint8Array(16);

  /** Reads words[at..at + 16). */
  read(words: Int32Array, at: number, nowUs: number): void {
    const result = words[at + W.RESULT]!;
    this.kind = words[at + W.KIND]!;
    this.slot = words[at + W.SLOT]!;
    this.seq = words[at + W.SEQ]! >>> 0;
    this.atUs = nowUs - ((Math.floor(nowUs) - words[at + W.AT_US]!) >>> 0);
    this.code = words[at + W.CODE]!;
    this.room = words[at + W.A]! >>> 0;
    this.seat = result & 0xffff;
    this.members = result >>> 16;
    this.tick = words[at + W.TICK]! >>> 0;
    this.value = result >>> 0;
    const isSigned = words[at + W.IS_SIGNED] === 1;
    this.packetType = this.#typeOf(isSigned);
    this.opcode = this.kind === W.TASK_MOVE ? P.OPCODE_MOVE : P.OPCODE_TRADE;
    if (!isSigned) return;
    this.nonceLow = words[at + W.NONCE_LOW]! >>> 0;
    this.nonceHigh = words[at + W.NONCE_HIGH]! >>> 0;
    for (let i = 0; i < 16; i++) this.sid[i] = words[at + W.SID + (i >> 2)]! >>> (8 * (i & 3));
  }

  #typeOf(isSigned: boolean): number {
    if (this.kind === W.TASK_JOIN) return P.ROOM_JOIN;
    if (this.kind === W.TASK_LEAVE) return P.ROOM_LEAVE;
    return isSigned ? P.OP_SIGNED : P.OP;
  }
}
