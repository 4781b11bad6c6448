import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AuthResult, REASON_OK } from '../../../reference-server/auth/auth-result.js';
import { Authenticator } from '../../../reference-server/auth/authenticator.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { deriveMasterKeys } from '../../../src/protocol/keys.js';
import { ADMIN_TOKEN, ask, BEARER, DFP, FREE_PORTS, MASTER_KEY, SECRETS } from './http-client.js';

let server: Server;
const MAX_SESSIONS = 12_000;

before(async () => {
  server = await startServer(parseServeOptions([...FREE_PORTS, '--max-sessions', String(MAX_SESSIONS)], SECRETS), systemClock);
});

after(() => server.stop());

const issue = (body: unknown) =>
  ask(server.adminPort, '/admin/v1/sessions', { body: typeof body === 'string' ? body : JSON.stringify(body), headers: BEARER });
const sessionCount = async (): Promise<unknown> => (await ask(server.adminPort, '/admin/v1/stats', { headers: BEARER })).json.sessions;

test('ten thousand sessions are issued in one call, in order, each a good one', async () => {
  const sessions = Array.from({ length: 10_000 }, (_, n) => ({ uid: `bulk${n}`, dfp: DFP }));
  const answer = await issue({ sessions });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['cache-control'], 'no-store');
  const replies = answer.json.sessions as Record<string, string>[];
  assert.equal(replies.length, 10_000);
  const out = new AuthResult();
  const keys = deriveMasterKeys(Buffer.from(MASTER_KEY, 'hex'));
  const authenticator = new Authenticator({ keys, kid: 1, table: SessionTable.create(1), clock: systemClock });
  const sids = new Set<string>();
  for (const [n, { access, sid, secret }] of replies.entries()) {
    const token = Buffer.from(access!);
    assert.equal(authenticator.verifyToken(token, 0, token.length, Buffer.from(DFP, 'base64url'), 0, out), REASON_OK);
    assert.equal(JSON.parse(Buffer.from(access!.split('.')[1]!, 'base64url').toString()).sub, `bulk${n}`);
    assert.equal(Buffer.from(out.sid).toString('base64url'), sid);
    assert.equal(Buffer.from(out.secret).toString('base64url'), secret);
    sids.add(sid!);
  }
  assert.equal(sids.size, 10_000);
  assert.equal(await sessionCount(), 10_000);
});

test('a body is read in any spelling that JSON allows, and what only looks like the plain one is refused', async () => {
  const [a, b] = [`{"uid":"plain-a","dfp":"${DFP}"}`, `{"uid":"plain-b","dfp":"${DFP}"}`];
  const spellings = [
    `{"sessions":[${a},${b}]}`,
    ` { "sessions" : [ ${a} , ${b} ] } \n`,
    `{"sessions":[{"dfp":"${DFP}","uid":"plain-a"},${b}]}`,
    `{"sessions":[${a},{"uid":"pl\\u0061in-b","dfp":"${DFP}"}]}`,
    `{"sessions":[${a},{"uid":"plain-b","dfp":"${DFP}","more":1}],"and":2}`,
  ];
  for (const spelling of spellings) {
    const answer = await issue(spelling);
    assert.equal(answer.status, 200, spelling);
    const subjects = (answer.json.sessions as Record<string, string>[]).map(
      ({ access }) => JSON.parse(Buffer.from(access!.split('.')[1]!, 'base64url').toString()).sub,
    );
    assert.deepEqual(subjects, ['plain-a', 'plain-b'], spelling);
  }
  const before = await sessionCount();
  const plain = spellings[0]!;
  const broken = [
    `${plain}]`,
    `${plain} x`,
    plain.slice(0, -1),
    plain.slice(0, -2),
    plain.replace('},{', '},,{'),
    plain.replace('},{', '}{'),
  ];
  for (const body of [...broken, plain.replace(']}', ',]}'), `{"sessions":[${a},${b.replace('plain-b', 'a"b')}]}`, a, b.slice(0, 9)])
    assert.equal((await issue(body)).status, 400, body);
  for (let length = 0; length < plain.length; length += 7) assert.equal((await issue(plain.slice(0, length))).status, 400);
  assert.equal(await sessionCount(), before);
});

test('one bad entry is 400 with its place, and none is issued', async () => {
  const before = await sessionCount();
  const sessions = Array.from({ length: 100 }, (_, n) => ({ uid: `none${n}`, dfp: DFP as unknown }));
  for (const bad of [{ uid: 'a b', dfp: DFP }, { uid: 'x', dfp: [DFP] }, { uid: 'x' }, null, 7, 'x', []]) {
    const answer = await issue({ sessions: [...sessions.slice(0, 57), bad, ...sessions.slice(57)] });
    assert.equal(answer.status, 400);
    assert.match(String(answer.json.detail), /^sessions\[57\]/);
  }
  assert.equal(await sessionCount(), before);
});

test('more than 10,000 entries, no list, or no JSON are 400, an empty list is an empty answer', async () => {
  assert.equal((await issue({ sessions: Array(10_001).fill({ uid: 'x', dfp: DFP }) })).status, 400);
  for (const body of ['', '[', 'null', '[]', '{}', '{"sessions":{}}', '{"sessions":7}'])
    assert.equal((await issue(body)).status, 400, body);
  const empty = await issue({ sessions: [] });
  assert.equal(empty.status, 200);
  assert.deepEqual(empty.json, { sessions: [] });
});

test('a call that does not fit into the store is 503 and issues none', async () => {
  const before = (await sessionCount()) as number;
  const answer = await issue({ sessions: Array.from({ length: MAX_SESSIONS - before + 1 }, (_, n) => ({ uid: `over${n}`, dfp: DFP })) });
  assert.equal(answer.status, 503);
  assert.equal(await sessionCount(), before);
});

test('without the bearer, or with another one, the answer is 401', async () => {
  const body = JSON.stringify({ sessions: [] });
  for (const authorization of [
    '',
    ADMIN_TOKEN,
    `Bearer ${ADMIN_TOKEN}x`,
    `Bearer ${ADMIN_TOKEN.slice(1)}`,
    `Basic ${ADMIN_TOKEN}`,
    'Bearer ',
  ]) {
    const answer = await ask(server.adminPort, '/admin/v1/sessions', { body, headers: { authorization } });
    assert.equal(answer.status, 401, authorization);
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
  }
  assert.equal((await ask(server.adminPort, '/admin/v1/sessions', { body })).status, 401);
  assert.equal((await ask(server.adminPort, '/admin/v1/stats')).status, 401);
});

test('a foreign Host is 403, and is looked at before the bearer', async () => {
  const path = '/admin/v1/stats';
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'evil.example:9002',
    '127.0.0.2',
    '[::2]',
    'localhost:',
  ]) {
    assert.equal((await ask(server.adminPort, path, { headers: { host } })).status, 403, host);
    assert.equal((await ask(server.adminPort, path, { headers: { host, ...BEARER } })).status, 403, host);
  }
  for (const host of ['localhost', 'LOCALHOST:9002', `127.0.0.1:${server.adminPort}`, '[::1]:9002']) {
    assert.equal((await ask(server.adminPort, path, { headers: { host, ...BEARER } })).status, 200, host);
  }
});

test('statistics tell the counters, the garbage collections and the memory', async () => {
  const stats = (await ask(server.adminPort, '/admin/v1/stats', { headers: BEARER })).json;
  assert.equal(stats.pid, process.pid);
  const counters = stats.counters as Record<string, number>;
  for (const name of ['ops_seen', 'heartbeats', 'connections_ready', 'gc_count']) assert.equal(typeof counters[name], 'number', name);
  assert.ok((stats.rssBytes as number) > 1e6 && (stats.rssPeakBytes as number) >= 1e6);
  assert.equal((stats.threads as unknown[]).length, 1);
});

test('health and metrics need no bearer', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) assert.equal((await ask(server.adminPort, path)).status, 200, path);
  assert.equal((await ask(server.adminPort, '/nothing', { headers: BEARER })).status, 404);
});
