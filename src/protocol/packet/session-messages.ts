/**
 * HELLO, AUTH, REFRESH and the heartbeat. Writers return the end of the packet; a writer that takes (macs, row) signs
 * under that row's key. Field offsets count from the start of the packet, header included.
 */
import { copyBytes, writeU16, writeU32, writeU64 } from '../bytes.js';
import type { MacTable } from '../mac-table.js';
import * as T from './types.js';

const AT = T.HEADER_BYTES;

export const HELLO_VERSION = AT + 0;
export const HELLO_FLAGS = AT + 2;
export const HELLO_HB_MS = AT + 4;
export const HELLO_MAX_BODY = AT + 8;
export const HELLO_MAX_BUNDLE = AT + 10;
export const HELLO_RESERVED = AT + 12;
export const HELLO_SERVER_UNIX_MS = AT + 16;
export const HELLO_SNONCE = AT + 24;

export function writeHello(
  out: Uint8Array,
  at: number,
  flags: number,
  hbMs: number,
  serverUnixMs: number,
  snonce: Uint8Array,
  snonceAt: number,
): number {
  T.writeHeader(out, at, T.HELLO, 0, 40);
  writeU16(out, at + HELLO_VERSION, T.PROTOCOL_VERSION);
  writeU16(out, at + HELLO_FLAGS, flags);
  writeU32(out, at + HELLO_HB_MS, hbMs);
  writeU16(out, at + HELLO_MAX_BODY, T.MAX_CLIENT_BODY);
  writeU16(out, at + HELLO_MAX_BUNDLE, T.MAX_CLIENT_BUNDLE);
  writeU32(out, at + HELLO_RESERVED, 0);
  writeU64(out, at + HELLO_SERVER_UNIX_MS, serverUnixMs);
  return copyBytes(snonce, snonceAt, snonceAt + 16, out, at + HELLO_SNONCE);
}

export const AUTH_VERSION = AT + 0;
export const AUTH_FLAGS = AT + 2;
export const AUTH_CLIENT_UNIX_MS = AT + 4;
export const AUTH_CNONCE = AT + 12;
export const AUTH_DFP = AT + 28;
export const AUTH_LAST_ACK_NONCE = AT + 60;
export const AUTH_TOKEN_BYTES = AT + 68;
export const AUTH_RESERVED = AT + 70;
export const AUTH_TAG = AT + 72;
export const AUTH_TOKEN = AT + 88;
/** AUTH.flags: the client asks for its seat back. */
export const AUTH_FLAG_RESUME = 1;

/** What a client's AUTH says beside the keys. One object serves many calls. */
export interface AuthFields {
  flags: number;
  clientUnixMs: number;
  /** 16 bytes. */
  cnonce: Uint8Array;
  cnonceAt: number;
  /** 32 bytes. */
  dfp: Uint8Array;
  dfpAt: number;
  /** 8 bytes; null writes zeroes (none). */
  lastAckNonce: Uint8Array | null;
  lastAckNonceAt: number;
  /** The access token as ASCII: token[tokenStart..tokenEnd), 1 to 1024 bytes. */
  token: Uint8Array;
  tokenStart: number;
  tokenEnd: number;
  /** 16 bytes of this connection's HELLO; signed, not sent. */
  snonce: Uint8Array;
  snonceAt: number;
}

/** Writes and signs an AUTH under `row` (K_c2s). */
export function writeAuth(out: Uint8Array, at: number, seq: number, fields: AuthFields, macs: MacTable, row: number): number {
  const tokenBytes = fields.tokenEnd - fields.tokenStart;
  T.writeHeader(out, at, T.AUTH, seq, 88 + tokenBytes);
  writeU16(out, at + AUTH_VERSION, T.PROTOCOL_VERSION);
  writeU16(out, at + AUTH_FLAGS, fields.flags);
  writeU64(out, at + AUTH_CLIENT_UNIX_MS, fields.clientUnixMs);
  copyBytes(fields.cnonce, fields.cnonceAt, fields.cnonceAt + 16, out, at + AUTH_CNONCE);
  copyBytes(fields.dfp, fields.dfpAt, fields.dfpAt + 32, out, at + AUTH_DFP);
  const nonceAt = at + AUTH_LAST_ACK_NONCE;
  if (fields.lastAckNonce === null) out.fill(0, nonceAt, nonceAt + 8);
  else copyBytes(fields.lastAckNonce, fields.lastAckNonceAt, fields.lastAckNonceAt + 8, out, nonceAt);
  writeU16(out, at + AUTH_TOKEN_BYTES, tokenBytes);
  writeU16(out, at + AUTH_RESERVED, 0);
  const end = copyBytes(fields.token, fields.tokenStart, fields.tokenEnd, out, at + AUTH_TOKEN);
  macs.tag(row, out, at, at + AUTH_TAG, at + AUTH_TOKEN, end, fields.snonce, fields.snonceAt, fields.snonceAt + 16, out, at + AUTH_TAG);
  return end;
}

/** True when the tag of the AUTH at bytes[at..end) holds under `row` for the connection with this snonce. */
export function verifyAuth(
  bytes: Uint8Array,
  at: number,
  end: number,
  snonce: Uint8Array,
  snonceAt: number,
  macs: MacTable,
  row: number,
): boolean {
  return macs.verify(row, bytes, at, at + AUTH_TAG, at + AUTH_TOKEN, end, snonce, snonceAt, snonceAt + 16, bytes, at + AUTH_TAG);
}

/**
 * True when the tag of the signed packet at bytes[at..end) holds under `row`; `tagOffset` is its X_TAG constant. For every
 * signed packet but AUTH, whose tag covers the server's nonce too.
 */
export function verifyPacket(bytes: Uint8Array, at: number, end: number, tagOffset: number, macs: MacTable, row: number): boolean {
  const tagAt = at + tagOffset;
  return macs.verify(row, bytes, at, tagAt, tagAt + T.TAG_BYTES, end, null, 0, 0, bytes, tagAt);
}

/** Signs the packet at out[at..end), all of it written but the tag. */
export function signPacket(out: Uint8Array, at: number, end: number, tagOffset: number, macs: MacTable, row: number): void {
  const tagAt = at + tagOffset;
  macs.tag(row, out, at, tagAt, tagAt + T.TAG_BYTES, end, null, 0, 0, out, tagAt);
}

export const AUTH_OK_SID = AT + 0;
export const AUTH_OK_ACCESS_EXP_S = AT + 16;
export const AUTH_OK_HB_MS = AT + 20;
export const AUTH_OK_FLAGS = AT + 24;
export const AUTH_OK_RESERVED = AT + 28;
export const AUTH_OK_TAG = AT + 32;
/** AUTH_OK.flags: the room seat was kept. */
export const AUTH_OK_FLAG_SEAT_KEPT = 1;

/** Writes and signs an AUTH_OK under `row` (K_s2c). */
export function writeAuthOk(
  out: Uint8Array,
  at: number,
  seq: number,
  sid: Uint8Array,
  sidAt: number,
  accessExpS: number,
  hbMs: number,
  flags: number,
  macs: MacTable,
  row: number,
): number {
  T.writeHeader(out, at, T.AUTH_OK, seq, 48);
  copyBytes(sid, sidAt, sidAt + 16, out, at + AUTH_OK_SID);
  writeU32(out, at + AUTH_OK_ACCESS_EXP_S, accessExpS);
  writeU32(out, at + AUTH_OK_HB_MS, hbMs);
  writeU32(out, at + AUTH_OK_FLAGS, flags);
  writeU32(out, at + AUTH_OK_RESERVED, 0);
  const end = at + T.HEADER_BYTES + 48;
  signPacket(out, at, end, AUTH_OK_TAG, macs, row);
  return end;
}

export const AUTH_ERR_CODE = AT + 0;
export const AUTH_ERR_RESERVED = AT + 2;
export const AUTH_ERR_RETRY_AFTER_MS = AT + 4;

export function writeAuthErr(out: Uint8Array, at: number, seq: number, code: number, retryAfterMs: number): number {
  T.writeHeader(out, at, T.AUTH_ERR, seq, 8);
  writeU16(out, at + AUTH_ERR_CODE, code);
  writeU16(out, at + AUTH_ERR_RESERVED, 0);
  writeU32(out, at + AUTH_ERR_RETRY_AFTER_MS, retryAfterMs);
  return at + T.HEADER_BYTES + 8;
}

export const PING_HB_NO = AT + 0;
export const PING_OPS_SENT = AT + 4;
export const PING_CLIENT_MONO_US = AT + 8;
export const PING_TAG = AT + 16;
/** Bytes of a whole PING packet. */
export const PING_BYTES = T.HEADER_BYTES + 32;

/** Writes and signs a PING under `row` (K_c2s). */
export function writePing(
  out: Uint8Array,
  at: number,
  seq: number,
  hbNo: number,
  opsSent: number,
  clientMonoUs: number,
  macs: MacTable,
  row: number,
): number {
  T.writeHeader(out, at, T.PING, seq, 32);
  writeU32(out, at + PING_HB_NO, hbNo);
  writeU32(out, at + PING_OPS_SENT, opsSent);
  writeU64(out, at + PING_CLIENT_MONO_US, clientMonoUs);
  const end = at + PING_BYTES;
  signPacket(out, at, end, PING_TAG, macs, row);
  return end;
}

export const PONG_HB_NO = AT + 0;
export const PONG_OPS_SEEN = AT + 4;
export const PONG_CLIENT_MONO_US = AT + 8;
export const PONG_SERVER_MONO_US = AT + 16;
export const PONG_TAG = AT + 24;
/** Bytes of a whole PONG packet. */
export const PONG_BYTES = T.HEADER_BYTES + 40;

/** Writes and signs the PONG to the PING at ping[pingAt..] under `row` (K_s2c): seq, hbNo and clientMonoUs are copied from it. */
export function writePong(
  out: Uint8Array,
  at: number,
  ping: Uint8Array,
  pingAt: number,
  opsSeen: number,
  serverMonoUs: number,
  macs: MacTable,
  row: number,
): number {
  T.writeHeader(out, at, T.PONG, T.packetSeq(ping, pingAt), 40);
  copyBytes(ping, pingAt + PING_HB_NO, pingAt + PING_HB_NO + 4, out, at + PONG_HB_NO);
  writeU32(out, at + PONG_OPS_SEEN, opsSeen);
  copyBytes(ping, pingAt + PING_CLIENT_MONO_US, pingAt + PING_CLIENT_MONO_US + 8, out, at + PONG_CLIENT_MONO_US);
  writeU64(out, at + PONG_SERVER_MONO_US, serverMonoUs);
  const end = at + PONG_BYTES;
  signPacket(out, at, end, PONG_TAG, macs, row);
  return end;
}
