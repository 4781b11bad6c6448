import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { LoginBatch } from '../../../reference-server/auth/login-batch.js';
import { MemoryStore } from '../../../reference-server/auth/memory-store.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import { REPLACED, type StoreLimits } from '../../../reference-server/auth/store.js';
import { Prng } from '../../../src/core/prng.js';
import { ManualClock } from './manual-clock.js';
import { NaiveStore, plainOutcome } from './naive-store.js';
import { ACCESS_S, DAY_S, deviceMac, userHash } from './store-bench.js';

const seed = Number(process.env.GWRK_SEED ?? 1871);
const SEQUENCES = 300;
const CALLS = 120;

const LIMITS: readonly StoreLimits[] = [
  { maxSessionsPerUser: 1, maxDevicesPerUser: 5, devicePolicy: 'evict' },
  { maxSessionsPerUser: 1, maxDevicesPerUser: 2, devicePolicy: 'deny' },
  { maxSessionsPerUser: 3, maxDevicesPerUser: 2, devicePolicy: 'evict' },
  { maxSessionsPerUser: 4, maxDevicesPerUser: 1, devicePolicy: 'evict' },
  { maxSessionsPerUser: 4, maxDevicesPerUser: 3, devicePolicy: 'deny' },
];
const UIDS = ['alice', 'bob', 'carol'];
const DEVICES = ['phone', 'tablet', 'console', 'thief'];
/** Steps of time, most of them short: within the grace, around its end, an access, hours, days. */
const STEPS_MS = [0, 0, 0, 1, 500, 4_000, 9_999, 10_000, 10_001, 60_000, 900_000, 3 * 3_600_000, DAY_S * 1000, 9 * DAY_S * 1000];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

interface Known {
  readonly uid: string;
  readonly device: string;
  readonly sid: Buffer;
  readonly family: Buffer;
  generation: number;
}

async function runSequence(number: number): Promise<void> {
  const prng = new Prng(seed * 1_000 + number);
  const pick = <T>(list: readonly T[]): T => list[prng.between(0, list.length - 1)]!;
  const limits = LIMITS[number % LIMITS.length]!;
  const clock = new ManualClock();
  const table = SessionTable.create(64);
  const store = new MemoryStore({ table, clock, ...limits });
  const naive = new NaiveStore(limits, () => clock.ms);
  const ended: string[] = [];
  store.onEnded((sids, code) => {
    for (let at = 0; at < sids.length; at += 16) {
      ended.push(`${code === REPLACED ? 'replaced' : 'revoked'} ${hex(sids.subarray(at, at + 16))}`);
    }
  });
  const known: Known[] = [];
  let ids = 0;
  const id = (): Buffer => createHash('md5').update(`${number} ${ids++}`).digest();
  const nowS = (): number => Math.floor(clock.ms / 1000);

  const login = async (): Promise<[unknown, unknown]> => {
    const count = prng.between(1, 3);
    const batch = new LoginBatch(count);
    batch.count = count;
    batch.accessExpS = nowS() + ACCESS_S;
    batch.refreshExpS = nowS() + DAY_S;
    const expected: number[] = [];
    for (let i = 0; i < count; i++) {
      const [uid, device] = [pick(UIDS), pick(DEVICES)];
      const [sid, jti, family] = [id(), id(), id()];
      for (const [column, bytes] of [
        [batch.sids, sid],
        [batch.jtis, jti],
        [batch.families, family],
        [batch.userHashes, userHash(uid)],
      ] as const) {
        column.set(bytes, i * 16);
      }
      batch.deviceMacs.set(deviceMac(device), i * 32);
      const ends = { accessExpS: batch.accessExpS, endS: batch.refreshExpS };
      expected.push(naive.login({ uid, device: hex(deviceMac(device)), sid: hex(sid), jti: hex(jti), family: hex(family), ...ends }));
      known.push({ uid, device, sid, family, generation: 1 });
    }
    await store.login(batch);
    return [[...batch.outcome], expected];
  };

  const refresh = async (session: Known): Promise<[unknown, unknown]> => {
    const request = {
      uid: prng.next() < 0.95 ? session.uid : pick(UIDS),
      family: session.family,
      generation: Math.max(0, session.generation - pick([0, 0, 0, 0, 1, 1, 2, -1])),
      deviceMac: deviceMac(prng.next() < 0.95 ? session.device : pick(DEVICES)),
      newJti: id(),
      accessExpS: nowS() + ACCESS_S,
    };
    const expected = naive.refresh(request);
    if (typeof expected.generation === 'number') session.generation = expected.generation;
    return [plainOutcome(await store.refresh(request)), expected];
  };

  const call = async (): Promise<[unknown, unknown]> => {
    const roll = prng.next();
    if (roll < 0.3 || known.length === 0) return login();
    // Mostly young sessions: the old ones have long ended.
    const session = known[Math.max(0, known.length - prng.between(1, 8))]!;
    const { uid, sid } = session;
    if (roll < 0.75) return refresh(session);
    if (roll < 0.8) return [await store.revoke(uid, sid), naive.revoke(uid, hex(sid))];
    if (roll < 0.83) return [await store.revokeUser(uid), naive.revokeUser(uid)];
    const model = naive.find(uid, hex(sid));
    if (roll < 0.9) {
      const jti = model === undefined || prng.next() < 0.2 ? id() : Buffer.from(model.jti, 'hex');
      return [await store.admit(uid, sid, jti), naive.admit(uid, hex(sid), hex(jti))];
    }
    const found = await store.find(uid, sid);
    return [found && [hex(found.family), found.accessExpS, found.refreshExpS], model && [model.family, model.accessExpS, model.endS]];
  };

  for (let n = 0; n < CALLS; n++) {
    clock.ms += pick(STEPS_MS);
    const where = `seed ${seed}, sequence ${number}, call ${n}`;
    const [got, expected] = await call();
    assert.deepEqual(got, expected, where);
    assert.deepEqual(ended.splice(0).sort(), naive.takeEnded().sort(), where);
    if (n % 10 !== 9) continue;
    store.sweep();
    assert.equal(table.size, naive.size, where);
  }
}

test(`${SEQUENCES} random sequences of ${CALLS} calls agree with a store of plain lists (seed ${seed})`, async () => {
  for (let number = 0; number < SEQUENCES; number++) await runSequence(number);
});
