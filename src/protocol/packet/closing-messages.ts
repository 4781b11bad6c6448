/** DISCONNECT, ACK_CLOSE and ERROR. Field offsets count from the start of the packet, header included. */
import { writeU16, writeU32 } from '../bytes.js';
import * as T from './types.js';

const AT = T.HEADER_BYTES;

export const DISCONNECT_REASON = AT + 0;
export const DISCONNECT_FLAGS = AT + 2;

/** `reason` is a code (packet/codes.ts), 0 for an ordinary end. */
export function writeDisconnect(out: Uint8Array, at: number, seq: number, reason: number): number {
  T.writeHeader(out, at, T.DISCONNECT, seq, 4);
  writeU16(out, at + DISCONNECT_REASON, reason);
  writeU16(out, at + DISCONNECT_FLAGS, 0);
  return at + T.HEADER_BYTES + 4;
}

export const ACK_CLOSE_PHASE = AT + 0;
export const ACK_CLOSE_RESERVED = AT + 1;
export const ACK_CLOSE_CODE = AT + 2;
export const ACK_CLOSE_OPS_SEEN = AT + 4;
export const ACK_CLOSE_OPS_ACKED = AT + 8;
export const ACK_CLOSE_LAST_SEQ = AT + 12;
export const ACK_CLOSE_HEARD = 1;
export const ACK_CLOSE_DRAINED = 2;

/** In phase 1 (heard) the counts and lastSeq are 0; in phase 2 (drained) they are the sender's ledger. */
export function writeAckClose(
  out: Uint8Array,
  at: number,
  seq: number,
  phase: number,
  code: number,
  opsSeen: number,
  opsAcked: number,
  lastSeq: number,
): number {
  T.writeHeader(out, at, T.ACK_CLOSE, seq, 16);
  out[at + ACK_CLOSE_PHASE] = phase;
  out[at + ACK_CLOSE_RESERVED] = 0;
  writeU16(out, at + ACK_CLOSE_CODE, code);
  writeU32(out, at + ACK_CLOSE_OPS_SEEN, opsSeen);
  writeU32(out, at + ACK_CLOSE_OPS_ACKED, opsAcked);
  writeU32(out, at + ACK_CLOSE_LAST_SEQ, lastSeq);
  return at + T.HEADER_BYTES + 16;
}

export const ERROR_CODE = AT + 0;
export const ERROR_REF_TYPE = AT + 2;
export const ERROR_REF_SEQ = AT + 4;
export const ERROR_DETAIL = AT + 8;

/**
 * refType and refSeq are those of the offending header, 0 and 0 when no whole header was left; detail is the byte offset
 * of the fault in the message. The header's seq is refSeq.
 */
export function writeError(out: Uint8Array, at: number, code: number, refType: number, refSeq: number, detail: number): number {
  T.writeHeader(out, at, T.ERROR, refSeq, 12);
  writeU16(out, at + ERROR_CODE, code);
  writeU16(out, at + ERROR_REF_TYPE, refType);
  writeU32(out, at + ERROR_REF_SEQ, refSeq);
  writeU32(out, at + ERROR_DETAIL, detail);
  return at + T.HEADER_BYTES + 12;
}
