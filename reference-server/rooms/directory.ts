import { CODE_NO_ROOM, CODE_OK, CODE_ROOM_FULL } from '../../src/protocol/packet.js';
import { type Counters, SEATS } from '../counters.js';
import type { SessionColumns } from '../session-columns.js';
import { NEEDS_FULL, Room } from './room.js';

/**
 * Rooms 0 .. count - 1. A room exists only while it has members. Which room and seat a connection has stands in the
 * columns of its slot; rooms in which something changed stand on a list, so that the others cost nothing at a tick.
 */
export class RoomDirectory {
  readonly count: number;
  readonly #columns: SessionColumns;
  readonly #counters: Counters;
  readonly #rooms: (Room | undefined)[];
  readonly #listed: Room[] = [];

  constructor(count: number, columns: SessionColumns, counters: Counters) {
    this.count = count;
    this.#columns = columns;
    this.#counters = counters;
    this.#rooms = new Array(count).fill(undefined);
  }

  /** Rooms in which something is to be sent. */
  get listedCount(): number {
    return this.#listed.length;
  }

  /** The room of this number, if anyone is in it. */
  at(id: number): Room | undefined {
    return this.#rooms[id];
  }

  /** Seats a slot; a slot that sits elsewhere leaves that room. Returns CODE_OK, CODE_NO_ROOM or CODE_ROOM_FULL. */
  join(slot: number, id: number): number {
    if (id >= this.count) return CODE_NO_ROOM;
    if (this.#columns.room[slot] === id + 1) return CODE_OK;
    let room = this.#rooms[id];
    if (room === undefined) {
      room = new Room(id);
      this.#rooms[id] = room;
    }
    const seat = room.join(slot);
    if (seat < 0) return CODE_ROOM_FULL;
    this.leave(slot);
    this.#columns.room[slot] = id + 1;
    this.#columns.seat[slot] = seat;
    this.#counters.values[SEATS]!++;
    this.list(room);
    return CODE_OK;
  }

  /** Frees the seat of a slot; nothing when it has none. */
  leave(slot: number): void {
    const room = this.roomOf(slot);
    if (room === undefined) return;
    room.leave(this.#columns.seat[slot]!);
    this.#columns.room[slot] = 0;
    this.#counters.values[SEATS]!--;
    if (room.memberCount === 0) this.#rooms[room.id] = undefined;
    else this.list(room);
  }

  /** The seat of one slot becomes the other's; false when there is none. */
  handOver(older: number, newer: number): boolean {
    const room = this.roomOf(older);
    if (room === undefined) return false;
    const seat = this.#columns.seat[older]!;
    room.handOver(seat, newer);
    this.#columns.room[newer] = room.id + 1;
    this.#columns.seat[newer] = seat;
    this.#columns.room[older] = 0;
    this.list(room);
    return true;
  }

  /** False when the slot is in no room. */
  move(slot: number, x: number, y: number): boolean {
    const room = this.roomOf(slot);
    if (room === undefined) return false;
    room.move(this.#columns.seat[slot]!, x, y);
    this.list(room);
    return true;
  }

  /** False when the slot is in no room. */
  trade(slot: number, amount: number): boolean {
    const room = this.roomOf(slot);
    if (room === undefined) return false;
    room.trade(this.#columns.seat[slot]!, amount);
    this.list(room);
    return true;
  }

  /** The value in the row of a slot that is in a room. */
  rowValue(slot: number): number {
    return this.roomOf(slot)!.val[this.#columns.seat[slot]!]!;
  }

  roomOf(slot: number): Room | undefined {
    const id = this.#columns.room[slot]!;
    return id === 0 ? undefined : this.#rooms[id - 1];
  }

  /** The member missed a state: it gets a full one, at the next tick at which that is possible. */
  wantFull(room: Room, seat: number): void {
    room.marks[seat]! |= NEEDS_FULL;
    this.list(room);
  }

  /** Puts a room on the list of those that have something to send. */
  list(room: Room): void {
    if (room.isListed) return;
    room.isListed = true;
    this.#listed.push(room);
  }

  /** Takes all rooms off the list into `rooms` and returns how many they are. Rooms without members are left out. */
  takeListed(rooms: Room[]): number {
    let count = 0;
    for (const room of this.#listed) {
      room.isListed = false;
      if (room.memberCount > 0) rooms[count++] = room;
    }
    this.#listed.length = 0;
    return count;
  }
}
