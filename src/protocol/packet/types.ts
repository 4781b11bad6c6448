/** Packet header and types of protocol version 1 (docs/protocol.md, "Packets"). */
import { readU16, readU32, writeU16, writeU32 } from '../bytes.js';

export const PROTOCOL_VERSION = 1;
export const HEADER_BYTES = 8;
export const TAG_BYTES = 16;
/** Body limit of a packet, client to server. */
export const MAX_CLIENT_BODY = 4096;
/** Body limit of a packet, server to client. */
export const MAX_SERVER_BODY = 65535;
/** Limit of a whole WebSocket message, client to server. */
export const MAX_CLIENT_MESSAGE = HEADER_BYTES + MAX_CLIENT_BODY;
/** Packets in one message. */
export const MAX_CLIENT_BUNDLE = 16;
export const MAX_SERVER_BUNDLE = 64;
/** Limit of a whole WebSocket message, server to client: what a client must be ready for. */
export const MAX_SERVER_MESSAGE = MAX_SERVER_BUNDLE * (HEADER_BYTES + MAX_SERVER_BODY);

export const HELLO = 0x0001;
export const AUTH = 0x0002;
export const AUTH_OK = 0x0003;
export const AUTH_ERR = 0x0004;
export const REFRESH = 0x0005;
export const REFRESH_OK = 0x0006;
export const PING = 0x0010;
export const PONG = 0x0011;
export const OP = 0x0020;
export const OP_SIGNED = 0x0021;
export const OP_ACK = 0x0022;
export const ROOM_JOIN = 0x0030;
export const JOINED = 0x0031;
export const ROOM_LEAVE = 0x0032;
export const LEFT = 0x0033;
export const ROOM_STATE = 0x0034;
export const DISCONNECT = 0x0040;
export const ACK_CLOSE = 0x0041;
export const ERROR = 0x007f;
/** Types from here on are defined by a scenario. */
export const FIRST_SCENARIO_TYPE = 0x8000;

export function writeHeader(out: Uint8Array, at: number, type: number, seq: number, bodyBytes: number): void {
  writeU16(out, at, type);
  writeU32(out, at + 2, seq);
  writeU16(out, at + 6, bodyBytes);
}

export function packetType(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at);
}

export function packetSeq(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + 2);
}

/** Bytes of the body, as claimed by the header. */
export function packetBodyBytes(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + 6);
}
