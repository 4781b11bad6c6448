import { RowList } from './row-list.js';
import { UserIndex } from './user-index.js';

const NONE = -1;

/** A device is remembered for this long after its last login. */
export const DEVICE_MEMORY_MS = 30 * 86_400_000;

/**
 * The devices of users that have no session just now; the devices of live sessions stand in their rows. Columns by row, of
 * which only those that were ever used take memory. When it is full, the device that came first is forgotten first.
 */
export class DeviceMemory {
  readonly capacity: number;
  readonly #users: Uint8Array;
  readonly #devices: Uint8Array;
  /** Unix milliseconds of the last login; their fractions only keep the order. */
  readonly #seenMs: Float64Array;
  readonly #order: RowList;
  readonly #byUser: UserIndex;
  readonly #free: number[] = [];
  #used = 0;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#users = new Uint8Array(capacity * 16);
    this.#devices = new Uint8Array(capacity * 16);
    this.#seenMs = new Float64Array(capacity);
    this.#order = new RowList(capacity);
    this.#byUser = new UserIndex(this);
  }

  get size(): number {
    return this.#size;
  }

  /** Remembers a device (16 bytes) of a user (16 bytes) that is not remembered already. */
  remember(user: Uint8Array, device: Uint8Array, seenMs: number): void {
    if (this.#size === this.capacity) this.forget(this.#order.oldest);
    const row = this.#free.pop() ?? this.#used++;
    for (let i = 0; i < 16; i++) {
      this.#users[row * 16 + i] = user[i]!;
      this.#devices[row * 16 + i] = device[i]!;
    }
    this.#seenMs[row] = seenMs;
    this.#byUser.add(row, user, 0);
    this.#order.add(row);
    this.#size += 1;
  }

  forget(row: number): void {
    this.#order.remove(row);
    this.#byUser.remove(row);
    this.#free.push(row);
    this.#size -= 1;
  }

  /** The user's device that was remembered first, or -1. */
  first(user: Uint8Array, at: number): number {
    return this.#size === 0 ? NONE : this.#byUser.first(user, at);
  }

  /** The user's next device, or -1. */
  next(row: number): number {
    return this.#byUser.next(row);
  }

  /** The row of the user's device with this HMAC, or -1. */
  find(user: Uint8Array, userAt: number, device: Uint8Array, deviceAt: number): number {
    for (let row = this.first(user, userAt); row !== NONE; row = this.next(row)) {
      if (isEqual(this.#devices, row * 16, device, deviceAt)) return row;
    }
    return NONE;
  }

  seenMs(row: number): number {
    return this.#seenMs[row]!;
  }

  /** Forgets the user's devices whose time is over. */
  dropExpired(user: Uint8Array, at: number, nowMs: number): void {
    for (let row = this.first(user, at); row !== NONE; ) {
      const next = this.next(row);
      if (this.#isOver(row, nowMs)) this.forget(row);
      row = next;
    }
  }

  /** Frees the memory of devices whose time is over, up to a day late: they are in the order in which their sessions ended. */
  sweep(nowMs: number): void {
    for (let row = this.#order.oldest; row !== NONE && this.#isOver(row, nowMs); row = this.#order.oldest) this.forget(row);
  }

  /** For the index by user. */
  isOfUser(row: number, user: Uint8Array, at: number): boolean {
    return isEqual(this.#users, row * 16, user, at);
  }

  /** For the index by user. */
  userWord(row: number): number {
    const at = row * 16;
    const users = this.#users;
    return users[at]! | (users[at + 1]! << 8) | (users[at + 2]! << 16) | (users[at + 3]! << 24);
  }

  #isOver(row: number, nowMs: number): boolean {
    return Math.floor(this.#seenMs[row]!) + DEVICE_MEMORY_MS <= nowMs;
  }
}

function isEqual(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  for (let i = 0; i < 16; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}
