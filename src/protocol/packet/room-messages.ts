/** ROOM_JOIN, JOINED, ROOM_LEAVE, LEFT and ROOM_STATE. Field offsets count from the start of the packet, header included. */
import { writeU16, writeU32, writeU64 } from '../bytes.js';
import * as T from './types.js';

const AT = T.HEADER_BYTES;

export const ROOM_JOIN_ROOM = AT + 0;
export const ROOM_JOIN_FLAGS = AT + 4;

export function writeRoomJoin(out: Uint8Array, at: number, seq: number, room: number): number {
  T.writeHeader(out, at, T.ROOM_JOIN, seq, 8);
  writeU32(out, at + ROOM_JOIN_ROOM, room);
  writeU32(out, at + ROOM_JOIN_FLAGS, 0);
  return at + T.HEADER_BYTES + 8;
}

export const JOINED_ROOM = AT + 0;
export const JOINED_SLOT = AT + 4;
export const JOINED_MEMBERS = AT + 6;
export const JOINED_TICK = AT + 8;
export const JOINED_TICK_MS = AT + 12;
export const JOINED_CODE = AT + 14;
/** JOINED.slot when the join was refused. */
export const NO_SLOT = 0xffff;

export function writeJoined(
  out: Uint8Array,
  at: number,
  seq: number,
  room: number,
  slot: number,
  members: number,
  tick: number,
  tickMs: number,
  code: number,
): number {
  T.writeHeader(out, at, T.JOINED, seq, 16);
  writeU32(out, at + JOINED_ROOM, room);
  writeU16(out, at + JOINED_SLOT, slot);
  writeU16(out, at + JOINED_MEMBERS, members);
  writeU32(out, at + JOINED_TICK, tick);
  writeU16(out, at + JOINED_TICK_MS, tickMs);
  writeU16(out, at + JOINED_CODE, code);
  return at + T.HEADER_BYTES + 16;
}

export const ROOM_LEAVE_ROOM = AT + 0;

export function writeRoomLeave(out: Uint8Array, at: number, seq: number, room: number): number {
  T.writeHeader(out, at, T.ROOM_LEAVE, seq, 4);
  writeU32(out, at + ROOM_LEAVE_ROOM, room);
  return at + T.HEADER_BYTES + 4;
}

export const LEFT_ROOM = AT + 0;
export const LEFT_CODE = AT + 4;
export const LEFT_RESERVED = AT + 6;

export function writeLeft(out: Uint8Array, at: number, seq: number, room: number, code: number): number {
  T.writeHeader(out, at, T.LEFT, seq, 8);
  writeU32(out, at + LEFT_ROOM, room);
  writeU16(out, at + LEFT_CODE, code);
  writeU16(out, at + LEFT_RESERVED, 0);
  return at + T.HEADER_BYTES + 8;
}

export const ROOM_STATE_ROOM = AT + 0;
export const ROOM_STATE_TICK = AT + 4;
export const ROOM_STATE_BASE_TICK = AT + 8;
export const ROOM_STATE_COUNT = AT + 12;
export const ROOM_STATE_STRIDE = AT + 14;
export const ROOM_STATE_SERVER_MONO_US = AT + 16;
export const ROOM_STATE_ROWS = AT + 24;
export const ROOM_ROW_BYTES = 16;
/** Offsets inside a row. */
export const ROOM_ROW_ID = 0;
export const ROOM_ROW_FLAGS = 2;
export const ROOM_ROW_X = 4;
export const ROOM_ROW_Y = 8;
export const ROOM_ROW_VAL = 12;

/**
 * The head of a ROOM_STATE with `count` rows; seq is the tick. Returns where the first row goes: the caller writes the
 * rows with writeRoomRow. `baseTick` 0 means a full state.
 */
export function writeRoomStateHead(
  out: Uint8Array,
  at: number,
  room: number,
  tick: number,
  baseTick: number,
  count: number,
  serverMonoUs: number,
): number {
  T.writeHeader(out, at, T.ROOM_STATE, tick, 24 + count * ROOM_ROW_BYTES);
  writeU32(out, at + ROOM_STATE_ROOM, room);
  writeU32(out, at + ROOM_STATE_TICK, tick);
  writeU32(out, at + ROOM_STATE_BASE_TICK, baseTick);
  writeU16(out, at + ROOM_STATE_COUNT, count);
  writeU16(out, at + ROOM_STATE_STRIDE, ROOM_ROW_BYTES);
  writeU64(out, at + ROOM_STATE_SERVER_MONO_US, serverMonoUs);
  return at + ROOM_STATE_ROWS;
}

/** One row of a ROOM_STATE; returns where the next one goes. */
export function writeRoomRow(out: Uint8Array, at: number, id: number, flags: number, x: number, y: number, val: number): number {
  writeU16(out, at + ROOM_ROW_ID, id);
  writeU16(out, at + ROOM_ROW_FLAGS, flags);
  writeU32(out, at + ROOM_ROW_X, x);
  writeU32(out, at + ROOM_ROW_Y, y);
  writeU32(out, at + ROOM_ROW_VAL, val);
  return at + ROOM_ROW_BYTES;
}
