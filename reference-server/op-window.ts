import { AgingRows } from './threads/aging-rows.js';

/** Critical operations let through in any ten seconds. */
const LIMIT = 5;
const SPAN_US = 10_000_000;
/** The times of the last five, and where the next one goes. */
const ROW_FLOATS = LIMIT + 1;

/** Answers of OpLimit.ask(). */
export const OP_ALLOWED = 1;
export const OP_REFUSED = 2;

/** Decides whether one more critical operation of a user is within the limit. */
export interface OpLimit {
  /** Users of whom something is kept. */
  readonly inUse: number;
  /** OP_ALLOWED, and counted, or OP_REFUSED, for the user of 16 bytes at user[userAt..]. */
  ask(user: Uint8Array, userAt: number, nowUs: number): number;
  /** Frees what no longer counts; called about once a second. */
  sweep(nowUs: number): void;
}

export interface OpWindowsMemory {
  readonly capacity: number;
  readonly rows: SharedArrayBuffer;
  readonly times: SharedArrayBuffer;
}

/**
 * At most five critical operations of a user in (now - 10 s, now], over all the connections of that user on all gateway threads. A
 * window is the times of the last five: it begins with a user's first critical operation and is freed when none of them counts any
 * more. It needs no connection.
 */
export class OpWindows implements OpLimit {
  readonly #rows: AgingRows;
  readonly #times: Float64Array;

  /** Memory for the windows of `capacity` users. Those of more: the user silent for longest is forgotten. */
  static allocate(capacity: number): OpWindowsMemory {
    return {
      capacity,
      rows: new SharedArrayBuffer(AgingRows.bytesFor(capacity)),
      times: new SharedArrayBuffer(capacity * ROW_FLOATS * 8),
    };
  }

  /** The windows in memory that allocate() made, seen from any thread. */
  constructor(memory: OpWindowsMemory) {
    this.#rows = new AgingRows(memory.rows, memory.capacity);
    this.#times = new Float64Array(memory.times);
  }

  get inUse(): number {
    return this.#rows.size;
  }

  ask(user: Uint8Array, userAt: number, nowUs: number): number {
    const rows = this.#rows;
    const times = this.#times;
    rows.lock.lock();
    try {
      let row = rows.find(user, userAt);
      if (row < 0) {
        row = rows.insert(user, userAt, nowUs);
        times.fill(-Infinity, row * ROW_FLOATS, row * ROW_FLOATS + LIMIT);
        times[row * ROW_FLOATS + LIMIT] = 0;
      }
      const next = times[row * ROW_FLOATS + LIMIT]!;
      if (times[row * ROW_FLOATS + next]! > nowUs - SPAN_US) return OP_REFUSED;
      times[row * ROW_FLOATS + next] = nowUs;
      times[row * ROW_FLOATS + LIMIT] = (next + 1) % LIMIT;
      rows.touch(row, nowUs);
      return OP_ALLOWED;
    } finally {
      rows.lock.unlock();
    }
  }

  sweep(nowUs: number): void {
    const rows = this.#rows;
    if (rows.size === 0) return;
    rows.lock.lock();
    try {
      for (let row = rows.oldest; row >= 0 && rows.usedUs(row) <= nowUs - SPAN_US; row = rows.oldest) rows.remove(row);
    } finally {
      rows.lock.unlock();
    }
  }
}
