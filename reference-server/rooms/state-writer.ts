import { writeRoomRow, writeRoomStateHead } from '../../src/protocol/packet.js';
import { CHANGED, type Room } from './room.js';

/** Row flag: the member of this row has left; the other fields are 0. */
export const ROW_GONE = 1;

/** Writes a full ROOM_STATE, every member's row, to out[0..]; returns its end. */
export function writeFullState(out: Uint8Array, room: Room, tick: number, nowUs: number): number {
  let at = writeRoomStateHead(out, 0, room.id, tick, 0, room.memberCount, nowUs);
  for (let seat = 0; seat < room.seatEnd; seat++) {
    if (room.members[seat] !== 0) at = writeRoomRow(out, at, seat, 0, room.x[seat]!, room.y[seat]!, room.val[seat]!);
  }
  return at;
}

/** Writes the rows that changed since room.lastTick to out[0..]; returns its end. */
export function writeDelta(out: Uint8Array, room: Room, tick: number, nowUs: number): number {
  let count = 0;
  for (let seat = 0; seat < room.seatEnd; seat++) count += room.marks[seat]! & CHANGED;
  let at = writeRoomStateHead(out, 0, room.id, tick, room.lastTick, count, nowUs);
  for (let seat = 0; seat < room.seatEnd; seat++) {
    if ((room.marks[seat]! & CHANGED) === 0) continue;
    if (room.members[seat] === 0) at = writeRoomRow(out, at, seat, ROW_GONE, 0, 0, 0);
    else at = writeRoomRow(out, at, seat, 0, room.x[seat]!, room.y[seat]!, room.val[seat]!);
  }
  return at;
}
