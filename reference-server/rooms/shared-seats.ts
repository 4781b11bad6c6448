/** A connection writes down its seat at this moment. */
const BUSY = -1;

/**
 * Which seat each session has, over all gateway threads: two words a row of SessionTable, the member plus 1 (0 for none) and its room.
 * A seat is taken by whoever changes the first word, so the connection that leaves it and the newer connection that goes on with it
 * never both have it.
 */
export class SharedSeats {
  readonly #words: Int32Array;
  /** Room of the last take(). */
  room = 0;

  static allocate(sessions: number): SharedArrayBuffer {
    return new SharedArrayBuffer(sessions * 8);
  }

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** Writes down that the session of this row sits in a room as this member; false when another connection's seat stands there. */
  sit(row: number, member: number, room: number): boolean {
    if (Atomics.compareExchange(this.#words, 2 * row, 0, BUSY) !== 0) return false;
    this.#words[2 * row + 1] = room;
    Atomics.store(this.#words, 2 * row, member + 1);
    return true;
  }

  /** The member gives up the seat that it wrote down; false when another connection of the session has taken it. */
  giveUp(row: number, member: number): boolean {
    return Atomics.compareExchange(this.#words, 2 * row, member + 1, 0) === member + 1;
  }

  /** Takes the seat of a session: the member that had it (its room is in `room`), or -1. */
  take(row: number): number {
    const found = Atomics.load(this.#words, 2 * row);
    if (found <= 0) return -1;
    this.room = this.#words[2 * row + 1]!;
    return Atomics.compareExchange(this.#words, 2 * row, found, 0) === found ? found - 1 : -1;
  }
}
