import { MAX_ROOM_ROWS } from '../../src/protocol/packet.js';

/** Seats of a room: as many as one full ROOM_STATE has rows. */
export const MAX_SEATS = MAX_ROOM_ROWS;
const FIRST_SEATS = 8;

/** The row is not as it was in the last state that was sent. */
export const CHANGED = 1;
/** The member of this seat must get a full state next: it has just joined, or missed one. */
export const NEEDS_FULL = 2;

/**
 * The state of one room: who sits where, what an operation does to a row. A member is a number, whatever it stands for where the
 * room lives; its seat is the id of its row. Knows neither sockets nor time; what there is to send is read from `marks`.
 */
export class Room {
  readonly id: number;
  /** The member on each seat plus 1, 0 for a free seat. */
  members = new Int32Array(FIRST_SEATS);
  marks = new Uint8Array(FIRST_SEATS);
  x = new Int32Array(FIRST_SEATS);
  y = new Int32Array(FIRST_SEATS);
  val = new Uint32Array(FIRST_SEATS);
  memberCount = 0;
  /** Every seat in use is below this one. */
  seatEnd = 0;
  /** Tick of the last state that was sent; 0 before the first. */
  lastTick = 0;
  /** On the list of rooms that have something to send. */
  isListed = false;

  constructor(id: number) {
    this.id = id;
  }

  /** Gives a member the lowest free seat and returns it, or -1 when `seatLimit` (at most MAX_SEATS) are taken. */
  join(member: number, seatLimit: number = MAX_SEATS): number {
    if (this.memberCount >= seatLimit) return -1;
    let seat = 0;
    // Without gaps below seatEnd the next seat is known.
    if (this.memberCount === this.seatEnd) seat = this.seatEnd;
    else while (this.members[seat] !== 0) seat++;
    if (seat === this.members.length) this.#grow();
    this.members[seat] = member + 1;
    this.marks[seat] = CHANGED | NEEDS_FULL;
    this.x[seat] = 0;
    this.y[seat] = 0;
    this.val[seat] = 0;
    this.memberCount++;
    if (seat >= this.seatEnd) this.seatEnd = seat + 1;
    return seat;
  }

  /** Frees a seat. Its row is told as gone in the next state. */
  leave(seat: number): void {
    this.members[seat] = 0;
    this.marks[seat] = CHANGED;
    this.memberCount--;
  }

  /** The seat goes on under another member, who needs to hear everything. */
  handOver(seat: number, member: number): void {
    this.members[seat] = member + 1;
    this.marks[seat]! |= NEEDS_FULL;
  }

  move(seat: number, x: number, y: number): void {
    this.x[seat] = x;
    this.y[seat] = y;
    this.marks[seat]! |= CHANGED;
  }

  /** Adds what was traded to the row's value, which wraps at 2^32. */
  trade(seat: number, amount: number): void {
    this.val[seat] = (this.val[seat]! + amount) >>> 0;
    this.marks[seat]! |= CHANGED;
  }

  /** The changes are told: nothing differs from what was sent. Seats that are free at the end are given up. */
  settle(tick: number): void {
    this.lastTick = tick;
    for (let seat = 0; seat < this.seatEnd; seat++) this.marks[seat]! &= ~CHANGED;
    while (this.seatEnd > 0 && this.members[this.seatEnd - 1] === 0) this.seatEnd--;
  }

  #grow(): void {
    const seats = this.members.length * 2;
    const wider = <T extends Int32Array | Uint8Array | Uint32Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.members = wider(new Int32Array(seats), this.members);
    this.marks = wider(new Uint8Array(seats), this.marks);
    this.x = wider(new Int32Array(seats), this.x);
    this.y = wider(new Int32Array(seats), this.y);
    this.val = wider(new Uint32Array(seats), this.val);
  }
}
