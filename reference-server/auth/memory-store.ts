/**
 * The sessions of one process: the columns of SessionTable and a few more beside them, all indexed by the table's row. No
 * object a session, so a million of them give the garbage collector nothing to walk.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../src/core/clock.js';
import type { LoginBatch } from './login-batch.js';
import type { SessionTable } from './session-table.js';
import { type AuthStore, type EndCode, type EndedListener, LOGIN_FULL, LOGIN_OK, REPLACED, REVOKED, type StoredSession } from './store.js';
import { UserIndex } from './user-index.js';

export interface MemoryStoreOptions {
  readonly table: SessionTable;
  readonly clock: Clock;
  /** Sessions that one user may have at once, 1 or more. */
  readonly maxSessionsPerUser: number;
}

const NONE = -1;

export class MemoryStore implements AuthStore {
  readonly #table: SessionTable;
  readonly #clock: Clock;
  readonly #maxPerUser: number;
  readonly #users: UserIndex;
  readonly #refreshExpS: Uint32Array;
  readonly #families: Uint8Array;
  /** All sessions in order of issue, which is the order of their absolute expiry. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest = NONE;
  #newest = NONE;
  #ended: EndedListener = () => {};
  /** Sids that ended during one verb. */
  #endedSids = new Uint8Array(16 * 64);
  #endedCount = 0;

  constructor(options: MemoryStoreOptions) {
    const { capacity } = options.table;
    this.#table = options.table;
    this.#clock = options.clock;
    this.#maxPerUser = options.maxSessionsPerUser;
    this.#users = new UserIndex(options.table);
    this.#refreshExpS = new Uint32Array(capacity);
    this.#families = new Uint8Array(capacity * 16);
    this.#older = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
  }

  async login(batch: LoginBatch): Promise<void> {
    this.sweep();
    for (let i = 0; i < batch.count; i++) batch.outcome[i] = this.#insert(batch, i) ? LOGIN_OK : LOGIN_FULL;
    this.#tellEnded(REPLACED);
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

  async revoke(uid: string, sid: Uint8Array): Promise<boolean> {
    const row = this.#rowOf(uid, sid);
    if (row === NONE) return false;
    this.#end(row);
    this.#tellEnded(REVOKED);
    return true;
  }

  onEnded(listener: EndedListener): void {
    this.#ended = listener;
  }

  sweep(): void {
    const nowS = this.#nowS();
    while (this.#oldest !== NONE && this.#refreshExpS[this.#oldest]! <= nowS) this.#remove(this.#oldest);
  }

  async close(): Promise<void> {}

  #nowS(): number {
    return Math.floor(this.#clock.unixMs() / 1000);
  }

  #rowOf(uid: string, sid: Uint8Array): number {
    const row = this.#table.find(sid, 0);
    if (row === NONE || this.#refreshExpS[row]! <= this.#nowS()) return NONE;
    return this.#table.isOfUser(row, createHash('sha256').update(uid).digest(), 0) ? row : NONE;
  }

  #insert(batch: LoginBatch, i: number): boolean {
    const table = this.#table;
    const at = i * 16;
    for (let have = this.#users.count(batch.userHashes, at); have >= this.#maxPerUser; have--) {
      this.#end(this.#users.first(batch.userHashes, at));
    }
    if (table.size === table.capacity && !this.#endOneOutOfAccess()) return false;
    const row = table.insert(batch.sids, at, batch.jtis, at, batch.userHashes, at, batch.deviceMacs, i * 32, batch.accessExpS);
    this.#users.add(row, batch.userHashes, at);
    this.#refreshExpS[row] = batch.refreshExpS;
    for (let b = 0; b < 16; b++) this.#families[row * 16 + b] = batch.families[at + b]!;
    this.#older[row] = this.#newest;
    this.#newer[row] = NONE;
    if (this.#newest === NONE) this.#oldest = row;
    else this.#newer[this.#newest] = row;
    this.#newest = row;
    return true;
  }

  /** When the table is full, the oldest session makes room if nobody can be connected by it any more. */
  #endOneOutOfAccess(): boolean {
    const row = this.#oldest;
    if (row === NONE || this.#table.accessExpS(row) > this.#nowS()) return false;
    this.#end(row);
    return true;
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

  #remove(row: number): void {
    const older = this.#older[row]!;
    const newer = this.#newer[row]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    this.#users.remove(row);
    this.#table.remove(row);
  }

  #tellEnded(code: EndCode): void {
    if (this.#endedCount === 0) return;
    const sids = this.#endedSids.subarray(0, this.#endedCount * 16);
    this.#endedCount = 0;
    this.#ended(sids, code);
  }
}
