import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { LoginBatch } from '../../../reference-server/auth/login-batch.js';
import { MemoryStore } from '../../../reference-server/auth/memory-store.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import { LOGIN_FULL, LOGIN_OK, REPLACED, REVOKED } from '../../../reference-server/auth/store.js';
import { Prng } from '../../../src/core/prng.js';
import { ManualClock } from './manual-clock.js';

const seed = Number(process.env.GWRK_SEED ?? 815);
const ACCESS_S = 900;
const REFRESH_S = 86_400;

function setUp(capacity: number, maxSessionsPerUser = 1) {
  const clock = new ManualClock();
  const table = SessionTable.create(capacity);
  const store = new MemoryStore({ table, clock, maxSessionsPerUser, maxDevicesPerUser: 5, devicePolicy: 'evict' });
  const ended: [code: number, sid: string][] = [];
  store.onEnded((sids, code) => {
    for (let at = 0; at < sids.length; at += 16) ended.push([code, Buffer.from(sids.subarray(at, at + 16)).toString('hex')]);
  });
  let issued = 0;
  /** Logs in each uid in one batch; returns their sids and outcomes. */
  const login = async (...uids: string[]) => {
    const batch = new LoginBatch(uids.length);
    for (const [i, uid] of uids.entries()) {
      batch.userHashes.set(createHash('sha256').update(uid).digest().subarray(0, 16), i * 16);
      batch.sids.set(createHash('md5').update(`sid ${issued++}`).digest(), i * 16);
      batch.jtis.set(batch.sids.subarray(i * 16, i * 16 + 16), i * 16);
      batch.families.fill(issued & 0xff, i * 16, i * 16 + 16);
    }
    batch.count = uids.length;
    batch.accessExpS = clock.ms / 1000 + ACCESS_S;
    batch.refreshExpS = clock.ms / 1000 + REFRESH_S;
    await store.login(batch);
    return { sids: uids.map((_, i) => Buffer.from(batch.sids.subarray(i * 16, i * 16 + 16))), outcome: [...batch.outcome] };
  };
  const takeEnded = (): [number, string][] => ended.splice(0);
  return { clock, table, store, login, takeEnded };
}

const hex = (sid: Buffer): string => sid.toString('hex');

test('a session that was stored is found by its user only', async () => {
  const { store, login, clock } = setUp(10);
  const { sids, outcome } = await login('alice');
  assert.deepEqual(outcome, [LOGIN_OK]);
  const found = await store.find('alice', sids[0]!);
  assert.equal(found?.accessExpS, clock.ms / 1000 + ACCESS_S);
  assert.equal(found?.refreshExpS, clock.ms / 1000 + REFRESH_S);
  assert.deepEqual(found?.family, new Uint8Array(16).fill(1));
  assert.equal(await store.find('bob', sids[0]!), undefined);
  assert.equal(await store.find('alice', Buffer.alloc(16)), undefined);
});

test('a user over the limit loses the oldest session, and its connection is told REPLACED', async () => {
  const { store, login, takeEnded } = setUp(10, 2);
  const [a, b, c] = [(await login('alice')).sids[0]!, (await login('alice')).sids[0]!, (await login('alice', 'bob')).sids[0]!];
  assert.deepEqual(takeEnded(), [[REPLACED, hex(a)]]);
  assert.equal(await store.find('alice', a), undefined);
  assert.ok((await store.find('alice', b)) && (await store.find('alice', c)));
});

test('two logins of one user in one batch leave the later one', async () => {
  const { store, login, takeEnded } = setUp(10);
  const { sids, outcome } = await login('alice', 'alice');
  assert.deepEqual(outcome, [LOGIN_OK, LOGIN_OK]);
  assert.deepEqual(takeEnded(), [[REPLACED, hex(sids[0]!)]]);
  assert.equal(await store.find('alice', sids[0]!), undefined);
  assert.ok(await store.find('alice', sids[1]!));
});

test('revoking ends a session once and tells REVOKED', async () => {
  const { store, login, takeEnded, table } = setUp(10);
  const { sids } = await login('alice');
  assert.equal(await store.revoke('bob', sids[0]!), false, 'not by another user');
  assert.equal(await store.revoke('alice', sids[0]!), true);
  assert.equal(await store.revoke('alice', sids[0]!), false);
  assert.deepEqual(takeEnded(), [[REVOKED, hex(sids[0]!)]]);
  assert.equal(table.size, 0);
});

test('a session ends 24 hours after its login to the second, and its row is used again', async () => {
  const { store, login, clock, takeEnded, table } = setUp(2);
  const { sids } = await login('alice');
  clock.ms += 1_000;
  await login('bob');
  clock.ms += REFRESH_S * 1_000 - 1_001;
  assert.ok(await store.find('alice', sids[0]!));
  clock.ms += 1;
  assert.equal(await store.find('alice', sids[0]!), undefined, 'also before a sweep');
  store.sweep();
  assert.equal(table.size, 1);
  assert.deepEqual(takeEnded(), [], 'nobody is connected by it any more');
  assert.deepEqual((await login('carol')).outcome, [LOGIN_OK]);
});

test('a full store refuses, until the oldest session has no access any more', async () => {
  const { login, clock, takeEnded } = setUp(2);
  const { sids } = await login('alice', 'bob');
  assert.deepEqual((await login('carol')).outcome, [LOGIN_FULL]);
  assert.deepEqual((await login('bob')).outcome, [LOGIN_OK], 'a user who loses a session needs no more room');
  takeEnded();
  clock.ms += ACCESS_S * 1_000;
  assert.deepEqual((await login('carol')).outcome, [LOGIN_OK]);
  assert.deepEqual(takeEnded(), [[REPLACED, hex(sids[0]!)]]);
});

test(`the store agrees with a list over 5,000 random verbs (seed ${seed})`, async () => {
  const prng = new Prng(seed);
  const { store, login, clock, takeEnded, table } = setUp(64, 3);
  interface Session {
    uid: string;
    sid: Buffer;
    endS: number;
  }
  let model: Session[] = [];
  const same = (a: Session, sid: Buffer): boolean => a.sid.equals(sid);
  for (let step = 0; step < 5_000; step++) {
    const uid = `u${prng.between(0, 30)}`;
    const roll = prng.next();
    const nowS = (): number => Math.floor(clock.ms / 1000);
    if (roll < 0.5) {
      model = model.filter(({ endS }) => endS > nowS());
      const own = model.filter((session) => session.uid === uid);
      const dropped = own.slice(0, Math.max(0, own.length - 2));
      model = model.filter((session) => !dropped.includes(session));
      if (model.length === 64 && model[0]!.endS - REFRESH_S + ACCESS_S <= nowS()) dropped.push(model.shift()!);
      const isFull = model.length === 64;
      const { sids, outcome } = await login(uid);
      assert.deepEqual(outcome, [isFull ? LOGIN_FULL : LOGIN_OK]);
      assert.deepEqual(
        takeEnded(),
        dropped.map(({ sid }) => [REPLACED, hex(sid)]),
      );
      if (!isFull) model.push({ uid, sid: sids[0]!, endS: clock.ms / 1000 + REFRESH_S });
    } else if (roll < 0.7 && model.length > 0) {
      const session = model[prng.between(0, model.length - 1)]!;
      assert.equal(await store.revoke(session.uid, session.sid), session.endS > nowS());
      if (session.endS > nowS()) model = model.filter((other) => !same(other, session.sid));
      takeEnded();
    } else if (roll < 0.75) {
      clock.ms += prng.between(0, 12) * 3_600_000;
    } else if (roll < 0.8) {
      store.sweep();
      model = model.filter(({ endS }) => endS > nowS());
      assert.equal(table.size, model.length);
    } else if (model.length > 0) {
      const session = model[prng.between(0, model.length - 1)]!;
      assert.equal((await store.find(session.uid, session.sid)) !== undefined, session.endS > nowS());
    }
  }
});
