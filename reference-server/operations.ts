import { readI32, readU32, writeU32 } from '../src/protocol/bytes.js';
import * as P from '../src/protocol/packet.js';
import type { RoomHost } from './rooms/room-host.js';

/** resultBytes[resultStart..resultEnd) goes into the OP_ACK. */
export interface OperationResult {
  readonly resultBytes: Uint8Array;
  readonly resultStart: number;
  readonly resultEnd: number;
}

/** What OP and OP_SIGNED can do (docs/protocol.md, "Operations"). One object serves every call. */
export class Operations implements OperationResult {
  readonly #rooms: RoomHost;
  readonly #value = new Uint8Array(4);
  /** The result of the last run(). */
  resultBytes: Uint8Array = this.#value;
  resultStart = 0;
  resultEnd = 0;

  constructor(rooms: RoomHost) {
    this.#rooms = rooms;
  }

  /**
   * Runs one operation with the payload bytes[start..end); returns the code of its answer and sets the result, or LATER. The rooms'
   * ticket was filled in before.
   */
  run(slot: number, opcode: number, isSigned: boolean, bytes: Uint8Array, start: number, end: number): number {
    this.resultStart = 0;
    this.resultEnd = 0;
    const operation = P.operationByOpcode(opcode);
    if (operation === undefined || !(isSigned ? operation.signed : operation.plain)) return P.CODE_BAD_OP;
    if (end - start < operation.minPayloadBytes || end - start > operation.maxPayloadBytes) return P.CODE_BAD_OP;
    switch (opcode) {
      case P.OPCODE_ECHO:
        this.resultBytes = bytes;
        this.resultStart = start;
        this.resultEnd = Math.min(end, start + P.MAX_RESULT_BYTES);
        return P.CODE_OK;
      case P.OPCODE_MOVE:
        return this.#rooms.move(slot, readI32(bytes, start), readI32(bytes, start + 4));
      case P.OPCODE_TRADE:
        return this.#trade(slot, readU32(bytes, start + 4));
      default:
        return P.CODE_BAD_OP;
    }
  }

  /** Sets the result of an operation that was answered LATER. */
  finish(opcode: number, code: number, value: number): void {
    this.resultStart = 0;
    this.resultEnd = 0;
    if (opcode !== P.OPCODE_TRADE || code !== P.CODE_OK) return;
    this.resultBytes = this.#value;
    this.resultEnd = 4;
    writeU32(this.#value, 0, value);
  }

  /** The result is the new value of the member's row. */
  #trade(slot: number, amount: number): number {
    const code = this.#rooms.trade(slot, amount);
    this.finish(P.OPCODE_TRADE, code, this.#rooms.value);
    return code;
  }
}
