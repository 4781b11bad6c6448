import type { SessionTable } from './session-table.js';
import type { EndCode, EndedListener } from './store.js';
import { MAX_UID_BYTES } from './uid.js';

const NONE = -1;

/** A session as it stands in columns: sid, jti and hash (SHA-256 of the uid) at `at`, the others where they say. */
export interface CachedSession {
  readonly sid: Uint8Array;
  readonly jti: Uint8Array;
  readonly hash: Uint8Array;
  readonly at: number;
  readonly uid: Uint8Array;
  readonly uidAt: number;
  readonly uidLength: number;
  /** The fingerprint's HMAC. */
  readonly device: Uint8Array;
  readonly deviceAt: number;
  readonly accessExpS: number;
}

/**
 * The sessions of a shared store that this process knows: rows of its SessionTable, and beside each row the uid, which the
 * store is asked by, and the era in which it was last known to be stored. A row whose access is out may go at any time.
 */
export class RedisCache {
  readonly table: SessionTable;
  readonly #uids: Uint8Array;
  readonly #uidLengths: Uint8Array;
  readonly #eras: Uint8Array;
  /** No row runs out of access before this Unix second: looking for one is worth nothing. */
  #noneOutBeforeS = 0;
  #ended: EndedListener = () => {};
  #endedSids = new Uint8Array(16 * 64);
  readonly #sid = new Uint8Array(16);
  readonly #jti = new Uint8Array(16);

  constructor(table: SessionTable) {
    this.table = table;
    this.#uids = new Uint8Array(table.capacity * MAX_UID_BYTES);
    this.#uidLengths = new Uint8Array(table.capacity);
    this.#eras = new Uint8Array(table.capacity);
  }

  /** Sets who hears of sessions of this process that ended. */
  onEnded(listener: EndedListener): void {
    this.#ended = listener;
  }

  /** Adds a session, or moves it to another token. False when the table is full of sessions that may be connected. */
  put(session: CachedSession, nowS: number, era: number): boolean {
    const { table } = this;
    const { sid, jti, uid, hash, device, at, uidAt, uidLength, deviceAt, accessExpS } = session;
    let row = table.find(sid, at);
    if (row !== NONE) {
      table.replaceToken(row, jti, at, accessExpS);
    } else {
      if (table.size === table.capacity) this.#dropOutOfAccess(nowS);
      row = table.insert(sid, at, jti, at, hash, at, device, deviceAt, accessExpS);
      if (row === NONE) return false;
      const name = row * MAX_UID_BYTES;
      for (let i = 0; i < uidLength; i++) this.#uids[name + i] = uid[uidAt + i]!;
      this.#uidLengths[row] = uidLength;
    }
    this.#eras[row] = era;
    if (accessExpS < this.#noneOutBeforeS) this.#noneOutBeforeS = accessExpS;
    return true;
  }

  /** The uid of the row's session. */
  uid(row: number): string {
    const at = row * MAX_UID_BYTES;
    return Buffer.from(this.#uids.buffer, at, this.#uidLengths[row]).toString('latin1');
  }

  era(row: number): number {
    return this.#eras[row]!;
  }

  /** The store had the session of this row a moment ago, with this token. */
  confirm(row: number, jti: Uint8Array, accessExpS: number, era: number): void {
    this.#eras[row] = era;
    this.#replace(row, jti, accessExpS);
  }

  /** The session goes on under another token, if this process knows it. */
  replaceToken(sid: Uint8Array, jti: Uint8Array, accessExpS: number): void {
    const row = this.table.find(sid, 0);
    if (row !== NONE) this.#replace(row, jti, accessExpS);
  }

  /** Removes a session without telling anybody. */
  drop(sid: Uint8Array): void {
    const row = this.table.find(sid, 0);
    if (row !== NONE) this.table.remove(row);
  }

  /** Removes the sessions that this process knows of those that ended elsewhere, and tells of them. */
  end(sids: readonly Uint8Array[], code: EndCode): void {
    if (sids.length * 16 > this.#endedSids.length) this.#endedSids = new Uint8Array(sids.length * 32);
    let count = 0;
    for (const sid of sids) {
      const row = this.table.find(sid, 0);
      if (row === NONE) continue;
      this.table.remove(row);
      this.#endedSids.set(sid, 16 * count++);
    }
    if (count > 0) this.#ended(this.#endedSids.subarray(0, count * 16), code);
  }

  /**
   * Rows low .. high - 1 that hold a session: those out of access are removed, `visit` hears of the others.
   */
  walk(low: number, high: number, nowS: number, visit: (row: number) => void): void {
    const { table } = this;
    for (let row = low; row < high; row++) {
      if (!table.isLive(row)) continue;
      if (table.accessExpS(row) <= nowS) table.remove(row);
      else visit(row);
    }
  }

  /** True when the row still holds this session. */
  holds(row: number, sid: Uint8Array): boolean {
    if (!this.table.isLive(row)) return false;
    this.table.copySid(row, this.#sid, 0);
    return this.#sid.every((byte, i) => byte === sid[i]);
  }

  /** Words of a session come over two connections: the token that lives longer is the newer one. */
  #replace(row: number, jti: Uint8Array, accessExpS: number): void {
    const knownExpS = this.table.accessExpS(row);
    if (knownExpS > accessExpS) return;
    this.table.copyJti(row, this.#jti, 0);
    if (knownExpS === accessExpS && this.#jti.every((byte, i) => byte === jti[i])) return;
    this.table.replaceToken(row, jti, 0, accessExpS);
  }

  #dropOutOfAccess(nowS: number): void {
    if (nowS < this.#noneOutBeforeS) return;
    let next = 2 ** 32;
    this.walk(0, this.table.used, nowS, (row) => {
      next = Math.min(next, this.table.accessExpS(row));
    });
    this.#noneOutBeforeS = next;
  }
}
