/**
 * Random sequences of calls on both stores: the same answers, to the letter, and the same sessions told as ended. A worker's program:
 * in the thread of node:test each promise costs several times as much.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { workerData } from 'node:worker_threads';
import { LoginBatch } from '../../../reference-server/auth/login-batch.js';
import { MemoryStore } from '../../../reference-server/auth/memory-store.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import type { AuthStore, RefreshOutcome, StoreLimits } from '../../../reference-server/auth/store.js';
import { Prng } from '../../../src/core/prng.js';
import { ManualClock } from '../auth/manual-clock.js';
import { RedisServer } from './redis-server.js';
import { SharedLink } from './store-under-test.js';

const CALLS = 200;
/** Sequences that run at the same time, each with users of its own: commands of all of them share the way to Redis. */
const LANES = 50;
const USERS = 3;
const DEVICES = 4;

const bytes = (text: string, length: number): Buffer => createHash('sha512').update(text).digest().subarray(0, length);
const devices = Array.from({ length: DEVICES }, (_, i) => bytes(`device ${i}`, 32));
const strangeDevice = bytes('device of a thief', 32);
const strangeId = bytes('another', 16);
const LIMITS: readonly StoreLimits[] = [
  { maxSessionsPerUser: 1, maxDevicesPerUser: 10, devicePolicy: 'evict' },
  { maxSessionsPerUser: 2, maxDevicesPerUser: 2, devicePolicy: 'evict' },
  { maxSessionsPerUser: 3, maxDevicesPerUser: 2, devicePolicy: 'deny' },
  { maxSessionsPerUser: 5, maxDevicesPerUser: 3, devicePolicy: 'evict' },
];

export interface SequencesOrder {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
}

interface Issued {
  readonly uid: string;
  readonly device: Buffer;
  readonly sid: Buffer;
  readonly family: Buffer;
  jti: Buffer;
  generation: number;
}

interface Side {
  readonly store: AuthStore;
  readonly ended: string[];
}

/** One sequence: draws calls and makes each on both sides. */
class Sequence {
  readonly #seed: number;
  readonly #prng: Prng;
  readonly #name: string;
  readonly #clock: ManualClock;
  readonly #sides: readonly Side[];
  readonly #claim: (sid: Uint8Array) => void;
  readonly #issued: Issued[] = [];
  readonly #userHashes = new Map<string, Buffer>();
  #last = '';

  constructor(seed: number, number: number, clock: ManualClock, sides: readonly Side[], claim: (sid: Uint8Array) => void) {
    this.#claim = claim;
    this.#seed = seed;
    this.#prng = new Prng(seed + number);
    this.#name = `s${number}-`;
    this.#clock = clock;
    this.#sides = sides;
  }

  async run(): Promise<void> {
    for (let call = 0; call < CALLS; call++) {
      const [memory, redis] = await Promise.all(this.#call());
      const [toldByMemory, toldByRedis] = this.#sides.map(({ ended }) => ended.splice(0).sort());
      if (isDeepStrictEqual(redis, memory) && isDeepStrictEqual(toldByRedis, toldByMemory)) continue;
      const where = `seed ${this.#seed}, sequence ${this.#name} call ${call} (${this.#last})`;
      assert.deepEqual({ answer: redis, told: toldByRedis }, { answer: memory, told: toldByMemory }, where);
    }
  }

  #below(limit: number): number {
    return Math.floor(this.#prng.next() * limit);
  }

  /** Draws a call; the answers of both sides as plain values. */
  #call(): Promise<unknown>[] {
    const kind = this.#below(100);
    if (kind < 30 || this.#issued.length === 0) return this.#login();
    const session = this.#issued[Math.max(0, this.#issued.length - 1 - this.#below(this.#below(4) === 0 ? 30 : 4))]!;
    const uid = this.#below(12) === 0 ? this.#uid() : session.uid;
    if (kind < 60) return this.#refresh(session, uid);
    if (kind < 72) return this.#each('find', async (store) => plain(await store.find(uid, session.sid)));
    if (kind < 80) {
      const jti = this.#below(4) === 0 ? strangeId : session.jti;
      return this.#each('admit', (store) => store.admit(uid, session.sid, jti));
    }
    if (kind < 85) return this.#each('revoke', (store) => store.revoke(uid, session.sid));
    if (kind < 87) return this.#each('revokeUser', (store) => store.revokeUser(uid));
    this.#pass();
    return [Promise.resolve(0), Promise.resolve(0)];
  }

  #each<T>(what: string, verb: (store: AuthStore) => Promise<T>): Promise<T>[] {
    this.#last = what;
    return this.#sides.map(({ store }) => verb(store));
  }

  /** Sixteen random bytes. */
  #id(): Buffer {
    const id = Buffer.allocUnsafe(16);
    for (let at = 0; at < 16; at += 4) id.writeUInt32LE(this.#prng.nextU32(), at);
    return id;
  }

  #userHash(uid: string): Buffer {
    const known = this.#userHashes.get(uid) ?? createHash('sha256').update(uid).digest().subarray(0, 16);
    this.#userHashes.set(uid, known);
    return known;
  }

  #uid(): string {
    return `${this.#name}u${this.#below(USERS)}`;
  }

  /** Time goes on: by less than the grace, about the grace, about the access time, a day, a month. */
  #pass(): void {
    const steps = [1, 400, 9_999, 10_000, 10_001, 900_000, 20_000_000, 86_400_000, 2_592_000_000];
    this.#clock.ms += steps[this.#below(this.#below(3) === 0 ? steps.length : 6)]!;
  }

  #login(): Promise<unknown>[] {
    const count = 1 + this.#below(3);
    const users = Array.from({ length: count }, () => ({ uid: this.#uid(), device: devices[this.#below(DEVICES)]! }));
    const sessions = users.map(({ uid, device }) => {
      return { uid, device, sid: this.#id(), family: this.#id(), jti: this.#id(), generation: 1 };
    });
    this.#issued.push(...sessions);
    for (const { sid } of sessions) this.#claim(sid);
    const nowS = Math.floor(this.#clock.ms / 1000);
    return this.#each('login', async (store) => {
      const batch = new LoginBatch(count);
      for (const [i, { uid, device, sid, family, jti }] of sessions.entries()) {
        batch.uids.set(Buffer.from(uid, 'latin1'), i * 64);
        batch.uidLengths[i] = uid.length;
        batch.userHashes.set(this.#userHash(uid), i * 16);
        batch.deviceMacs.set(device, i * 32);
        batch.sids.set(sid, i * 16);
        batch.families.set(family, i * 16);
        batch.jtis.set(jti, i * 16);
      }
      batch.count = count;
      batch.accessExpS = nowS + 900;
      batch.refreshExpS = nowS + 86_400;
      await store.login(batch);
      return [...batch.outcome];
    });
  }

  #refresh(session: Issued, uid: string): Promise<unknown>[] {
    const jti = this.#id();
    const back = this.#below(4);
    const request = {
      uid,
      family: session.family,
      generation: Math.max(1, session.generation - (back > 1 ? 0 : back)),
      deviceMac: this.#below(25) === 0 ? strangeDevice : session.device,
      newJti: jti,
      accessExpS: Math.floor(this.#clock.ms / 1000) + 900,
    };
    return this.#each(`refresh ${request.generation}`, async (store) => {
      const outcome = await store.refresh(request);
      if (outcome.kind === 'rotated') Object.assign(session, { generation: outcome.generation, jti });
      return plain(outcome);
    });
  }
}

/** An answer with its bytes as text. A store may have forgotten what is over, so `expired` and `unknown` are one. */
function plain(answer: object | undefined): unknown {
  if (answer === undefined) return undefined;
  if ((answer as RefreshOutcome).kind === 'expired') return { kind: 'unknown' };
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [key, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value]),
  );
}

/** Runs sequences first .. first + count - 1 over a Redis of its own. */
async function runSequences({ seed, first, count }: SequencesOrder): Promise<void> {
  const server = await RedisServer.start();
  const shared = await SharedLink.open(server.url);
  const lane = async (from: number): Promise<void> => {
    for (let number = from; number < first + count; number += LANES) {
      const limits = LIMITS[number % LIMITS.length]!;
      const clock = new ManualClock();
      const memory = new MemoryStore({ table: SessionTable.create(1_000), clock, ...limits });
      const { store: redis } = shared.store({ clock, ...limits });
      const sides = [memory, redis].map((store) => {
        const ended: string[] = [];
        store.onEnded((sids, code) => {
          for (let at = 0; at < sids.length; at += 16) ended.push(`${code} ${Buffer.from(sids.subarray(at, at + 16)).toString('hex')}`);
        });
        return { store, ended };
      });
      await new Sequence(seed, number, clock, sides, (sid) => shared.claim(sid, redis)).run();
      shared.drop(redis);
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, (_, i) => lane(first + i)));
  } finally {
    shared.link.close();
    await server.close();
  }
}

await runSequences(workerData as SequencesOrder);
