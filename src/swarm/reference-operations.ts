import type { Prng } from '../core/prng.js';
import { readU16, writeU32 } from '../protocol/bytes.js';
import type { MacTable } from '../protocol/mac.js';
import * as W from '../protocol/packet.js';
import type { ClientContext } from './client-context.js';
import * as C from './client-table.js';
import type { CompiledOperation } from './compiled-steps.js';
import type { ConnectionParts, Connections } from './connections.js';
import { NO_REQUEST } from './request-table.js';
import { PAYLOAD_AT } from './sender.js';

/** Operations and rooms of the reference protocol, client side. */
export class ReferenceOperations {
  /** What the server's wall clock is ahead of our monotonic one, ms; from the last HELLO. */
  serverOffsetMs = 0;
  readonly #parts: ConnectionParts;
  readonly #connections: Connections;
  readonly #context: ClientContext;
  readonly #macs: MacTable;
  readonly #prng: Prng;
  readonly #payload: Uint8Array;
  readonly #nonce = new Uint8Array(8);

  constructor(parts: ConnectionParts, connections: Connections, context: ClientContext, macs: MacTable, prng: Prng) {
    this.#parts = parts;
    this.#connections = connections;
    this.#context = context;
    this.#macs = macs;
    this.#prng = prng;
    const sizes = parts.flows.flatMap((flow) => flow.operations.map((operation) => operation.maxPayloadBytes));
    this.#payload = new Uint8Array(Math.max(16, ...sizes));
  }

  /** Sends an operation as a request of `step`; false when too many requests are open. */
  send(row: number, operation: CompiledOperation, step: number, intendedUs: number, nowUs: number): boolean {
    const { table, sender, answers } = this.#parts;
    const sequence = table.sequence[row]! + 1;
    if (!answers.open(row, step, sequence, 0, intendedUs, nowUs, this.#context.iteration)) return false;
    table.sequence[row] = sequence;
    table.opsSent[row]! += 1;
    const payload = this.#payload;
    const payloadEnd = operation.writePayload(this.#context, payload, 0);
    if (!operation.signed) {
      sender.sendBinary(row, W.writeOp(sender.scratch, PAYLOAD_AT, sequence, operation.opcode, payload, 0, payloadEnd));
      return true;
    }
    // The nonce makes a resend recognisable; it must differ from the session's others, also after a reconnect.
    writeU32(this.#nonce, 0, this.#prng.nextU32());
    writeU32(this.#nonce, 4, this.#prng.nextU32());
    const unixMs = Math.floor(this.serverOffsetMs + nowUs / 1000);
    const { opcode } = operation;
    sender.sendBinary(
      row,
      W.writeOpSigned(sender.scratch, PAYLOAD_AT, sequence, opcode, unixMs, this.#nonce, 0, payload, 0, payloadEnd, this.#macs, row * 2),
    );
    return true;
  }

  join(row: number, room: number): void {
    const { sender, table } = this.#parts;
    table.room[row] = room;
    sender.sendBinary(row, W.writeRoomJoin(sender.scratch, PAYLOAD_AT, table.nextSequence(row), room));
  }

  /** Leaves the room that the client joined last. */
  leave(row: number): void {
    const { sender, table } = this.#parts;
    sender.sendBinary(row, W.writeRoomLeave(sender.scratch, PAYLOAD_AT, table.nextSequence(row), table.room[row]!));
  }

  onAck(row: number, bytes: Uint8Array, at: number, end: number, nowUs: number): void {
    const { table, answers, flows } = this.#parts;
    const sequence = W.packetSeq(bytes, at);
    if (sequence === 0 || sequence > table.sequence[row]! || table.opsAcked[row] === table.opsSent[row]) {
      this.#connections.fault(row, 'server.replay', 'an OP_ACK answers no operation', nowUs);
      return;
    }
    table.opsAcked[row]! += 1;
    const { requests } = answers;
    let request = requests.firstOf(row);
    while (request !== NO_REQUEST && requests.keyLow[request] !== sequence) request = requests.after(request);
    if (request === NO_REQUEST) return; // its time-out has passed
    const flow = flows[table.scenario[row]!]!;
    const { check } = flow.operations[flow.operand(requests.step[request]! - flow.firstStep, 0)]!;
    const code = readU16(bytes, at + W.OP_ACK_CODE);
    const context = this.#context.of(flow, row, requests.iteration[request]!);
    const isRight = (check.code < 0 || check.code === code) && check.holds(context, bytes, at + W.OP_ACK_RESULT, end);
    if (!isRight && check.code >= 0 && check.code !== code) this.#countCode('op', code);
    answers.answered(request, isRight, nowUs);
  }

  onRoomState(row: number, bytes: Uint8Array, at: number, end: number, nowUs: number): void {
    const count = readU16(bytes, at + W.ROOM_STATE_COUNT);
    const isWhole =
      readU16(bytes, at + W.ROOM_STATE_STRIDE) === W.ROOM_ROW_BYTES && at + W.ROOM_STATE_ROWS + count * W.ROOM_ROW_BYTES === end;
    if (!isWhole) this.#connections.fault(row, 'server.length', 'a ROOM_STATE is not as long as its rows', nowUs);
  }

  /** JOINED (kind join) or LEFT (kind leave) has come. A refusal is counted and the flow goes on. */
  onRoomAnswer(row: number, kind: 'join' | 'leave', code: number, nowUs: number): void {
    if (code !== W.CODE_OK) this.#countCode(kind, code);
    if (this.#parts.wakes.satisfyNow(row, C.WAIT_ROOM, nowUs)) this.#parts.timers.cancelFlow(row);
  }

  #countCode(kind: 'op' | 'join' | 'leave', code: number): void {
    this.#parts.errors.add(`${kind}.${code.toString(16).padStart(4, '0')}`, `the server answered ${W.codeName(code)}`);
  }
}
