import { READ_WRITE_LOCK_INTS, ReadWriteLock } from '../ring/read-write-lock.js';
import { MAX_SEATS } from './room.js';

/** What an operator may change while the server runs. The values belong together: they are replaced and read as one. */
export interface RoomLimits {
  /** Members a room may have; those that sit keep their seat. */
  readonly roomSeats: number;
  /** Above this much waiting a client gets no room states (S11). */
  readonly slowBytes: number;
  /** Above this much, or after lostMs above slowBytes, it is closed. More than slowBytes. */
  readonly lostBytes: number;
  readonly lostMs: number;
  /** Tasks that may wait for a logic worker, from one gateway thread. */
  readonly queuedTasks: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export const DEFAULT_ROOM_LIMITS: RoomLimits = {
  roomSeats: MAX_SEATS,
  slowBytes: 262_144,
  lostBytes: 1_048_576,
  lostMs: 10_000,
  queuedTasks: 1_024,
};

/** The least and the greatest of each value. */
export const ROOM_LIMIT_BOUNDS: Readonly<Record<keyof RoomLimits, readonly [number, number]>> = {
  roomSeats: [1, MAX_SEATS],
  slowBytes: [1_024, 67_108_864],
  lostBytes: [1_025, 268_435_456],
  lostMs: [100, 600_000],
  queuedTasks: [1, 1_024],
};

/** In the order in which they lie in memory. */
export const ROOM_LIMIT_NAMES = Object.keys(ROOM_LIMIT_BOUNDS) as readonly (keyof RoomLimits)[];

const VERSION = READ_WRITE_LOCK_INTS;
const FIRST = VERSION + 1;

/**
 * The limits in shared memory. The main thread writes; gateway threads and logic workers look at the version once a turn, which is one
 * load, and copy the values under the reader/writer lock when it is a new one. So nobody ever acts on half of a change.
 */
export function createRoomLimits(limits: RoomLimits = DEFAULT_ROOM_LIMITS): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer((FIRST + ROOM_LIMIT_NAMES.length) * 4);
  replaceRoomLimits(buffer, limits);
  return buffer;
}

/** Puts new limits in force for every thread; returns the number of the change, 1 for the first values. */
export function replaceRoomLimits(buffer: SharedArrayBuffer, limits: RoomLimits): number {
  const words = new Int32Array(buffer);
  const lock = new ReadWriteLock(words);
  lock.lockWrite();
  for (const [i, name] of ROOM_LIMIT_NAMES.entries()) words[FIRST + i] = limits[name];
  const version = Atomics.add(words, VERSION, 1) + 1;
  lock.unlockWrite();
  return version;
}

/** A thread's copy of the limits. */
export class LimitsReader {
  readonly current: RoomLimits = { ...DEFAULT_ROOM_LIMITS };
  #version = 0;
  readonly #words: Int32Array;
  readonly #lock: ReadWriteLock;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#lock = new ReadWriteLock(this.#words);
    this.refresh();
  }

  /** Number of the change that `current` is of. */
  get version(): number {
    return this.#version;
  }

  /** Takes over a change; true when there was one. */
  refresh(): boolean {
    if (Atomics.load(this.#words, VERSION) === this.#version) return false;
    const current = this.current as Writable<RoomLimits>;
    this.#lock.lockRead();
    this.#version = this.#words[VERSION]!;
    for (const [i, name] of ROOM_LIMIT_NAMES.entries()) current[name] = this.#words[FIRST + i]!;
    this.#lock.unlockRead();
    return true;
  }
}
