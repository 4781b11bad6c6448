import { createHash } from 'node:crypto';
import type { Clock } from '../../src/core/clock.js';
import type { LoginBatch } from './login-batch.js';
import { FIND_SCRIPT } from './lua/find.js';
import { LOGIN_SCRIPT } from './lua/login.js';
import { OP_WINDOW_SCRIPT } from './lua/op-window.js';
import { REFRESH_SCRIPT } from './lua/refresh.js';
import { REVOKE_SCRIPT, REVOKE_USER_SCRIPT } from './lua/revoke.js';
import { RedisCache } from './redis-cache.js';
import { connectRedis, type RedisLink, type ScriptCall } from './redis-link.js';
import { bytesOf, familiesKey, loginKeys, readRecord, type SessionRecord, sessionsKey, textOf, windowKey } from './redis-records.js';
import { RedisSweep } from './redis-sweep.js';
import type { RedisAddress } from './redis-url.js';
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
import { MAX_UID_BYTES } from './uid.js';

/** Where every process hears of sessions that ended or changed their token. */
export const STORE_CHANNEL = 'gw:ev';
/** As op-window.ts counts in one process. */
const OP_LIMIT = 5;
const OP_SPAN_MS = 10_000;
/** Sessions that ended while others were on their way here, remembered for one to two sweeps. */
const MAX_RECENTLY_ENDED = 100_000;

export interface RedisStoreOptions extends StoreLimits {
  readonly table: SessionTable;
  readonly clock: Clock;
  /** Time of the scripts in Unix milliseconds instead of Redis' own: for tests. */
  readonly scriptTimeMs?: () => number;
}

/** Redis has no answer from now on, or has answers again. */
export interface RedisStoreListeners {
  readonly onDegraded: (why: string) => void;
  readonly onRestored: () => void;
}

/**
 * Sessions in Redis, shared by any number of server processes: every verb is one Lua script, so it is atomic. The sessions that
 * this process met also stand in its SessionTable (RedisCache), and leave it when Redis says that they ended.
 */
export class RedisStore implements AuthStore {
  readonly #options: RedisStoreOptions;
  readonly #link: RedisLink;
  readonly #cache: RedisCache;
  readonly #sweep: RedisSweep;
  /** Changes with the Redis process: what an older one knew may be lost, which is no reason to end a live connection. */
  #era = 1;
  #runId = '';
  #recentlyEnded = new Map<string, EndCode>();
  #endedBefore = new Map<string, EndCode>();

  /** Connects; rejects with the reason when Redis cannot be reached within 3 s. */
  static async connect(address: RedisAddress, options: RedisStoreOptions, listeners: RedisStoreListeners): Promise<RedisStore> {
    let store: RedisStore | undefined;
    const link = await connectRedis(address, STORE_CHANNEL, {
      onMessage: (text) => store?.hear(text),
      onSubscribed: () => store?.hurry(),
      onDown: listeners.onDegraded,
      onUp: () => {
        store?.noteRun();
        listeners.onRestored();
      },
    });
    store = new RedisStore(options, link);
    return store;
  }

  /** Over a link whose messages and states are handed to hear(), hurry() and noteRun(). */
  constructor(options: RedisStoreOptions, link: RedisLink) {
    this.#options = options;
    this.#link = link;
    this.#cache = new RedisCache(options.table);
    this.#sweep = new RedisSweep(link, this.#cache, options.table);
    this.#runId = link.runId;
  }

  async login(batch: LoginBatch): Promise<void> {
    const { maxSessionsPerUser, maxDevicesPerUser, devicePolicy } = this.#options;
    const calls = Array.from({ length: batch.count }, (_, i) => ({
      keys: loginKeys(batch, i),
      args: [
        this.#timeMs(),
        textOf(batch.sids, i * 16),
        textOf(batch.jtis, i * 16),
        textOf(batch.deviceMacs, i * 32, 32),
        textOf(batch.families, i * 16),
        batch.accessExpS,
        batch.refreshExpS,
        maxSessionsPerUser,
        maxDevicesPerUser,
        devicePolicy,
      ],
    }));
    if (calls.length === 0) return;
    const replies = await this.#runAll(calls);
    const surplus: number[] = [];
    let failure: Error | undefined;
    for (const [i, reply] of replies.entries()) {
      if (reply instanceof Error) failure ??= reply;
      else if (!this.#keepLogin(batch, i, reply as [number, ...string[]])) surplus.push(i);
    }
    if (surplus.length > 0) await this.#revokeMany(batch, surplus);
    if (failure === undefined) return;
    // The caller answers for the whole batch, and nobody has the credentials of the part that was stored.
    const stored = replies.flatMap((reply, i) => (reply instanceof Error || batch.outcome[i] !== LOGIN_OK ? [] : [i]));
    await this.#revokeMany(batch, stored);
    throw failure;
  }

  async refresh(request: RefreshRequest): Promise<RefreshOutcome> {
    const { uid, family, generation, deviceMac, newJti, accessExpS } = request;
    const reply = (await this.#link.run(
      REFRESH_SCRIPT,
      [sessionsKey(uid), familiesKey(uid)],
      [this.#timeMs(), textOf(family), generation, textOf(newJti), textOf(deviceMac, 0, 32), accessExpS, REFRESH_GRACE_MS],
    )) as string[];
    const [kind, counts = '', sidText = '', jtiText = '', accessS, refreshS] = reply;
    if (kind === 'rotated' || kind === 'repeated') {
      const [sid, jti] = [bytesOf(sidText), bytesOf(jtiText)];
      if (kind === 'rotated') this.#cache.replaceToken(sid, jti, Number(accessS));
      return { kind, generation: Number(counts), sid, jti, accessExpS: Number(accessS), refreshExpS: Number(refreshS) };
    }
    if (kind === 'expired') this.#cache.drop(bytesOf(counts));
    if (kind === 'device' || kind === 'reuse') this.#cache.end([bytesOf(counts)], REVOKED);
    return { kind: kind as 'unknown' | 'expired' | 'device' | 'reuse' };
  }

  async find(uid: string, sid: Uint8Array): Promise<StoredSession | undefined> {
    const record = await this.#read(uid, sid);
    if (record === undefined) return undefined;
    return { family: bytesOf(record.family), accessExpS: record.accessExpS, refreshExpS: record.refreshExpS };
  }

  /** Rejects, as if Redis had no answer, when the table is full of sessions that may be connected. */
  async admit(uid: string, sid: Uint8Array, jti: Uint8Array): Promise<boolean> {
    const record = await this.#read(uid, sid);
    if (record === undefined || record.jti !== textOf(jti) || record.accessExpS <= this.#nowS() || this.#endedMeanwhile(sid, 0)) {
      return false;
    }
    const name = Buffer.from(uid, 'latin1');
    const hash = createHash('sha256').update(uid).digest();
    const device = bytesOf(record.device);
    const entry = {
      sid,
      jti,
      uid: name,
      hash,
      device,
      at: 0,
      uidAt: 0,
      uidLength: name.length,
      deviceAt: 0,
      accessExpS: record.accessExpS,
    };
    if (!this.#cache.put(entry, this.#nowS(), this.#era)) throw new Error('the session table is full');
    return true;
  }

  async revoke(uid: string, sid: Uint8Array): Promise<boolean> {
    const reply = await this.#link.run(REVOKE_SCRIPT, [sessionsKey(uid), familiesKey(uid)], [this.#timeMs(), textOf(sid)]);
    if (reply !== 1) return false;
    this.#cache.end([sid], REVOKED);
    return true;
  }

  async revokeUser(uid: string): Promise<number> {
    const reply = await this.#link.run(REVOKE_USER_SCRIPT, [sessionsKey(uid), familiesKey(uid)], [this.#timeMs()]);
    const sids = (reply as string[]).map(bytesOf);
    this.#cache.end(sids, REVOKED);
    return sids.length;
  }

  /**
   * True, and counted, when one more critical operation of the user is within the limit of all processes. Rejects when Redis has
   * no answer.
   */
  async allowOperation(uid: string, sid: Uint8Array, nonce: Uint8Array): Promise<boolean> {
    const member = `${textOf(sid)}:${textOf(nonce, 0, 8)}`;
    return (await this.#link.run(OP_WINDOW_SCRIPT, [windowKey(uid)], [this.#timeMs(), member, OP_LIMIT, OP_SPAN_MS])) === 1;
  }

  onEnded(listener: EndedListener): void {
    this.#cache.onEnded(listener);
  }

  sweep(): void {
    this.#endedBefore = this.#recentlyEnded;
    this.#recentlyEnded = new Map();
    this.#sweep.step(this.#nowS(), this.#timeMs(), this.#era);
  }

  async close(): Promise<void> {
    this.#link.close();
  }

  /** A message of the channel, of this process or another. */
  hear(text: string): void {
    const [kind, ...rest] = text.split('|');
    if (kind === 'token') {
      const [sid = '', jti = '', accessExpS] = rest;
      this.#cache.replaceToken(bytesOf(sid), bytesOf(jti), Number(accessExpS));
      return;
    }
    const code = kind === 'replaced' ? REPLACED : REVOKED;
    if (this.#recentlyEnded.size < MAX_RECENTLY_ENDED) for (const sid of rest) this.#recentlyEnded.set(sid, code);
    this.#cache.end(rest.map(bytesOf), code);
  }

  /** Messages of the channel may have been missed. */
  hurry(): void {
    this.#sweep.hurry();
  }

  #timeMs(): number {
    return this.#options.scriptTimeMs?.() ?? 0;
  }

  #nowS(): number {
    return Math.floor(this.#options.clock.unixMs() / 1000);
  }

  /** Redis answers again: perhaps another process of it. */
  noteRun(): void {
    if (this.#link.runId === this.#runId) return;
    this.#runId = this.#link.runId;
    this.#era = (this.#era + 1) & 0xff;
  }

  /** Word of a session's end may be faster than word of its beginning: they come over two connections. */
  #endedMeanwhile(sids: Uint8Array, at: number): EndCode | undefined {
    if (this.#recentlyEnded.size + this.#endedBefore.size === 0) return undefined;
    const text = textOf(sids, at);
    return this.#recentlyEnded.get(text) ?? this.#endedBefore.get(text);
  }

  async #runAll(calls: readonly ScriptCall[]): Promise<unknown[]> {
    if (calls.length > 1) return this.#link.runMany(LOGIN_SCRIPT, calls);
    return [await this.#link.run(LOGIN_SCRIPT, calls[0]!.keys, calls[0]!.args)];
  }

  async #read(uid: string, sid: Uint8Array): Promise<SessionRecord | undefined> {
    const reply = (await this.#link.run(FIND_SCRIPT, [sessionsKey(uid)], [this.#timeMs(), textOf(sid)])) as (string | null)[];
    return reply[0] ? readRecord(reply[0]) : undefined;
  }

  /** Takes over what Redis said to entry i. False: it is stored, but has no room here. */
  #keepLogin(batch: LoginBatch, i: number, [isStored, ...ended]: [number, ...string[]]): boolean {
    batch.outcome[i] = isStored === 1 ? LOGIN_OK : LOGIN_DEVICE_LIMIT;
    if (ended.length > 0) this.#cache.end(ended.map(bytesOf), REPLACED);
    if (isStored !== 1) return true;
    const entry = {
      sid: batch.sids,
      jti: batch.jtis,
      hash: batch.userHashes,
      at: i * 16,
      uid: batch.uids,
      uidAt: i * MAX_UID_BYTES,
      uidLength: batch.uidLengths[i]!,
      device: batch.deviceMacs,
      deviceAt: i * 32,
      accessExpS: batch.accessExpS,
    };
    if (!this.#cache.put(entry, this.#nowS(), this.#era)) {
      batch.outcome[i] = LOGIN_FULL;
      return false;
    }
    const code = this.#endedMeanwhile(batch.sids, i * 16);
    if (code !== undefined) this.#cache.end([batch.sids.slice(i * 16, i * 16 + 16)], code);
    return true;
  }

  async #revokeMany(batch: LoginBatch, entries: readonly number[]): Promise<void> {
    for (const i of entries) this.#cache.drop(batch.sids.subarray(i * 16, i * 16 + 16));
    await this.#link.runMany(
      REVOKE_SCRIPT,
      entries.map((i) => ({ keys: loginKeys(batch, i).slice(0, 2), args: [this.#timeMs(), textOf(batch.sids, i * 16)] })),
    );
  }
}
