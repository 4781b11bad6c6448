/** OP, OP_SIGNED and OP_ACK. Field offsets count from the start of the packet, header included. */
import { copyBytes, writeU16, writeU32, writeU64 } from '../bytes.js';
import type { MacTable } from '../mac-table.js';
import { signPacket } from './session-messages.js';
import * as T from './types.js';

const AT = T.HEADER_BYTES;

export const OP_OPCODE = AT + 0;
export const OP_FLAGS = AT + 2;
export const OP_PAYLOAD = AT + 4;

/** An OP around payload[start..end), at most 4092 bytes. */
export function writeOp(out: Uint8Array, at: number, seq: number, opcode: number, payload: Uint8Array, start: number, end: number): number {
  T.writeHeader(out, at, T.OP, seq, 4 + end - start);
  writeU16(out, at + OP_OPCODE, opcode);
  writeU16(out, at + OP_FLAGS, 0);
  return copyBytes(payload, start, end, out, at + OP_PAYLOAD);
}

export const OP_SIGNED_OPCODE = AT + 0;
export const OP_SIGNED_FLAGS = AT + 2;
export const OP_SIGNED_TS_UNIX_MS = AT + 4;
export const OP_SIGNED_NONCE = AT + 12;
export const OP_SIGNED_RESERVED = AT + 20;
export const OP_SIGNED_TAG = AT + 24;
export const OP_SIGNED_PAYLOAD = AT + 40;

/** Writes and signs an OP_SIGNED under `row` (K_c2s) around payload[start..end), at most 4056 bytes; the nonce is 8 bytes. */
export function writeOpSigned(
  out: Uint8Array,
  at: number,
  seq: number,
  opcode: number,
  tsUnixMs: number,
  nonce: Uint8Array,
  nonceAt: number,
  payload: Uint8Array,
  start: number,
  end: number,
  macs: MacTable,
  row: number,
): number {
  T.writeHeader(out, at, T.OP_SIGNED, seq, 40 + end - start);
  writeU16(out, at + OP_SIGNED_OPCODE, opcode);
  writeU16(out, at + OP_SIGNED_FLAGS, 0);
  writeU64(out, at + OP_SIGNED_TS_UNIX_MS, tsUnixMs);
  copyBytes(nonce, nonceAt, nonceAt + 8, out, at + OP_SIGNED_NONCE);
  writeU32(out, at + OP_SIGNED_RESERVED, 0);
  const packetEnd = copyBytes(payload, start, end, out, at + OP_SIGNED_PAYLOAD);
  signPacket(out, at, packetEnd, OP_SIGNED_TAG, macs, row);
  return packetEnd;
}

export const OP_ACK_CODE = AT + 0;
export const OP_ACK_FLAGS = AT + 2;
export const OP_ACK_PROC_US = AT + 4;
export const OP_ACK_SERVER_UNIX_MS = AT + 8;
export const OP_ACK_RESULT = AT + 16;
/** OP_ACK.flags: this nonce was answered before; the code is the stored one, the result empty. */
export const OP_ACK_FLAG_DUP = 1;

/** An OP_ACK with result[start..end), at most 4080 bytes. */
export function writeOpAck(
  out: Uint8Array,
  at: number,
  seq: number,
  code: number,
  flags: number,
  procUs: number,
  serverUnixMs: number,
  result: Uint8Array,
  start: number,
  end: number,
): number {
  T.writeHeader(out, at, T.OP_ACK, seq, 16 + end - start);
  writeU16(out, at + OP_ACK_CODE, code);
  writeU16(out, at + OP_ACK_FLAGS, flags);
  writeU32(out, at + OP_ACK_PROC_US, procUs);
  writeU64(out, at + OP_ACK_SERVER_UNIX_MS, serverUnixMs);
  return copyBytes(result, start, end, out, at + OP_ACK_RESULT);
}
