import assert from 'node:assert/strict';
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { HOSTILE_UIDS } from '../auth/hostile-uids.js';
import { ADMIN_TOKEN, type Answer, ask, BEARER, DFP, FREE_PORTS, MASTER_KEY, SECRETS } from './http-client.js';

let server: Server;

before(async () => {
  server = await startServer(parseServeOptions([...FREE_PORTS, '--max-sessions', '500', '--proof', 'none'], SECRETS), systemClock);
});

after(() => server.stop());

interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly sid: string;
  readonly secret: string;
  readonly accessExp: number;
  readonly refreshExp: number;
}

let users = 0;
const freshUid = (): string => `user-${users++}`;

async function login(uid: string, dfp = DFP): Promise<Tokens> {
  const answer = await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid, dfp }) });
  assert.equal(answer.status, 200, answer.text);
  return answer.json as unknown as Tokens;
}

const post = (path: string, body: unknown): Promise<Answer> =>
  ask(server.httpPort, path, { body: typeof body === 'string' ? body : JSON.stringify(body) });
const refresh = (uid: string, token: string, dfp = DFP): Promise<Answer> => post('/v1/refresh', { uid, refresh: token, dfp });
const admin = (path: string, body: unknown, headers: Record<string, string> = BEARER): Promise<Answer> =>
  ask(server.adminPort, path, { body: JSON.stringify(body), headers });

const rtKey = Buffer.from(hkdfSync('sha256', Buffer.from(MASTER_KEY, 'hex'), '', 'gwrk/1 rt', 32));

/** A refresh token as docs/protocol.md describes it. */
function refreshToken(family: Uint8Array, generation: number, uid: string, key: Uint8Array = rtKey): string {
  const body = Buffer.alloc(20);
  body.set(family);
  body.writeUInt32LE(generation, 16);
  return Buffer.concat([body, createHmac('sha256', key).update(body).update(uid).digest().subarray(0, 16)]).toString('base64url');
}

const familyOf = (token: string): Buffer => Buffer.from(token, 'base64url').subarray(0, 16);
const claimsOf = (access: string) => JSON.parse(Buffer.from(access.split('.')[1]!, 'base64url').toString());

async function outcomes(): Promise<Record<string, number>> {
  const { text } = await ask(server.adminPort, '/metrics');
  const found = [...text.matchAll(/^gwrk_refreshes_total\{outcome="(\w+)"\} (\d+)$/gm)];
  return Object.fromEntries(found.map(([, name, count]) => [name!, Number(count)]));
}

test('a refresh answers new tokens of the same session that nobody may cache', async () => {
  const uid = freshUid();
  const first = await login(uid);
  const answer = await refresh(uid, first.refresh);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.deepEqual(Object.keys(answer.json), ['access', 'refresh', 'sid', 'accessExp', 'refreshExp']);
  const second = answer.json as unknown as Tokens;
  assert.deepEqual([second.sid, second.refreshExp], [first.sid, first.refreshExp]);
  assert.equal(second.refresh, refreshToken(familyOf(first.refresh), 2, uid), 'generation 2, as the description says');
  const [before, now] = [claimsOf(first.access), claimsOf(second.access)];
  assert.notEqual(now.jti, before.jti);
  assert.deepEqual([now.sub, now.sid, now.dfp, now.exp], [uid, first.sid, before.dfp, second.accessExp]);
});

test('the same request again, as after a lost answer, gets the same answer to the letter, and its tokens are good', async () => {
  const uid = freshUid();
  const first = await login(uid);
  const answers = [await refresh(uid, first.refresh), await refresh(uid, first.refresh), await refresh(uid, first.refresh)];
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  const next = await refresh(uid, String(answers[2]!.json.refresh));
  assert.equal(next.json.refresh, refreshToken(familyOf(first.refresh), 3, uid));
});

test('ten requests at once of one token all get one and the same answer', async () => {
  const uid = freshUid();
  const first = await login(uid);
  const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(uid, first.refresh)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
});

test('every token that is not good is refused with one and the same answer, and the reason stands in the metrics only', async (t) => {
  const [uid, other] = [freshUid(), freshUid()];
  const mine = await login(uid);
  await login(other);
  const family = familyOf(mine.refresh);
  const isRefused = (sentence: string, outcome: string, send: () => Promise<Answer>) =>
    t.test(sentence, async () => {
      const before = await outcomes();
      const answer = await send();
      assert.equal(answer.status, 401);
      assert.equal(answer.text, '{"error":"AUTH_FAILED"}');
      assert.equal(answer.headers['cache-control'], 'no-store');
      const after = await outcomes();
      for (const name of Object.keys(after)) assert.equal(after[name]! - before[name]!, name === outcome ? 1 : 0, name);
    });
  await isRefused('under another key', 'forged', () => refresh(uid, refreshToken(family, 1, uid, randomBytes(32))));
  await isRefused('of another user', 'forged', () => refresh(other, mine.refresh));
  await isRefused('a generation that somebody raised', 'forged', () => {
    const bytes = Buffer.from(mine.refresh, 'base64url');
    bytes[16]! += 1;
    return refresh(uid, bytes.toString('base64url'));
  });
  await isRefused('of a user that does not exist', 'forged', () => refresh('nobody', mine.refresh));
  await isRefused('generation 0, well made', 'forged', () => refresh(uid, refreshToken(family, 0, uid)));
  await isRefused('a family that never was, well made', 'unknown', () => refresh(uid, refreshToken(randomBytes(16), 1, uid)));
  assert.equal((await refresh(uid, mine.refresh)).status, 200, 'and the session is none the worse');
  await isRefused('from another device', 'device', () => refresh(uid, mine.refresh, randomBytes(32).toString('base64url')));
  await isRefused('after that', 'unknown', () => refresh(uid, mine.refresh));
});

test('a token of two generations ago ends the session for the thief and the player', async () => {
  const uid = freshUid();
  const first = await login(uid);
  const second = (await refresh(uid, first.refresh)).json as unknown as Tokens;
  const third = (await refresh(uid, second.refresh)).json as unknown as Tokens;
  for (const token of [first, second, third]) assert.equal((await refresh(uid, token.refresh)).status, 401);
});

test('no bit of a refresh token may be turned', async () => {
  const uids = Array.from({ length: 36 }, freshUid);
  await Promise.all(
    uids.map(async (uid, byte) => {
      const { refresh: token } = await login(uid);
      for (let bit = 0; bit < 8; bit++) {
        const bytes = Buffer.from(token, 'base64url');
        bytes[byte]! ^= 1 << bit;
        assert.equal((await refresh(uid, bytes.toString('base64url'))).status, 401, `byte ${byte}, bit ${bit}`);
      }
      assert.equal((await refresh(uid, token)).status, 200);
    }),
  );
});

for (const path of ['/v1/refresh', '/v1/logout']) {
  test(`a malformed body of ${path} is 400, whatever is wrong with it`, async (t) => {
    const uid = freshUid();
    const { refresh: token } = await login(uid);
    const good = { uid, refresh: token, dfp: DFP };
    const bad: [sentence: string, body: unknown][] = [
      ['nothing', ''],
      ['no JSON', 'uid=alice'],
      ['null', 'null'],
      ['an array', '[]'],
      ['no uid', { ...good, uid: undefined }],
      ['no refresh', { ...good, refresh: undefined }],
      ['no dfp', { ...good, dfp: undefined }],
      ['uid as an array', { ...good, uid: [uid] }],
      ['refresh as an array', { ...good, refresh: [token] }],
      ['refresh of 35 bytes', { ...good, refresh: Buffer.alloc(35).toString('base64url') }],
      ['refresh of 37 bytes', { ...good, refresh: Buffer.alloc(37).toString('base64url') }],
      ['refresh padded', { ...good, refresh: `${token.slice(0, 46)}==` }],
      ['refresh in the other alphabet', { ...good, refresh: `+/${token.slice(2)}` }],
      ['refresh beyond ASCII', { ...good, refresh: `Ł${token.slice(1)}` }],
      ['dfp of 31 bytes', { ...good, dfp: Buffer.alloc(31).toString('base64url') }],
      ['dfp with unused bits set', { ...good, dfp: `${'A'.repeat(42)}B` }],
    ];
    for (const [sentence, body] of bad) {
      await t.test(sentence, async () => {
        const answer = await post(path, body);
        assert.deepEqual([answer.status, answer.json.error], [400, 'MALFORMED']);
      });
    }
    assert.equal((await post(path, JSON.stringify(good).padEnd(4_097))).status, 413);
    assert.equal((await post(path, JSON.stringify(good).padEnd(4_096))).status, 200);
    assert.equal((await ask(server.httpPort, path)).status, 404, 'GET');
  });
}

test('the eleventh refresh of a user at once is 429 with Retry-After, good or not', async () => {
  const uid = freshUid();
  const { refresh: token } = await login(uid);
  const answers = await Promise.all(Array.from({ length: 11 }, () => refresh(uid, token)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(10).fill(200), 429]);
  const seconds = Number(answers.find(({ status }) => status === 429)!.headers['retry-after']);
  assert.ok(seconds >= 1 && seconds <= 12, String(seconds));
  assert.equal((await login(uid)).sid.length, 22, 'logins have attempts of their own');
});

test('a logout ends the session, once, and its tokens are good no more', async () => {
  const uid = freshUid();
  const tokens = await login(uid);
  const answer = await post('/v1/logout', { uid, refresh: tokens.refresh, dfp: DFP });
  assert.deepEqual([answer.status, answer.text, answer.headers['cache-control']], [200, `{"sid":"${tokens.sid}"}`, 'no-store']);
  assert.equal((await post('/v1/logout', { uid, refresh: tokens.refresh, dfp: DFP })).text, '{"error":"AUTH_FAILED"}');
  assert.equal((await refresh(uid, tokens.refresh)).status, 401);
  assert.equal((await admin('/admin/v1/revoke', { uid, sid: tokens.sid })).json.revoked, 0);
});

test('a logout needs the refresh token of that very user and device', async () => {
  const uid = freshUid();
  const tokens = await login(uid);
  const bodies = [
    { uid: freshUid(), refresh: tokens.refresh, dfp: DFP },
    { uid, refresh: refreshToken(familyOf(tokens.refresh), 1, uid, randomBytes(32)), dfp: DFP },
  ];
  for (const body of bodies) assert.equal((await post('/v1/logout', body)).status, 401);
  assert.equal((await refresh(uid, tokens.refresh)).status, 200);
});

test('an administrator revokes one session of a user or all, and hears how many', async () => {
  const many = await startServer(
    parseServeOptions([...FREE_PORTS, '--max-sessions', '50', '--proof', 'none', '--sessions-per-user', '3'], SECRETS),
    systemClock,
  );
  try {
    const logins = [];
    for (let n = 0; n < 3; n++) {
      logins.push((await ask(many.httpPort, '/v1/login', { body: JSON.stringify({ uid: 'alice', dfp: DFP }) })).json);
    }
    const revoke = async (body: unknown) =>
      (await ask(many.adminPort, '/admin/v1/revoke', { body: JSON.stringify(body), headers: BEARER })).text;
    assert.equal(await revoke({ uid: 'alice', sid: logins[1]!.sid }), '{"revoked":1}');
    assert.equal(await revoke({ uid: 'alice', sid: logins[1]!.sid }), '{"revoked":0}');
    assert.equal(await revoke({ uid: 'bob', sid: logins[0]!.sid }), '{"revoked":0}');
    assert.equal(await revoke({ uid: 'alice' }), '{"revoked":2}');
    assert.equal(await revoke({ uid: 'alice' }), '{"revoked":0}');
  } finally {
    await many.stop();
  }
});

test('a revocation needs the bearer, and a body of its form', async () => {
  assert.equal((await admin('/admin/v1/revoke', { uid: 'alice' }, {})).status, 401);
  assert.equal((await admin('/admin/v1/revoke', { uid: 'alice' }, { authorization: `Bearer ${ADMIN_TOKEN}x` })).status, 401);
  assert.equal((await admin('/admin/v1/revoke', { uid: 'alice' }, { ...BEARER, host: 'example.com' })).status, 403);
  for (const body of [
    null,
    [],
    {},
    { uid: 7 },
    { uid: 'a b' },
    { uid: 'alice', sid: 7 },
    { uid: 'alice', sid: null },
    { uid: 'alice', sid: 'AAAA' },
  ]) {
    assert.equal((await admin('/admin/v1/revoke', body)).status, 400, JSON.stringify(body));
  }
});

test(`${HOSTILE_UIDS.length} hostile uids are 400 at every door, and the store holds what it held (S10)`, async () => {
  assert.ok(HOSTILE_UIDS.length >= 200);
  const sessions = async () => (await ask(server.adminPort, '/admin/v1/stats', { headers: BEARER })).json.sessions;
  const held = await sessions();
  for (const uid of HOSTILE_UIDS) {
    const body = { uid, dfp: DFP, refresh: refreshToken(randomBytes(16), 1, uid) };
    const statuses = await Promise.all([
      post('/v1/login', body),
      post('/v1/refresh', body),
      post('/v1/logout', body),
      admin('/admin/v1/revoke', { uid }),
      admin('/admin/v1/sessions', { sessions: [{ uid, dfp: DFP }] }),
    ]);
    for (const { status } of statuses) assert.equal(status, 400, JSON.stringify(uid));
  }
  assert.equal(await sessions(), held);
});

test('a further device is 403 where devices are denied, for a login and for a bulk of them', async () => {
  const strict = await startServer(
    parseServeOptions(
      [...FREE_PORTS, '--max-sessions', '50', '--proof', 'none', '--devices-per-user', '1', '--device-policy', 'deny'],
      SECRETS,
    ),
    systemClock,
  );
  try {
    const other = randomBytes(32).toString('base64url');
    const from = (dfp: string) => ask(strict.httpPort, '/v1/login', { body: JSON.stringify({ uid: 'alice', dfp }) });
    assert.equal((await from(DFP)).status, 200);
    assert.equal((await from(DFP)).status, 200);
    const refused = await from(other);
    assert.deepEqual([refused.status, refused.text], [403, '{"error":"DEVICE_LIMIT","code":"0304"}']);
    const sessions = [
      { uid: 'bob', dfp: DFP },
      { uid: 'alice', dfp: other },
    ];
    const bulk = await ask(strict.adminPort, '/admin/v1/sessions', { body: JSON.stringify({ sessions }), headers: BEARER });
    assert.deepEqual([bulk.status, bulk.json.error], [403, 'DEVICE_LIMIT']);
    const { json } = await ask(strict.adminPort, '/admin/v1/stats', { headers: BEARER });
    assert.equal(json.sessions, 1, 'none of the bulk was issued');
  } finally {
    await strict.stop();
  }
});
