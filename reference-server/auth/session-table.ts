/**
 * The live sessions, in one SharedArrayBuffer: the main thread writes, gateway threads read without a lock.
 *
 *   header (64 B) | index: one Int32 per bucket (row + 1, 0 free; linear probing) | rows: 18 Int32 each
 *   row: 0 state | 1..4 sid | 5..8 jti | 9..12 uidHash | 13..16 deviceHash | 17 accessExpS
 *
 * A row's state is a count of its writes times 4 plus FREE, WRITING or LIVE. A reader that finds the same live state before and
 * after its reads has seen one whole row. Every access that may race is an Atomics operation: some processors would move plain
 * reads past the second look at the state.
 * A row costs 72 bytes and 4 to 8 of the index; memory that was never used is never touched.
 */
const HEADER_INTS = 16;
const HEAD_CAPACITY = 0;
const HEAD_LIVE = 1;
/** Rows ever used. */
const HEAD_USED = 2;
/** First free row below HEAD_USED, plus 1; each free row holds the next one in ROW_EXPIRY. */
const HEAD_FREE = 3;
/** Odd while entries of the index move. */
const HEAD_MOVES = 4;

const FREE = 0;
const WRITING = 1;
const LIVE = 2;
const KIND = 3;

const ROW_INTS = 18;
const ROW_SID = 1;
const ROW_JTI = 5;
const ROW_UID = 9;
const ROW_DEVICE = 13;
const ROW_EXPIRY = 17;

/** Buckets of the index: a power of two, at most five eighths full. */
const bucketsFor = (capacity: number): number => 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 1.6)));

const word = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

export class SessionTable {
  readonly buffer: SharedArrayBuffer;
  readonly capacity: number;
  readonly #ints: Int32Array;
  readonly #mask: number;
  readonly #rows: number;

  /** Bytes of a table for `capacity` sessions. */
  static bytesFor(capacity: number): number {
    return (HEADER_INTS + bucketsFor(capacity) + capacity * ROW_INTS) * 4;
  }

  /** A new, empty table. */
  static create(capacity: number): SessionTable {
    const buffer = new SharedArrayBuffer(SessionTable.bytesFor(capacity));
    new Int32Array(buffer)[HEAD_CAPACITY] = capacity;
    return new SessionTable(buffer);
  }

  /** The table that create() made, seen from any thread. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#ints = new Int32Array(buffer);
    this.capacity = this.#ints[HEAD_CAPACITY]!;
    this.#mask = bucketsFor(this.capacity) - 1;
    this.#rows = HEADER_INTS + this.#mask + 1;
  }

  /** Sessions in the table. */
  get size(): number {
    return Atomics.load(this.#ints, HEAD_LIVE);
  }

  /** Rows 0 .. used - 1 have been in use; later ones never. Writer only. */
  get used(): number {
    return this.#ints[HEAD_USED]!;
  }

  /** True when the row holds a session. Writer only. */
  isLive(row: number): boolean {
    return (this.#ints[this.#rows + row * ROW_INTS]! & KIND) === LIVE;
  }

  /** The row of sid[sidAt .. sidAt + 16), or -1. Any thread. */
  find(sid: Uint8Array, sidAt: number): number {
    const ints = this.#ints;
    const a = word(sid, sidAt);
    const b = word(sid, sidAt + 4);
    const c = word(sid, sidAt + 8);
    const d = word(sid, sidAt + 12);
    for (;;) {
      const moves = Atomics.load(ints, HEAD_MOVES);
      let bucket = a & this.#mask;
      for (;;) {
        const entry = Atomics.load(ints, HEADER_INTS + bucket);
        if (entry === 0) break;
        const at = this.#rows + (entry - 1) * ROW_INTS;
        if (
          Atomics.load(ints, at + ROW_SID) === a &&
          Atomics.load(ints, at + ROW_SID + 1) === b &&
          Atomics.load(ints, at + ROW_SID + 2) === c &&
          Atomics.load(ints, at + ROW_SID + 3) === d
        ) {
          return entry - 1;
        }
        bucket = (bucket + 1) & this.#mask;
      }
      // A miss counts only when no entry moved past us meanwhile.
      if ((moves & 1) === 0 && Atomics.load(ints, HEAD_MOVES) === moves) return -1;
    }
  }

  /** True when the row is live, its token is jti and its user uidHash (16 bytes each). Any thread. */
  matches(row: number, jti: Uint8Array, jtiAt: number, uidHash: Uint8Array, uidHashAt: number): boolean {
    const ints = this.#ints;
    const at = this.#rows + row * ROW_INTS;
    for (;;) {
      const state = Atomics.load(ints, at);
      if ((state & KIND) === FREE) return false;
      if ((state & KIND) === WRITING) continue;
      const equal = this.#equal(at + ROW_JTI, jti, jtiAt) && this.#equal(at + ROW_UID, uidHash, uidHashAt);
      if (Atomics.load(ints, at) === state) return equal;
    }
  }

  /** A number that changes whenever the row's token is replaced, or the row is freed or used again. Any thread. */
  stateOf(row: number): number {
    return Atomics.load(this.#ints, this.#rows + row * ROW_INTS);
  }

  /** Unix seconds at which the row's access token ends. Any thread. */
  accessExpS(row: number): number {
    return Atomics.load(this.#ints, this.#rows + row * ROW_INTS + ROW_EXPIRY) >>> 0;
  }

  /** Adds a session whose sid is not in the table; returns its row, or -1 when the table is full. Writer only. */
  insert(
    sid: Uint8Array,
    sidAt: number,
    jti: Uint8Array,
    jtiAt: number,
    uidHash: Uint8Array,
    uidHashAt: number,
    deviceHash: Uint8Array,
    deviceHashAt: number,
    accessExpS: number,
  ): number {
    const ints = this.#ints;
    const row = this.#take();
    if (row < 0) return -1;
    const at = this.#rows + row * ROW_INTS;
    const count = this.#beginWrite(at);
    this.#put(at + ROW_SID, sid, sidAt);
    this.#put(at + ROW_JTI, jti, jtiAt);
    this.#put(at + ROW_UID, uidHash, uidHashAt);
    this.#put(at + ROW_DEVICE, deviceHash, deviceHashAt);
    Atomics.store(ints, at + ROW_EXPIRY, accessExpS | 0);
    Atomics.store(ints, at, count | LIVE);
    let bucket = ints[at + ROW_SID]! & this.#mask;
    while (ints[HEADER_INTS + bucket] !== 0) bucket = (bucket + 1) & this.#mask;
    Atomics.store(ints, HEADER_INTS + bucket, row + 1);
    Atomics.add(ints, HEAD_LIVE, 1);
    return row;
  }

  /** The session goes on under a new token. Writer only. */
  replaceToken(row: number, jti: Uint8Array, jtiAt: number, accessExpS: number): void {
    const at = this.#rows + row * ROW_INTS;
    const count = this.#beginWrite(at);
    this.#put(at + ROW_JTI, jti, jtiAt);
    Atomics.store(this.#ints, at + ROW_EXPIRY, accessExpS | 0);
    Atomics.store(this.#ints, at, count | LIVE);
  }

  /** Ends the session of this row; the row may be used again at once. Writer only. */
  remove(row: number): void {
    const ints = this.#ints;
    const at = this.#rows + row * ROW_INTS;
    const count = this.#beginWrite(at);
    this.#unlink(row, ints[at + ROW_SID]!);
    Atomics.store(ints, at + ROW_EXPIRY, ints[HEAD_FREE]!);
    ints[HEAD_FREE] = row + 1;
    Atomics.store(ints, at, count | FREE);
    Atomics.sub(ints, HEAD_LIVE, 1);
  }

  /** Copies the 16 bytes of a row's sid. Writer only. */
  copySid(row: number, into: Uint8Array, intoAt: number): void {
    this.#get(this.#rows + row * ROW_INTS + ROW_SID, into, intoAt);
  }

  /** Copies the 16 bytes of a row's token id. Writer only. */
  copyJti(row: number, into: Uint8Array, intoAt: number): void {
    this.#get(this.#rows + row * ROW_INTS + ROW_JTI, into, intoAt);
  }

  /** Copies the 16 bytes of a row's user. Writer only. */
  copyUser(row: number, into: Uint8Array, intoAt: number): void {
    this.#get(this.#rows + row * ROW_INTS + ROW_UID, into, intoAt);
  }

  /** Copies the 16 bytes of a row's device. Writer only. */
  copyDevice(row: number, into: Uint8Array, intoAt: number): void {
    this.#get(this.#rows + row * ROW_INTS + ROW_DEVICE, into, intoAt);
  }

  /** True when the row's device is deviceHash (16 bytes). Any thread, for a row that it knows by its sid. */
  isOnDevice(row: number, deviceHash: Uint8Array, deviceHashAt: number): boolean {
    return this.#equal(this.#rows + row * ROW_INTS + ROW_DEVICE, deviceHash, deviceHashAt);
  }

  /** True when the row's user is uidHash (16 bytes). Writer only. */
  isOfUser(row: number, uidHash: Uint8Array, uidHashAt: number): boolean {
    return this.#equal(this.#rows + row * ROW_INTS + ROW_UID, uidHash, uidHashAt);
  }

  /** The first four bytes of the row's uidHash as an integer, to index users by. Writer only. */
  userWord(row: number): number {
    return this.#ints[this.#rows + row * ROW_INTS + ROW_UID]!;
  }

  /** A free row, or -1. */
  #take(): number {
    const ints = this.#ints;
    const free = ints[HEAD_FREE]!;
    if (free !== 0) {
      ints[HEAD_FREE] = ints[this.#rows + (free - 1) * ROW_INTS + ROW_EXPIRY]!;
      return free - 1;
    }
    const used = ints[HEAD_USED]!;
    if (used === this.capacity) return -1;
    ints[HEAD_USED] = used + 1;
    return used;
  }

  /** Tells readers to wait; returns the state to store at the end, still without its kind. */
  #beginWrite(at: number): number {
    const count = ((this.#ints[at]! & ~KIND) + KIND + 1) | 0;
    Atomics.store(this.#ints, at, count | WRITING);
    return count;
  }

  /** Takes the row out of the index and moves later entries up, so that no probe ends too early and no tombstones gather. */
  #unlink(row: number, home: number): void {
    const ints = this.#ints;
    const mask = this.#mask;
    let hole = home & mask;
    while (ints[HEADER_INTS + hole] !== row + 1) hole = (hole + 1) & mask;
    Atomics.add(ints, HEAD_MOVES, 1);
    for (let next = (hole + 1) & mask; ; next = (next + 1) & mask) {
      const entry = ints[HEADER_INTS + next]!;
      if (entry === 0) break;
      const wanted = ints[this.#rows + (entry - 1) * ROW_INTS + ROW_SID]! & mask;
      // The entry may move up only if the hole lies between its own bucket and where it stands.
      if (((next - wanted) & mask) < ((next - hole) & mask)) continue;
      Atomics.store(ints, HEADER_INTS + hole, entry);
      hole = next;
    }
    Atomics.store(ints, HEADER_INTS + hole, 0);
    Atomics.add(ints, HEAD_MOVES, 1);
  }

  #equal(at: number, bytes: Uint8Array, from: number): boolean {
    const ints = this.#ints;
    return (
      Atomics.load(ints, at) === word(bytes, from) &&
      Atomics.load(ints, at + 1) === word(bytes, from + 4) &&
      Atomics.load(ints, at + 2) === word(bytes, from + 8) &&
      Atomics.load(ints, at + 3) === word(bytes, from + 12)
    );
  }

  #put(at: number, bytes: Uint8Array, from: number): void {
    for (let i = 0; i < 4; i++) Atomics.store(this.#ints, at + i, word(bytes, from + i * 4));
  }

  #get(at: number, into: Uint8Array, intoAt: number): void {
    for (let i = 0; i < 16; i++) into[intoAt + i] = this.#ints[at + (i >> 2)]! >>> ((i & 3) * 8);
  }
}
