import { CODE_NO_ROOM, CODE_NOT_MEMBER, CODE_OK, CODE_ROOM_FULL, HEADER_BYTES, MAX_SERVER_BODY } from '../../src/protocol/packet.js';
import { CHANGED, MAX_SEATS, NEEDS_FULL, Room } from './room.js';
import { writeDelta, writeFullState } from './state-writer.js';

/** What the last operation on a World did, beside its code. One object serves every call. */
export interface RoomEffect {
  /** The member's seat, after CODE_OK. */
  readonly seat: number;
  /** Members of its room, after a join. */
  readonly members: number;
  /** The value in the member's row, after a trade. */
  readonly value: number;
}

/** Where a World's tick puts what members are to hear. */
export interface StateSink {
  /** False when this member gets nothing now: it gets a full state at the next tick at which it can. */
  canTake(member: number): boolean;
  /** One ROOM_STATE, bytes[0..end), for receivers[0..count), who are members of this room. Both are valid during the call only. */
  onState(room: Room, receivers: Int32Array, count: number, bytes: Uint8Array, end: number): void;
  /** Something in a room is broken; its members hear nothing at this tick, and all others do. */
  onFault(error: unknown): void;
}

/**
 * Rooms as rules: (state, operation, now) -> effects. The state is the rooms 0 .. roomCount - 1 and who sits where; an
 * operation answers a code and sets `effect`; a tick gives what is to be told to whom. A member is a number below `memberCount`
 * that whoever owns the World gives out: a slot, or a slot of some thread. No sockets, no clock, no threads.
 *
 * A room exists only while it has members. Rooms with news stand on a list, so that the others cost nothing at a tick.
 */
export class World implements RoomEffect {
  readonly roomCount: number;
  /** At most MAX_SEATS. */
  seatLimit = MAX_SEATS;
  seat = 0;
  members = 0;
  value = 0;
  /** Members that have a seat. */
  seatsTaken = 0;
  readonly #rooms: (Room | undefined)[];
  /** By member: room plus 1, 0 for none, and the seat in it. */
  readonly #room: Uint32Array;
  readonly #seat: Uint16Array;
  readonly #listed: Room[] = [];
  readonly #bytes = new Uint8Array(HEADER_BYTES + MAX_SERVER_BODY);
  readonly #due: Room[] = [];
  readonly #forDelta = new Int32Array(MAX_SEATS);
  readonly #forFull = new Int32Array(MAX_SEATS);

  constructor(roomCount: number, memberCount: number) {
    this.roomCount = roomCount;
    this.#rooms = new Array(roomCount).fill(undefined);
    this.#room = new Uint32Array(memberCount);
    this.#seat = new Uint16Array(memberCount);
  }

  /** Rooms that have something to tell at the next tick. */
  get listedCount(): number {
    return this.#listed.length;
  }

  /** The room of a member, or -1. */
  roomOf(member: number): number {
    return this.#room[member]! - 1;
  }

  /** Seats a member; one that sits elsewhere leaves that room. CODE_OK, CODE_NO_ROOM or CODE_ROOM_FULL. */
  join(member: number, id: number): number {
    if (id >= this.roomCount) return CODE_NO_ROOM;
    if (this.#room[member] !== id + 1) {
      const room = this.#rooms[id] ?? new Room(id);
      const seat = room.join(member, this.seatLimit);
      if (seat < 0) return CODE_ROOM_FULL;
      this.#rooms[id] = room;
      this.gone(member);
      this.#room[member] = id + 1;
      this.#seat[member] = seat;
      this.seatsTaken++;
      this.#list(room);
    }
    this.seat = this.#seat[member]!;
    this.members = this.#rooms[id]!.memberCount;
    return CODE_OK;
  }

  /** Frees a member's seat in this room. CODE_OK or CODE_NOT_MEMBER. */
  leave(member: number, id: number): number {
    if (this.#room[member] !== id + 1) return CODE_NOT_MEMBER;
    this.gone(member);
    return CODE_OK;
  }

  /** Frees a member's seat, wherever it is; nothing when it has none. */
  gone(member: number): void {
    const room = this.#roomOf(member);
    if (room === undefined) return;
    room.leave(this.#seat[member]!);
    this.#room[member] = 0;
    this.seatsTaken--;
    if (room.memberCount === 0) this.#rooms[room.id] = undefined;
    else this.#list(room);
  }

  /** The seat of one member becomes the other's, who leaves its own; false when there is none. */
  handOver(older: number, newer: number): boolean {
    const room = this.#roomOf(older);
    if (room === undefined || older === newer) return room !== undefined;
    this.gone(newer);
    const seat = this.#seat[older]!;
    room.handOver(seat, newer);
    this.#room[newer] = room.id + 1;
    this.#seat[newer] = seat;
    this.#room[older] = 0;
    this.#list(room);
    return true;
  }

  /** CODE_OK or CODE_NOT_MEMBER. */
  move(member: number, x: number, y: number): number {
    const room = this.#roomOf(member);
    if (room === undefined) return CODE_NOT_MEMBER;
    room.move(this.#seat[member]!, x, y);
    this.#list(room);
    return CODE_OK;
  }

  /** CODE_OK or CODE_NOT_MEMBER. */
  trade(member: number, amount: number): number {
    const room = this.#roomOf(member);
    if (room === undefined) return CODE_NOT_MEMBER;
    const seat = this.#seat[member]!;
    room.trade(seat, amount);
    this.value = room.val[seat]!;
    this.#list(room);
    return CODE_OK;
  }

  /** The member missed a state: it gets a full one, at the next tick at which that is possible. */
  wantFull(member: number): void {
    const room = this.#roomOf(member);
    if (room === undefined) return;
    room.marks[this.#seat[member]!]! |= NEEDS_FULL;
    this.#list(room);
  }

  /** Tells what changed since the last tick, one state a room and kind: encoded once, whoever the receivers are (ruling 37). */
  tick(tick: number, nowUs: number, sink: StateSink): void {
    if (this.#listed.length === 0) return;
    const due = this.#due;
    for (const room of this.#listed) {
      room.isListed = false;
      if (room.memberCount > 0) due.push(room);
    }
    this.#listed.length = 0;
    for (const room of due) {
      try {
        this.#tell(room, tick, Math.floor(nowUs), sink);
      } catch (error) {
        sink.onFault(error);
      }
    }
    due.length = 0;
  }

  #tell(room: Room, tick: number, nowUs: number, sink: StateSink): void {
    let deltaCount = 0;
    let fullCount = 0;
    let hasChange = false;
    for (let seat = 0; seat < room.seatEnd; seat++) {
      hasChange ||= (room.marks[seat]! & CHANGED) !== 0;
      const member = room.members[seat]! - 1;
      if (member < 0) continue;
      if (!sink.canTake(member)) this.wantFull(member);
      else if ((room.marks[seat]! & NEEDS_FULL) === 0) this.#forDelta[deltaCount++] = member;
      else {
        room.marks[seat]! &= ~NEEDS_FULL;
        this.#forFull[fullCount++] = member;
      }
    }
    if (hasChange && deltaCount > 0) {
      const end = writeDelta(this.#bytes, room, tick, nowUs);
      sink.onState(room, this.#forDelta, deltaCount, this.#bytes, end);
    }
    if (fullCount > 0) {
      // Without a change this is the state of an earlier tick, on which the next delta will stand.
      const end = writeFullState(this.#bytes, room, hasChange ? tick : room.lastTick, nowUs);
      sink.onState(room, this.#forFull, fullCount, this.#bytes, end);
    }
    if (hasChange) room.settle(tick);
  }

  #roomOf(member: number): Room | undefined {
    const id = this.#room[member]!;
    return id === 0 ? undefined : this.#rooms[id - 1];
  }

  #list(room: Room): void {
    if (room.isListed) return;
    room.isListed = true;
    this.#listed.push(room);
  }
}
