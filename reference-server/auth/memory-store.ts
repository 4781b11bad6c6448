/**
 * The sessions of one process: the columns of SessionTable and a few more beside them, all indexed by the table's row. No
 * object a session, so a million of them give the garbage collector nothing to walk.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../src/core/clock.js';
import { DeviceMemory } from './device-memory.js';
import type { LoginBatch } from './login-batch.js';
import { RowList } from './row-list.js';
import type { SessionTable } from './session-table.js';
import {
  type AuthStore,
  type EndCode,
  type EndedListener,
  LOGIN_DEVICE_LIMIT,
  LOGIN_FULL,
  LOGIN_OK,
  REFRESH_GRACE_MS,
  REPLACED,
  REVOKED,
  type RefreshOutcome,
  type RefreshRequest,
  type StoredSession,
  type StoreLimits,
} from './store.js';
import { UserIndex } from './user-index.js';

export interface MemoryStoreOptions extends StoreLimits {
  readonly table: SessionTable;
  readonly clock: Clock;
}

const NONE = -1;
/** Added to the time of a login that falls into the millisecond of the one before, so that their order is kept. */
const NEXT_MS = 2 ** -10;

export class MemoryStore implements AuthStore {
  readonly #table: SessionTable;
  readonly #clock: Clock;
  readonly #limits: StoreLimits;
  readonly #users: UserIndex;
  /** All sessions in order of issue, which is the order of their absolute expiry. */
  readonly #order: RowList;
  readonly #refreshExpS: Uint32Array;
  readonly #families: Uint8Array;
  /** Unix milliseconds of the login; no two are equal. Of the sessions of one device, one at least holds its last login. */
  readonly #loginMs: Float64Array;
  /** How often the session was refreshed: its generation less 1. Memory is touched only by sessions that are. */
  readonly #rotations: Uint32Array;
  /** The low 32 bits of the Unix milliseconds of the last rotation. */
  readonly #rotatedMs: Uint32Array;
  /** Devices whose user has no session on them. */
  readonly #devices: DeviceMemory;
  #lastLoginMs = 0;
  /** The device whose session comes in the place of those that are ended now: it need not be remembered beside it. */
  #arriving: Uint8Array | undefined;
  #arrivingAt = 0;
  #ended: EndedListener = () => {};
  /** Sids that ended during one verb. */
  #endedSids = new Uint8Array(16 * 64);
  #endedCount = 0;
  readonly #user = new Uint8Array(16);
  readonly #device = new Uint8Array(16);

  constructor(options: MemoryStoreOptions) {
    const { capacity } = options.table;
    this.#table = options.table;
    this.#clock = options.clock;
    this.#limits = options;
    this.#users = new UserIndex(options.table);
    this.#order = new RowList(capacity);
    this.#refreshExpS = new Uint32Array(capacity);
    this.#families = new Uint8Array(capacity * 16);
    this.#loginMs = new Float64Array(capacity);
    this.#rotations = new Uint32Array(capacity);
    this.#rotatedMs = new Uint32Array(capacity);
    this.#devices = new DeviceMemory(capacity);
  }

  async login(batch: LoginBatch): Promise<void> {
    this.sweep();
    for (let i = 0; i < batch.count; i++) batch.outcome[i] = this.#insert(batch, i);
    this.#tellEnded(REPLACED);
  }

  async refresh(request: RefreshRequest): Promise<RefreshOutcome> {
    const row = this.#rowOfFamily(request.uid, request.family);
    if (row === NONE) return { kind: 'unknown' };
    const nowMs = this.#clock.unixMs();
    const refreshExpS = this.#refreshExpS[row]!;
    if (refreshExpS * 1_000 <= nowMs) {
      this.#remove(row);
      return { kind: 'expired' };
    }
    if (!this.#table.isOnDevice(row, request.deviceMac, 0)) return this.#endStolen(row, 'device');

    const current = this.#rotations[row]! + 1;
    if (request.generation === current) {
      this.#rotations[row] = current;
      this.#rotatedMs[row] = nowMs % 2 ** 32;
      this.#table.replaceToken(row, request.newJti, 0, Math.min(request.accessExpS, refreshExpS));
      return this.#refreshed('rotated', row);
    }
    const sinceRotationMs = (nowMs - this.#rotatedMs[row]!) | 0;
    if (current > 1 && request.generation === current - 1 && sinceRotationMs <= REFRESH_GRACE_MS) return this.#refreshed('repeated', row);
    return this.#endStolen(row, 'reuse');
  }

  async find(uid: string, sid: Uint8Array): Promise<StoredSession | undefined> {
    const row = this.#rowOf(uid, sid);
    if (row === NONE) return undefined;
    return {
      family: this.#families.slice(row * 16, row * 16 + 16),
      accessExpS: this.#table.accessExpS(row),
      refreshExpS: this.#refreshExpS[row]!,
    };
  }

  async admit(uid: string, sid: Uint8Array, jti: Uint8Array): Promise<boolean> {
    const row = this.#rowOf(uid, sid);
    if (row === NONE || this.#table.accessExpS(row) <= this.#nowS()) return false;
    return this.#table.matches(row, jti, 0, hashOf(uid), 0);
  }

  async revoke(uid: string, sid: Uint8Array): Promise<boolean> {
    const row = this.#rowOf(uid, sid);
    if (row === NONE) return false;
    this.#end(row);
    this.#tellEnded(REVOKED);
    return true;
  }

  async revokeUser(uid: string): Promise<number> {
    const user = hashOf(uid);
    this.#dropExpired(user, 0);
    let count = 0;
    for (let row = this.#users.first(user, 0); row !== NONE; row = this.#users.first(user, 0)) {
      this.#end(row);
      count += 1;
    }
    this.#tellEnded(REVOKED);
    return count;
  }

  onEnded(listener: EndedListener): void {
    this.#ended = listener;
  }

  sweep(): void {
    const nowS = this.#nowS();
    for (let row = this.#order.oldest; row !== NONE && this.#refreshExpS[row]! <= nowS; row = this.#order.oldest) this.#remove(row);
    this.#devices.sweep(this.#clock.unixMs());
  }

  async close(): Promise<void> {}

  #nowS(): number {
    return Math.floor(this.#clock.unixMs() / 1000);
  }

  #rowOf(uid: string, sid: Uint8Array): number {
    const row = this.#table.find(sid, 0);
    if (row === NONE || this.#refreshExpS[row]! <= this.#nowS()) return NONE;
    return this.#table.isOfUser(row, hashOf(uid), 0) ? row : NONE;
  }

  #rowOfFamily(uid: string, family: Uint8Array): number {
    let row = this.#users.first(hashOf(uid), 0);
    while (row !== NONE && !this.#isFamily(row, family)) row = this.#users.next(row);
    return row;
  }

  #isFamily(row: number, family: Uint8Array): boolean {
    for (let i = 0; i < 16; i++) if (this.#families[row * 16 + i] !== family[i]) return false;
    return true;
  }

  #refreshed(kind: 'rotated' | 'repeated', row: number): RefreshOutcome {
    const [sid, jti] = [new Uint8Array(16), new Uint8Array(16)];
    this.#table.copySid(row, sid, 0);
    this.#table.copyJti(row, jti, 0);
    const accessExpS = this.#table.accessExpS(row);
    return { kind, generation: this.#rotations[row]! + 1, sid, jti, accessExpS, refreshExpS: this.#refreshExpS[row]! };
  }

  /** Ends the session of a token that somebody else holds. */
  #endStolen(row: number, kind: 'device' | 'reuse'): RefreshOutcome {
    this.#end(row);
    this.#tellEnded(REVOKED);
    return { kind };
  }

  #insert(batch: LoginBatch, i: number): number {
    const table = this.#table;
    const { userHashes, deviceMacs } = batch;
    const at = i * 16;
    const isKnown = this.#users.first(userHashes, at) !== NONE || this.#devices.first(userHashes, at) !== NONE;
    if (isKnown && !this.#makeRoom(userHashes, at, deviceMacs, i * 32)) return LOGIN_DEVICE_LIMIT;
    if (table.size === table.capacity && !this.#endOneOutOfAccess()) return LOGIN_FULL;
    const row = table.insert(batch.sids, at, batch.jtis, at, userHashes, at, deviceMacs, i * 32, batch.accessExpS);
    this.#users.add(row, userHashes, at);
    this.#order.add(row);
    this.#refreshExpS[row] = batch.refreshExpS;
    this.#lastLoginMs = Math.max(this.#clock.unixMs(), this.#lastLoginMs + NEXT_MS);
    this.#loginMs[row] = this.#lastLoginMs;
    for (let b = 0; b < 16; b++) this.#families[row * 16 + b] = batch.families[at + b]!;
    // A write would touch memory that a session without a refresh never needs.
    if (this.#rotations[row] !== 0) this.#rotations[row] = 0;
    if (!isKnown) return LOGIN_OK;
    const remembered = this.#devices.find(userHashes, at, deviceMacs, i * 32);
    if (remembered !== NONE) this.#devices.forget(remembered);
    return LOGIN_OK;
  }

  /** Makes room for a login of a user who is known. False: for its device there is none. */
  #makeRoom(users: Uint8Array, userAt: number, devices: Uint8Array, deviceAt: number): boolean {
    this.#dropExpired(users, userAt);
    if (!this.#admitDevice(users, userAt, devices, deviceAt)) return false;
    this.#arriving = devices;
    this.#arrivingAt = deviceAt;
    for (let have = this.#users.count(users, userAt); have >= this.#limits.maxSessionsPerUser; have--) {
      this.#end(this.#users.first(users, userAt));
    }
    this.#arriving = undefined;
    return true;
  }

  /** Makes room for the device of a login. False: the user has as many as allowed, and this is another one. */
  #admitDevice(users: Uint8Array, userAt: number, devices: Uint8Array, deviceAt: number): boolean {
    if (this.#rowOnDevice(users, userAt, devices, deviceAt) !== NONE) return true;
    if (this.#devices.find(users, userAt, devices, deviceAt) !== NONE) return true;
    const { maxDevicesPerUser, devicePolicy } = this.#limits;
    const live = this.#liveDevices(users, userAt);
    let count = live.length;
    for (let row = this.#devices.first(users, userAt); row !== NONE; row = this.#devices.next(row)) count += 1;
    if (count < maxDevicesPerUser) return true;
    if (devicePolicy === 'deny') return false;
    for (; count >= maxDevicesPerUser; count--) this.#evictDevice(users, userAt, live);
    return true;
  }

  /** Of each device on which the user has a session, the row that holds its last login. */
  #liveDevices(users: Uint8Array, userAt: number): number[] {
    const live: number[] = [];
    for (let row = this.#users.first(users, userAt); row !== NONE; row = this.#users.next(row)) {
      this.#table.copyDevice(row, this.#device, 0);
      const known = live.findIndex((other) => this.#table.isOnDevice(other, this.#device, 0));
      if (known < 0) live.push(row);
      else if (this.#loginMs[row]! > this.#loginMs[live[known]!]!) live[known] = row;
    }
    return live;
  }

  /** Forgets the device that logged in longest ago and ends its sessions; takes it out of `live`. */
  #evictDevice(users: Uint8Array, userAt: number, live: number[]): void {
    let stale = this.#devices.first(users, userAt);
    for (let row = stale; row !== NONE; row = this.#devices.next(row)) {
      if (this.#devices.seenMs(row) < this.#devices.seenMs(stale)) stale = row;
    }
    const oldest = live.reduce((best, row, i) => (best < 0 || this.#loginMs[row]! < this.#loginMs[live[best]!]! ? i : best), NONE);
    if (oldest < 0 || (stale !== NONE && this.#devices.seenMs(stale) < this.#loginMs[live[oldest]!]!)) {
      this.#devices.forget(stale);
      return;
    }
    const device = new Uint8Array(16);
    this.#table.copyDevice(live[oldest]!, device, 0);
    live.splice(oldest, 1);
    for (let row = this.#users.first(users, userAt); row !== NONE; ) {
      const next = this.#users.next(row);
      if (this.#table.isOnDevice(row, device, 0)) this.#end(row);
      row = next;
    }
    this.#devices.forget(this.#devices.find(users, userAt, device, 0)); // the last of its sessions left it there
  }

  /** When the table is full, the oldest session makes room if nobody can be connected by it any more. */
  #endOneOutOfAccess(): boolean {
    const row = this.#order.oldest;
    if (row === NONE || this.#table.accessExpS(row) > this.#nowS()) return false;
    this.#end(row);
    return true;
  }

  /** Removes the user's sessions that are over, also where a step of the clock put them out of order. */
  #dropExpired(users: Uint8Array, userAt: number): void {
    const nowMs = this.#clock.unixMs();
    for (let row = this.#users.first(users, userAt); row !== NONE; ) {
      const next = this.#users.next(row);
      if (this.#refreshExpS[row]! * 1_000 <= nowMs) this.#remove(row);
      row = next;
    }
    this.#devices.dropExpired(users, userAt, nowMs);
  }

  #end(row: number): void {
    if (this.#endedCount * 16 === this.#endedSids.length) {
      const larger = new Uint8Array(this.#endedSids.length * 2);
      larger.set(this.#endedSids);
      this.#endedSids = larger;
    }
    this.#table.copySid(row, this.#endedSids, this.#endedCount * 16);
    this.#endedCount += 1;
    this.#remove(row);
  }

  /** Removes a session; the last one of a device leaves the device behind. */
  #remove(row: number): void {
    this.#table.copyUser(row, this.#user, 0);
    this.#table.copyDevice(row, this.#device, 0);
    this.#order.remove(row);
    this.#users.remove(row);
    this.#table.remove(row);
    const other = this.#rowOnDevice(this.#user, 0, this.#device, 0);
    if (other !== NONE) this.#loginMs[other] = Math.max(this.#loginMs[other]!, this.#loginMs[row]!);
    else if (!this.#isArriving(this.#device)) this.#devices.remember(this.#user, this.#device, this.#loginMs[row]!);
  }

  #isArriving(device: Uint8Array): boolean {
    if (this.#arriving === undefined) return false;
    for (let i = 0; i < 16; i++) if (device[i] !== this.#arriving[this.#arrivingAt + i]) return false;
    return true;
  }

  /** A session of the user on this device, or -1. */
  #rowOnDevice(users: Uint8Array, userAt: number, devices: Uint8Array, deviceAt: number): number {
    let row = this.#users.first(users, userAt);
    while (row !== NONE && !this.#table.isOnDevice(row, devices, deviceAt)) row = this.#users.next(row);
    return row;
  }

  #tellEnded(code: EndCode): void {
    if (this.#endedCount === 0) return;
    const sids = this.#endedSids.subarray(0, this.#endedCount * 16);
    this.#endedCount = 0;
    this.#ended(sids, code);
  }
}

/** SHA-256 of a uid, of which the table holds the first 16 bytes. */
function hashOf(uid: string): Uint8Array {
  return createHash('sha256').update(uid).digest();
}
