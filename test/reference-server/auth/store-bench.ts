/** What the contract of AuthStore is told in: users, devices and sessions of one store, with every id made up here. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { LoginBatch } from '../../../reference-server/auth/login-batch.js';
import type { SessionTable } from '../../../reference-server/auth/session-table.js';
import {
  type AuthStore,
  LOGIN_OK,
  REPLACED,
  REVOKED,
  type RefreshOutcome,
  type RefreshRequest,
  type StoreLimits,
} from '../../../reference-server/auth/store.js';

export const ACCESS_S = 900;
export const DAY_S = 86_400;

/** A store under test. `clock.ms` is its time, Unix milliseconds, moved by the test only. */
export interface StoreUnderTest {
  readonly store: AuthStore;
  /** The table that the store keeps for this process. */
  readonly table: SessionTable;
  readonly clock: { ms: number };
  /** Waits until what the store tells by other ways than a verb's answer (a channel) has arrived. */
  readonly settle?: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export type MakeStore = (limits: StoreLimits) => Promise<StoreUnderTest>;

/** A login as the test knows it. */
export interface Session {
  readonly name: string;
  readonly uid: string;
  readonly device: string;
  readonly sid: Uint8Array;
  readonly jti: Uint8Array;
  readonly family: Uint8Array;
  /** Unix seconds. */
  readonly endS: number;
  readonly outcome: number;
}

let made = 0;

/** Sixteen bytes that nobody else has. */
export function freshId(kind: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${process.pid} ${kind} ${made++}`).digest().subarray(0, 16));
}

export const userHash = (uid: string): Uint8Array => new Uint8Array(createHash('sha256').update(uid).digest().subarray(0, 16));
export const deviceMac = (device: string): Uint8Array => new Uint8Array(createHash('sha256').update(`device ${device}`).digest());

export class StoreBench {
  readonly store: AuthStore;
  readonly table: SessionTable;
  readonly clock: { ms: number };
  readonly #settle: () => Promise<void>;
  /** Names of the sessions by sid. */
  readonly #names = new Map<string, string>();
  readonly #ended: [code: string, name: string][] = [];
  readonly #suffix = `-${process.pid}-${made++}`;

  constructor({ store, table, clock, settle = async () => {} }: StoreUnderTest) {
    this.store = store;
    this.table = table;
    this.clock = clock;
    this.#settle = settle;
    store.onEnded((sids, code) => {
      const word = code === REPLACED ? 'replaced' : code === REVOKED ? 'revoked' : `code ${code}`;
      for (let at = 0; at < sids.length; at += 16) {
        const sid = Buffer.from(sids.subarray(at, at + 16)).toString('hex');
        this.#ended.push([word, this.#names.get(sid) ?? sid]);
      }
    });
  }

  get nowS(): number {
    return Math.floor(this.clock.ms / 1000);
  }

  /** A user id that no other bench has. */
  uid(name: string): string {
    return `${name}${this.#suffix}`;
  }

  passMs(ms: number): void {
    this.clock.ms += ms;
  }

  passS(seconds: number): void {
    this.passMs(seconds * 1_000);
  }

  /** One batch; each entry is "user device", or "user" for a login from the device "phone". Sessions are named by `names`. */
  async loginMany(entries: readonly string[], names: readonly string[] = []): Promise<Session[]> {
    const batch = new LoginBatch(Math.max(1, entries.length));
    const sessions = entries.map((entry, i) => {
      const [user, device = 'phone'] = entry.split(' ') as [string, string?];
      const session = { uid: this.uid(user), device, sid: freshId('sid'), jti: freshId('jti'), family: freshId('family') };
      batch.uids.set(Buffer.from(session.uid), i * 64);
      batch.uidLengths[i] = session.uid.length;
      batch.userHashes.set(userHash(session.uid), i * 16);
      batch.deviceMacs.set(deviceMac(device), i * 32);
      batch.sids.set(session.sid, i * 16);
      batch.jtis.set(session.jti, i * 16);
      batch.families.set(session.family, i * 16);
      const name = names[i] ?? entry;
      this.#names.set(Buffer.from(session.sid).toString('hex'), name);
      return { ...session, name };
    });
    batch.count = entries.length;
    batch.accessExpS = this.nowS + ACCESS_S;
    batch.refreshExpS = this.nowS + DAY_S;
    await this.store.login(batch);
    return sessions.map((session, i) => ({ ...session, endS: batch.refreshExpS, outcome: batch.outcome[i]! }));
  }

  /** A login that must succeed. */
  async login(entry: string, name = entry): Promise<Session> {
    const [session] = await this.loginMany([entry], [name]);
    assert.equal(session!.outcome, LOGIN_OK, `${name} logs in`);
    return session!;
  }

  async outcomeOf(entry: string, name = entry): Promise<number> {
    return (await this.loginMany([entry], [name]))[0]!.outcome;
  }

  /** Shows the session's refresh token of this generation. */
  refresh(session: Session, generation: number, changes: Partial<RefreshRequest> = {}): Promise<RefreshOutcome> {
    return this.store.refresh({
      uid: session.uid,
      family: session.family,
      generation,
      deviceMac: deviceMac(session.device),
      newJti: freshId('jti'),
      accessExpS: this.nowS + ACCESS_S,
      ...changes,
    });
  }

  /** Like refresh(), which must rotate. */
  async rotate(session: Session, generation: number, newJti = freshId('jti')): Promise<Extract<RefreshOutcome, { jti: Uint8Array }>> {
    const outcome = await this.refresh(session, generation, { newJti });
    assert.equal(outcome.kind, 'rotated');
    return outcome as Extract<RefreshOutcome, { jti: Uint8Array }>;
  }

  async isLive(session: Session): Promise<boolean> {
    return (await this.store.find(session.uid, session.sid)) !== undefined;
  }

  /** Names of those that live. */
  async living(...sessions: readonly Session[]): Promise<string[]> {
    const names: string[] = [];
    for (const session of sessions) if (await this.isLive(session)) names.push(session.name);
    return names;
  }

  /** True when a gateway thread would let this token in. */
  isInTable(session: Session, jti: Uint8Array = session.jti): boolean {
    const row = this.table.find(session.sid, 0);
    return row >= 0 && this.table.matches(row, jti, 0, userHash(session.uid), 0);
  }

  /** What was told to have ended since the last look. */
  async takeEnded(): Promise<[code: string, name: string][]> {
    await this.#settle();
    return this.#ended.splice(0);
  }
}
