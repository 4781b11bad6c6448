/** In place of a code: the answer comes later, to the host's listener. Until then the connection's `waiting` column is not 0. */
export const LATER = -1;

/**
 * What the answer to an operation needs that comes later. Whoever calls join(), leave(), move() or trade() fills it in first; the
 * host gives it back with the answer.
 */
export class RoomTicket {
  seq = 0;
  /** When the packet came, clock microseconds. */
  atUs = 0;
  isSigned = false;
  nonceLow = 0;
  nonceHigh = 0;
}

/**
 * Where the rooms of a gateway thread live: in the thread itself, or with logic workers. A connection is its slot. Codes are those of
 * rooms/world.ts, CODE_FULL where a worker cannot take more, or LATER.
 */
export interface RoomHost {
  readonly ticket: RoomTicket;
  /** After CODE_OK of join(): seat and members, tick and its length; of trade(): the value in the row. */
  readonly seat: number;
  readonly members: number;
  readonly tick: number;
  readonly tickMs: number;
  readonly value: number;
  join(slot: number, room: number): number;
  leave(slot: number, room: number): number;
  move(slot: number, x: number, y: number): number;
  trade(slot: number, amount: number): number;
  /** True when an operation of this slot would be answered CODE_FULL. */
  isFull(slot: number): boolean;
  /** The connection is over. */
  gone(slot: number): void;
  /** The connection of this slot has the session of this row of SessionTable. */
  enter(slot: number, sessionRow: number): void;
  /** The seat of one slot becomes the other's; false when there is none. */
  handOver(older: number, newer: number): boolean;
  /** The seat that the session of this row of SessionTable has on another thread becomes the slot's; false when there is none. */
  adopt(sessionRow: number, slot: number): boolean;
  /** Called once a turn of the loop. Does what is due and returns when it wants to be called next, or Infinity. */
  turn(nowUs: number): number;
}
