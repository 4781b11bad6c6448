import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { jwtVerify } from 'jose';
import { Registry } from 'prom-client';
import { Issuer } from '../../../reference-server/auth/issuer.js';
import { LoginBatch } from '../../../reference-server/auth/login-batch.js';
import { MemoryStore } from '../../../reference-server/auth/memory-store.js';
import { Refresher, type RefreshKind } from '../../../reference-server/auth/refresher.js';
import { type RefreshEvent, Renewal } from '../../../reference-server/auth/renewal.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import type { AuthStore } from '../../../reference-server/auth/store.js';
import { listenHttp } from '../../../reference-server/http-listener.js';
import { deriveMasterKeys } from '../../../src/protocol/keys.js';
import { ask } from '../server/http-client.js';
import { ManualClock } from './manual-clock.js';

const keys = deriveMasterKeys(new Uint8Array(32).fill(0x5a));
const PEER = '127.0.0.1:1';
const DFP = new Uint8Array(32).fill(0xd5);

/** A store that counts the refreshes it is asked for, and has no answer while `isDown`. */
class WatchedStore extends MemoryStore {
  asked = 0;
  isDown = false;

  override refresh(request: Parameters<AuthStore['refresh']>[0]): ReturnType<AuthStore['refresh']> {
    this.asked += 1;
    return this.isDown ? Promise.reject(new Error('no answer in 250 ms')) : super.refresh(request);
  }

  override revoke(uid: string, sid: Uint8Array): Promise<boolean> {
    return this.isDown ? Promise.reject(new Error('no answer in 250 ms')) : super.revoke(uid, sid);
  }
}

function setUp(maxSessionsPerUser = 1) {
  const clock = new ManualClock();
  const store = new WatchedStore({
    table: SessionTable.create(100),
    clock,
    maxSessionsPerUser,
    maxDevicesPerUser: 5,
    devicePolicy: 'evict',
  });
  const outcomes: RefreshKind[] = [];
  const refresher = new Refresher({ keys, kid: 1, store, clock, onOutcome: (kind) => outcomes.push(kind) });
  const events: RefreshEvent[] = [];
  const renewal = new Renewal({
    keys,
    kid: 1,
    store,
    clock,
    isLoopbackExempt: true,
    registry: new Registry(),
    onEvent: (event) => events.push(event),
  });
  const issuer = new Issuer({ keys, kid: 1, store, clock });
  const login = async (uid: string) => {
    const batch = new LoginBatch(1);
    assert.ok(issuer.add(batch, uid, Buffer.from(DFP).toString('base64url')));
    const { refresh, sid } = JSON.parse((await issuer.issueOne(batch))!.toString());
    return { uid, refresh: new Uint8Array(Buffer.from(refresh, 'base64url')), sid: new Uint8Array(Buffer.from(sid, 'base64url')) };
  };
  return { clock, store, refresher, renewal, issuer, login, outcomes, events };
}

for (const count of [2, 10, 50]) {
  test(`${count} refreshes of one token at once get one and the same tokens, and the session stays`, async () => {
    const { store, refresher, login, outcomes } = setUp();
    const { uid, refresh, sid } = await login('alice');
    const grants = await Promise.all(Array.from({ length: count }, () => refresher.refresh(uid, refresh, DFP, PEER)));
    for (const grant of grants) assert.deepEqual(grant, grants[0]);
    assert.deepEqual(
      [outcomes.filter((kind) => kind === 'rotated').length, outcomes.filter((kind) => kind === 'repeated').length],
      [1, count - 1],
    );
    assert.ok(await store.find(uid, sid));
  });
}

test('clients that race time and again, each with what it heard last, are never taken for thieves', async () => {
  const { clock, refresher, login, outcomes } = setUp();
  const { uid, refresh } = await login('alice');
  let held: Uint8Array[] = [refresh, refresh, refresh];
  for (let round = 0; round < 90; round++) {
    clock.ms += 840_000 / 90;
    const grants = await Promise.all(held.map((token) => refresher.refresh(uid, token, DFP, PEER)));
    held = grants.map((grant) => grant!.refresh);
  }
  assert.equal(outcomes.filter((kind) => kind === 'rotated').length, 90);
  assert.equal(outcomes.filter((kind) => kind === 'repeated').length, 180);
});

test('a token that the end of the session cuts short was issued that much earlier, and jose takes it', async () => {
  const { clock, refresher, login } = setUp();
  const { uid, refresh } = await login('alice');
  const endS = clock.ms / 1000 + 86_400;
  clock.ms = (endS - 60) * 1000;
  const grant = (await refresher.refresh(uid, refresh, DFP, PEER))!;
  assert.deepEqual([grant.accessExpS, grant.refreshExpS], [endS, endS]);
  const { payload } = await jwtVerify(Buffer.from(grant.access).toString(), keys.jwt, { currentDate: new Date(clock.ms), typ: 'at+jwt' });
  assert.deepEqual([payload.exp, payload.iat], [endS, endS - 900]);
});

test('1,000 forged tokens never reach the store', async () => {
  const { store, refresher, login, outcomes } = setUp();
  const { uid, refresh } = await login('alice');
  for (let n = 0; n < 1_000; n++) {
    const forged = n % 2 === 0 ? new Uint8Array(randomBytes(36)) : refresh.slice();
    if (n % 2 === 1) forged[n % 36]! ^= 1 << (n % 8);
    assert.equal(await refresher.refresh(uid, forged, DFP, PEER), undefined);
  }
  assert.equal(store.asked, 0);
  assert.deepEqual(new Set(outcomes), new Set(['forged']));
  assert.ok(await refresher.refresh(uid, refresh, DFP, PEER));
});

test('what the store refuses is told to the audit by its reason: reuse by its own name', async () => {
  const { clock, renewal, login, events } = setUp();
  const { uid, refresh, sid } = await login('alice');
  const question = { type: 'refresh', slot: 1, number: 1, seq: 2, uid, sid, peer: PEER, token: refresh, dfp: DFP } as const;
  assert.equal((await renewal.answer(question)).code, 0);
  clock.ms += 11_000;
  assert.equal((await renewal.answer(question)).code, 0x0201);
  assert.equal((await renewal.answer(question)).code, 0x0201);
  const who = { uid, peer: PEER };
  assert.deepEqual(events, [
    { event: 'refresh', detail: 'rotated', sid, ...who },
    { event: 'reuse', detail: 'reuse', ...who },
    { event: 'refresh.fail', detail: 'unknown', ...who },
  ]);
});

test('a question of a gateway thread is answered for its slot and number, whatever the store does', async () => {
  const { store, renewal, login } = setUp(2);
  const [first, second] = [await login('alice'), await login('alice')];
  const ask = (session: typeof first, changes = {}) => {
    const { uid, sid, refresh: token } = session;
    return renewal.answer({ type: 'refresh', slot: 7, number: 99, seq: 5, uid, sid, peer: PEER, token, dfp: DFP, ...changes });
  };
  store.isDown = true;
  assert.deepEqual(await ask(first), { type: 'refreshed', slot: 7, number: 99, seq: 5, code: 0x0209, retryAfterMs: 0 });
  store.isDown = false;
  assert.equal((await ask(first, { sid: second.sid })).code, 0x0201, 'of another session of the user');
  const { code, grant, slot, number, seq } = await ask(second);
  assert.deepEqual([slot, number, seq, code, grant?.refresh[16]], [7, 99, 5, 0, 2]);
  for (let n = 3; n < 10; n++) await ask(second);
  const limited = await ask(second);
  assert.equal(limited.code, 0x0301);
  assert.ok(limited.retryAfterMs > 0 && limited.retryAfterMs <= 12_000);
});

test('a store without an answer is 503 for refresh and logout, and the session is none the worse', async () => {
  const { store, renewal, login } = setUp();
  const { uid, refresh } = await login('alice');
  const { routes } = renewal;
  const listener = await listenHttp(
    (request, response) => (request.url === '/v1/refresh' ? routes.refresh(request, response) : routes.logout(request, response)),
    '127.0.0.1',
    0,
    '--http-port',
  );
  const body = JSON.stringify({
    uid,
    refresh: Buffer.from(refresh).toString('base64url'),
    dfp: Buffer.from(DFP).toString('base64url'),
  });
  try {
    store.isDown = true;
    for (const path of ['/v1/refresh', '/v1/logout']) {
      const answer = await ask(listener.port, path, { body });
      assert.deepEqual([answer.status, answer.text], [503, '{"error":"STORE_DOWN","code":"0209"}']);
    }
    store.isDown = false;
    assert.equal((await ask(listener.port, '/v1/refresh', { body })).status, 200);
  } finally {
    await listener.close(0);
  }
});
