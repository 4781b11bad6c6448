import { AgingRows } from './threads/aging-rows.js';
import { type GrowableBuffer, growableBuffer } from './threads/growable-buffer.js';

/** Entries of a ring: 5 operations in 10 s are at most 300 in the 600 s that an entry lives. */
const ENTRIES = 320;
const LIFETIME_US = 600_000_000;
const LIFETIME_MS = 600_000;

/** Answers in place of a code. */
export const NONCE_UNKNOWN = -1;
/** The operation with this nonce is running at this moment: what becomes of it is not known yet. */
export const NONCE_RUNNING = -2;

/** Ints of a ring: where the next entry goes and how many there are, then the entries. */
const RING_HEAD = 0;
const RING_COUNT = 1;
const RING_ENTRIES = 2;
/** Nonce in two halves, milliseconds of the monotonic clock, code (or NONCE_RUNNING). */
const ENTRY_INTS = 4;
const RING_INTS = RING_ENTRIES + ENTRIES * ENTRY_INTS;

/** Rings of one buffer, and by how many it grows: memory goes to rings in use, not to all that may be. */
const SEGMENT_RINGS = 16_384;
const GROW_RINGS = 256;

export interface NonceRingsMemory {
  readonly capacity: number;
  readonly rows: SharedArrayBuffer;
  readonly segments: readonly GrowableBuffer[];
}

/**
 * The nonces of the critical operations of each session with their answers, so that an operation sent again gets its first answer
 * and is not run twice, on whatever connection and gateway thread. A ring belongs to a sid: it begins with the session's first
 * critical operation, and is freed with the session or when its newest entry is too old to count, so it outlives connections.
 * It is 5 KB in shared memory.
 */
export class NonceRings {
  readonly #rows: AgingRows;
  readonly #buffers: readonly GrowableBuffer[];
  readonly #segments: (Int32Array | undefined)[];

  /** Memory for the rings of `capacity` sessions. With more, the session that was silent for longest loses its ring. */
  static allocate(capacity: number): NonceRingsMemory {
    const segments = Array.from({ length: Math.ceil(capacity / SEGMENT_RINGS) }, (_, i) =>
      growableBuffer(Math.min(SEGMENT_RINGS, capacity - i * SEGMENT_RINGS) * RING_INTS * 4),
    );
    return { capacity, rows: new SharedArrayBuffer(AgingRows.bytesFor(capacity)), segments };
  }

  /** The rings in memory that allocate() made, seen from any thread. */
  constructor(memory: NonceRingsMemory) {
    this.#rows = new AgingRows(memory.rows, memory.capacity);
    this.#buffers = memory.segments;
    this.#segments = memory.segments.map(() => undefined);
  }

  /** Sessions that have a ring. */
  get inUse(): number {
    return this.#rows.size;
  }

  /** The stored code of a nonce (two u32) of the session sid[sidAt..], NONCE_RUNNING, or NONCE_UNKNOWN. Entries live for 600 s. */
  find(sid: Uint8Array, sidAt: number, low: number, high: number, nowUs: number): number {
    const rows = this.#rows;
    if (rows.size === 0) return NONCE_UNKNOWN;
    rows.lock.lock();
    try {
      const row = rows.find(sid, sidAt);
      return row < 0 ? NONCE_UNKNOWN : this.#codeOf(row, low, high, nowUs);
    } finally {
      rows.lock.unlock();
    }
  }

  /**
   * Claims a nonce for an operation that is about to run: NONCE_UNKNOWN when nobody had it, and from now on it is NONCE_RUNNING until
   * finish(). Otherwise, what find() says. The oldest entry of a full ring goes.
   */
  begin(sid: Uint8Array, sidAt: number, low: number, high: number, nowUs: number): number {
    const rows = this.#rows;
    rows.lock.lock();
    try {
      let row = rows.find(sid, sidAt);
      if (row < 0) {
        row = rows.insert(sid, sidAt, nowUs);
        this.#clear(row);
      } else {
        const known = this.#codeOf(row, low, high, nowUs);
        if (known !== NONCE_UNKNOWN) return known;
        rows.touch(row, nowUs);
      }
      this.#add(row, low, high, nowUs);
      return NONCE_UNKNOWN;
    } finally {
      rows.lock.unlock();
    }
  }

  /** Stores the code of the operation that begin() claimed the nonce for. Nothing happens when the session ended meanwhile. */
  finish(sid: Uint8Array, sidAt: number, low: number, high: number, code: number, nowUs: number): void {
    const rows = this.#rows;
    rows.lock.lock();
    try {
      const row = rows.find(sid, sidAt);
      const entry = row < 0 ? -1 : this.#entryOf(row, low, high, nowUs);
      if (entry >= 0) this.#segmentOf(row)[entry + 3] = code;
    } finally {
      rows.lock.unlock();
    }
  }

  /** Forgets the entries older than this nonce's; nothing when it is unknown. */
  dropOlder(sid: Uint8Array, sidAt: number, low: number, high: number, nowUs: number): void {
    const rows = this.#rows;
    if (rows.size === 0) return;
    rows.lock.lock();
    try {
      const row = rows.find(sid, sidAt);
      const entry = row < 0 ? -1 : this.#entryOf(row, low, high, nowUs);
      if (entry < 0) return;
      const ints = this.#segmentOf(row);
      const at = this.#at(row);
      const position = (entry - at - RING_ENTRIES) / ENTRY_INTS;
      ints[at + RING_COUNT] = ((ints[at + RING_HEAD]! - position - 1 + ENTRIES) % ENTRIES) + 1;
    } finally {
      rows.lock.unlock();
    }
  }

  /** The session is gone, and its ring with it. */
  forget(sid: Uint8Array, sidAt: number): void {
    const rows = this.#rows;
    if (rows.size === 0) return;
    rows.lock.lock();
    try {
      const row = rows.find(sid, sidAt);
      if (row >= 0) rows.remove(row);
    } finally {
      rows.lock.unlock();
    }
  }

  /** Frees the rings of which no entry counts any more. */
  sweep(nowUs: number): void {
    const rows = this.#rows;
    if (rows.size === 0) return;
    rows.lock.lock();
    try {
      for (let row = rows.oldest; row >= 0 && nowUs - rows.usedUs(row) > LIFETIME_US; row = rows.oldest) rows.remove(row);
    } finally {
      rows.lock.unlock();
    }
  }

  #codeOf(row: number, low: number, high: number, nowUs: number): number {
    const entry = this.#entryOf(row, low, high, nowUs);
    return entry < 0 ? NONCE_UNKNOWN : this.#segmentOf(row)[entry + 3]!;
  }

  /** Where the entry of a nonce begins, or -1. From the newest to the oldest, because a resend is usually of the last one. */
  #entryOf(row: number, low: number, high: number, nowUs: number): number {
    const ints = this.#segmentOf(row);
    const at = this.#at(row);
    const first = at + RING_ENTRIES;
    let position = ints[at + RING_HEAD]!;
    for (let left = ints[at + RING_COUNT]!; left > 0; left--) {
      position = position === 0 ? ENTRIES - 1 : position - 1;
      const entry = first + position * ENTRY_INTS;
      if (ints[entry] !== (low | 0) || ints[entry + 1] !== (high | 0)) continue;
      // The difference is right although the milliseconds wrap in 32 bits.
      return ((milliseconds(nowUs) - ints[entry + 2]!) | 0) > LIFETIME_MS ? -1 : entry;
    }
    return -1;
  }

  #add(row: number, low: number, high: number, nowUs: number): void {
    const ints = this.#segmentOf(row);
    const at = this.#at(row);
    const head = ints[at + RING_HEAD]!;
    const entry = at + RING_ENTRIES + head * ENTRY_INTS;
    ints[entry] = low;
    ints[entry + 1] = high;
    ints[entry + 2] = milliseconds(nowUs);
    ints[entry + 3] = NONCE_RUNNING;
    ints[at + RING_HEAD] = (head + 1) % ENTRIES;
    ints[at + RING_COUNT] = Math.min(ENTRIES, ints[at + RING_COUNT]! + 1);
  }

  /** A ring that begins, in memory that may have been another one's. */
  #clear(row: number): void {
    const buffer = this.#buffers[Math.floor(row / SEGMENT_RINGS)]!;
    const neededBytes = ((row % SEGMENT_RINGS) + 1) * RING_INTS * 4;
    if (buffer.byteLength < neededBytes) {
      buffer.grow(Math.min(buffer.maxByteLength, neededBytes + (GROW_RINGS - 1) * RING_INTS * 4));
    }
    this.#segmentOf(row).fill(0, this.#at(row), this.#at(row) + RING_ENTRIES);
  }

  #segmentOf(row: number): Int32Array {
    const index = Math.floor(row / SEGMENT_RINGS);
    const view = this.#segments[index];
    if (view !== undefined && this.#at(row) < view.length) return view;
    // Of a fixed length: a view that grew with its buffer would cost ten nanoseconds more at each access.
    const buffer = this.#buffers[index]!;
    const whole = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
    this.#segments[index] = whole;
    return whole;
  }

  #at(row: number): number {
    return (row % SEGMENT_RINGS) * RING_INTS;
  }
}

/** Of the monotonic clock, in 32 bits that wrap. */
function milliseconds(nowUs: number): number {
  return Math.floor(nowUs / 1_000) | 0;
}
