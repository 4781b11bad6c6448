import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from '../../../src/core/secret.js';
import { ReferenceClient } from '../reference-client.js';
import { ADMIN_TOKEN, ask, DFP, MASTER_KEY } from '../server/http-client.js';
import { AuditedServer, type SessionReply } from './audited-server.js';
import { freshDirectory } from './log-fixture.js';

const TRADE = 3;

test('a server logs who came, what they did and how they left, each with its session, and no secret in any spelling', {
  timeout: 300_000,
}, async (t) => {
  const server = new AuditedServer(freshDirectory(t), ['--kernel-events', 'none']);
  t.after(() => server.served.child.kill('SIGKILL'));
  await server.ready();
  const post = (path: string, body: object) => ask(server.httpPort, path, { body: JSON.stringify(body) });

  const uid = 'canary-player';
  const login = await post('/v1/login', { uid, dfp: DFP });
  const first = login.json as unknown as SessionReply;
  assert.equal((await post('/v1/login', { uid: 'bad uid\u001b[31m\r\n', dfp: DFP })).status, 400);
  const [credential, forged] = await server.sessions('session', 2);
  const client = await ReferenceClient.ready(server.wsPort, credential!);
  assert.equal((await client.op(TRADE, Buffer.alloc(8), true)).code, 0x0403);
  await client.beat();
  assert.equal(await client.leave(), 1000);
  await assert.rejects(ReferenceClient.ready(server.wsPort, { ...forged!, secret: Buffer.alloc(32, 7) }));
  const refreshed = (await post('/v1/refresh', { uid, refresh: first.refresh, dfp: DFP })).json as unknown as SessionReply;
  await post('/v1/refresh', { uid, refresh: Buffer.alloc(36, 9).toString('base64url'), dfp: DFP });
  const second = (await post('/v1/login', { uid, dfp: DFP })).json as unknown as SessionReply;

  const { events, fault, lines } = await server.report();
  assert.equal(fault, undefined);
  for (const ev of ['audit.start', 'login.ok', 'login.fail', 'login.bulk', 'auth.ok', 'auth.fail', 'op.critical', 'close', 'audit.stop'])
    assert.ok(events[ev]! > 0, `${ev} is missing: ${JSON.stringify(events)}`);
  for (const ev of ['refresh', 'refresh.fail', 'evict']) assert.ok(events[ev]! > 0, `${ev} is missing: ${JSON.stringify(events)}`);

  const text = readFileSync(server.path, 'utf8');
  assert.equal(text.split('\n').length - 1, lines);
  const logged = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  const of = (ev: string) => logged.find((line) => line.ev === ev);
  assert.equal(of('auth.ok').sid, credential!.sid.toString('base64url'));
  assert.equal(of('auth.ok').uidHash, createHash('sha256').update(credential!.uid).digest().subarray(0, 16).toString('base64url'));
  assert.match(of('auth.ok').peer, /^(::ffff:)?127\.0\.0\.1:\d+$/u);
  assert.equal(of('login.ok').sid, first.sid);
  assert.equal(of('login.ok').uidHash, createHash('sha256').update(uid).digest().subarray(0, 16).toString('base64url'));
  const op = of('op.critical');
  assert.deepEqual([op.sid, op.code, op.seq], [of('auth.ok').sid, '0403', 2]);
  assert.ok(op.took >= 0 && op.mono > of('auth.ok').mono);
  assert.deepEqual([of('close').close, of('close').sid], [1000, op.sid]);
  assert.deepEqual([of('auth.fail').code, of('auth.fail').detail], ['0201', 'tag']);
  assert.equal(of('evict').sid, first.sid);
  assert.ok(logged.every(({ ev }) => !/ping|heartbeat/u.test(ev)));

  const canaries: (string | undefined)[] = [ADMIN_TOKEN, MASTER_KEY, DFP, uid, 'session0'];
  for (const reply of [first, second, refreshed, ...server.replies])
    canaries.push(reply.access, reply.access.split('.')[2], reply.refresh, reply.secret);
  let searched = 0;
  for (const canary of canaries) {
    if (canary === undefined) continue; // a refresh gives no new secret
    const raw = [
      Buffer.from(canary),
      ...(/^[0-9a-f]{64}$/u.test(canary) ? [Buffer.from(canary, 'hex')] : []),
      Buffer.from(canary, 'base64url'),
    ];
    const spellings = raw.flatMap((bytes) => [
      bytes.toString('hex'),
      bytes.toString('base64').replace(/=+$/u, ''),
      bytes.toString('base64url'),
    ]);
    for (const spelling of [canary, encodeURIComponent(canary), ...spellings.filter(({ length }) => length > 8)]) {
      searched++;
      assert.ok(!text.includes(spelling), `a canary stands in the log as ${spelling.slice(0, 6)}…`);
    }
  }
  assert.ok(searched > 100);
});

test('a log in a directory that is made, and one whose place is a file: the second start fails with the reason', async (t) => {
  const directory = freshDirectory(t);
  const broken = new AuditedServer(`${directory}/file-not-directory`, ['--kernel-events', 'none']);
  await broken.ready();
  broken.served.child.kill('SIGTERM');
  await broken.served.ended;
  const again = new AuditedServer(`${broken.path}/below-a-file`, []);
  const { code, stderr } = await again.served.ended;
  assert.equal(code, 1);
  assert.match(stderr, /the audit log cannot be opened[\s\S]*GWRK_OUTPUT_UNWRITABLE/u);
});

test('a secret prints as [secret] however it is printed', () => {
  const secret = new Secret('the-canary');
  const printed = [
    String(secret),
    `${secret}`,
    secret.toString(),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    JSON.stringify(structuredClone(Object.entries(secret))),
  ];
  for (const text of printed) assert.doesNotMatch(text, /canary/u);
  assert.equal(String(secret), '[secret]');
  assert.equal(JSON.stringify(secret), '"[secret]"');
  assert.equal(secret.reveal(), 'the-canary');
});
