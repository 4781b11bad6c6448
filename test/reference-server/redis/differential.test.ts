/** Random sequences of calls on both stores: the same answers, to the letter, and the same sessions told as ended. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { LoginBatch } from '../../../reference-server/auth/login-batch.js';
import { MemoryStore } from '../../../reference-server/auth/memory-store.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import type { AuthStore, RefreshOutcome, StoreLimits } from '../../../reference-server/auth/store.js';
import { Prng } from '../../../src/core/prng.js';
import { ManualClock } from '../auth/manual-clock.js';
import { needsRedis, RedisServer } from './redis-server.js';
import { SharedLink } from './store-under-test.js';

const SEQUENCES = Number(process.env.SEQ ?? 1000);
const CALLS = 200;
/** Sequences that run at the same time, each with users of its own: commands of all of them share the way to Redis. */
const LANES = 24;
const seed = Number(process.env.GWRK_SEED ?? 20_261);
const USERS = 3;
const DEVICES = 4;

const bytes = (text: string, length: number): Buffer => createHash('sha512').update(text).digest().subarray(0, length);
const LIMITS: readonly StoreLimits[] = [
  { maxSessionsPerUser: 1, maxDevicesPerUser: 10, devicePolicy: 'evict' },
  { maxSessionsPerUser: 2, maxDevicesPerUser: 2, devicePolicy: 'evict' },
  { maxSessionsPerUser: 3, maxDevicesPerUser: 2, devicePolicy: 'deny' },
  { maxSessionsPerUser: 5, maxDevicesPerUser: 3, devicePolicy: 'evict' },
];

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
  readonly #prng: Prng;
  readonly #name: string;
  readonly #clock: ManualClock;
  readonly #sides: readonly Side[];
  readonly #issued: Issued[] = [];
  #drawn = 0;
  #last = '';

  constructor(number: number, clock: ManualClock, sides: readonly Side[]) {
    this.#prng = new Prng(seed + number);
    this.#name = `s${number}-`;
    this.#clock = clock;
    this.#sides = sides;
  }

  async run(): Promise<void> {
    for (let call = 0; call < CALLS; call++) {
      const [memory, redis] = await Promise.all(this.#call());
      const [toldByMemory, toldByRedis] = this.#sides.map(({ ended }) => ended.splice(0).sort());
      const where = `seed ${seed}, sequence ${this.#name} call ${call} (${this.#last})`;
      assert.deepEqual(redis, memory, where);
      assert.deepEqual(toldByRedis, toldByMemory, `${where}: who was told`);
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
      const jti = this.#below(4) === 0 ? bytes('another', 16) : session.jti;
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
    const users = Array.from({ length: count }, () => ({ uid: this.#uid(), device: bytes(`device ${this.#below(DEVICES)}`, 32) }));
    const first = this.#drawn;
    this.#drawn += count;
    const sessions = users.map(({ uid, device }, i) => {
      const id = (what: string): Buffer => bytes(`${what} ${this.#name}${first + i}`, 16);
      return { uid, device, sid: id('sid'), family: id('family'), jti: id('jti'), generation: 1 };
    });
    this.#issued.push(...sessions);
    const nowS = Math.floor(this.#clock.ms / 1000);
    return this.#each('login', async (store) => {
      const batch = new LoginBatch(count);
      for (const [i, { uid, device, sid, family, jti }] of sessions.entries()) {
        batch.uids.set(Buffer.from(uid, 'latin1'), i * 64);
        batch.uidLengths[i] = uid.length;
        batch.userHashes.set(createHash('sha256').update(uid).digest().subarray(0, 16), i * 16);
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
    const jti = bytes(`jti ${this.#name}${this.#drawn++}`, 16);
    const back = this.#below(4);
    const request = {
      uid,
      family: session.family,
      generation: Math.max(1, session.generation - (back > 1 ? 0 : back)),
      deviceMac: this.#below(25) === 0 ? bytes('device of a thief', 32) : session.device,
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

test(`${SEQUENCES} sequences of ${CALLS} calls: Redis answers as the memory does`, {
  skip: needsRedis,
  timeout: 120_000,
}, async (context) => {
  context.diagnostic(`GWRK_SEED=${seed}`);
  const server = await RedisServer.start();
  const shared = await SharedLink.open(server.url);
  try {
    const lane = async (first: number): Promise<void> => {
      for (let number = first; number < SEQUENCES; number += LANES) {
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
        try {
          await new Sequence(number, clock, sides).run();
        } finally {
          shared.drop(redis);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
  } finally {
    shared.link.close();
    await server.close();
  }
});
