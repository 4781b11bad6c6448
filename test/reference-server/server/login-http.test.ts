import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deriveTicketKey, makeTicket } from '../../../reference-server/auth/ticket-proof.js';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { ask, DFP, FREE_PORTS, MASTER_KEY, SECRETS } from './http-client.js';

let open: Server;
let ticketed: Server;

before(async () => {
  const flags = [...FREE_PORTS, '--max-sessions', '50'];
  open = await startServer(parseServeOptions([...flags, '--proof', 'none'], SECRETS), systemClock);
  ticketed = await startServer(parseServeOptions(flags, SECRETS), systemClock);
});

after(async () => {
  await Promise.all([open.stop(), ticketed.stop()]);
});

const login = (server: Server, body: unknown) => ask(server.httpPort, '/v1/login', { body: JSON.stringify(body) });

test('a login answers credentials that nobody may cache', async () => {
  const answer = await login(open, { uid: 'alice', proof: 'none', dfp: DFP, loginNonce: 'AAAAAAAAAAAAAAAAAAAAAA', later: 1 });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.deepEqual(Object.keys(answer.json), ['access', 'refresh', 'sid', 'secret', 'accessExp', 'refreshExp']);
});

const HOSTILE_UIDS = [
  '',
  ' ',
  'a b',
  'a}{b',
  'gw:{x}:s',
  'ä',
  'a\u0000',
  'a\nb',
  "x'; DROP",
  '../x',
  'a'.repeat(65),
  '*',
  'a:b',
  'a|b',
  '<b>',
  '\u202e',
];

test('a malformed body is 400, whatever is wrong with it', async (t) => {
  const bad: [sentence: string, body: string][] = [
    ['nothing', ''],
    ['no JSON', 'uid=alice'],
    ['half a JSON', '{"uid":"alice"'],
    ['null', 'null'],
    ['an array', '[]'],
    ['a number', '7'],
    ['no uid', JSON.stringify({ dfp: DFP })],
    ['no dfp', JSON.stringify({ uid: 'alice' })],
    ['uid as a number', JSON.stringify({ uid: 7, dfp: DFP })],
    ['uid as an array that reads like one', JSON.stringify({ uid: ['alice'], dfp: DFP })],
    ['dfp as an array that reads like one', JSON.stringify({ uid: 'alice', dfp: [DFP] })],
    ['dfp one letter short', JSON.stringify({ uid: 'alice', dfp: DFP.slice(1) })],
    ['dfp one letter long', JSON.stringify({ uid: 'alice', dfp: `${DFP}A` })],
    ['dfp padded', JSON.stringify({ uid: 'alice', dfp: `${DFP}=` })],
    ['dfp with unused bits set', JSON.stringify({ uid: 'alice', dfp: `${'A'.repeat(42)}B` })],
    ['dfp in the other alphabet', JSON.stringify({ uid: 'alice', dfp: `+/${DFP.slice(2)}` })],
    ['dfp beyond ASCII', JSON.stringify({ uid: 'alice', dfp: `Ł${DFP.slice(1)}` })],
    ['proof as an object', JSON.stringify({ uid: 'alice', dfp: DFP, proof: {} })],
    ['loginNonce of 15 bytes', JSON.stringify({ uid: 'alice', dfp: DFP, loginNonce: 'AAAAAAAAAAAAAAAAAAAA' })],
    ...HOSTILE_UIDS.map((uid): [string, string] => [`uid ${JSON.stringify(uid)}`, JSON.stringify({ uid, dfp: DFP })]),
  ];
  for (const [sentence, body] of bad) {
    await t.test(sentence, async () => {
      const answer = await ask(open.httpPort, '/v1/login', { body });
      assert.equal(answer.status, 400);
      assert.equal(answer.json.error, 'MALFORMED');
    });
  }
});

test('a body over 4 KiB is 413, announced or not, and one of exactly 4 KiB is read', async () => {
  const bodyOf = (length: number): string => JSON.stringify({ uid: 'alice', dfp: DFP }).padEnd(length);
  assert.equal((await ask(open.httpPort, '/v1/login', { body: bodyOf(4096) })).status, 200);
  assert.equal((await ask(open.httpPort, '/v1/login', { body: bodyOf(4097) })).status, 413);
  const chunked = await ask(open.httpPort, '/v1/login', { body: bodyOf(5000), headers: { 'transfer-encoding': 'chunked' } });
  assert.equal(chunked.status, 413);
});

test('a right ticket logs in; a wrong one is 401 with one and the same answer for every user', async () => {
  const key = deriveTicketKey(Buffer.from(MASTER_KEY, 'hex'));
  const soon = Math.floor(Date.now() / 1000) + 60;
  const body = { uid: 'alice', dfp: DFP };
  assert.equal((await login(ticketed, { ...body, proof: makeTicket(key, 'alice', soon) })).status, 200);
  for (const proof of ['none', '', makeTicket(key, 'bob', soon), undefined]) {
    const answer = await login(ticketed, { ...body, proof });
    assert.equal(answer.status, 401);
    assert.equal(answer.text, '{"error":"AUTH_FAILED"}');
  }
});

test('the eleventh attempt for a user is 429 with Retry-After, other users go on', async () => {
  const attempts = await Promise.all(Array.from({ length: 11 }, () => login(open, { uid: 'hasty', dfp: DFP })));
  assert.deepEqual(attempts.map(({ status }) => status).sort(), [...Array(10).fill(200), 429]);
  const refused = attempts.find(({ status }) => status === 429)!;
  const seconds = Number(refused.headers['retry-after']);
  assert.ok(seconds >= 1 && seconds <= 12, `${seconds}`);
  assert.equal((await login(open, { uid: 'patient', dfp: DFP })).status, 200);
});

test('with a proof to show, the eleventh attempt of an address is 429 whoever it asks for', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 11; n++) {
    const body = JSON.stringify({ uid: `user${n}`, dfp: DFP, proof: 'wrong' });
    statuses.push((await ask(ticketed.httpPort, '/v1/login', { body, localAddress: '127.0.0.77' })).status);
  }
  assert.deepEqual(statuses, [...Array(10).fill(401), 429]);
});

test('a store without room answers 503', async () => {
  const statuses = new Set<number>();
  for (let n = 0; n < 51; n++) statuses.add((await login(open, { uid: `filler${n}`, dfp: DFP })).status);
  assert.deepEqual([...statuses], [200, 503]);
});

test('other routes and methods are 404, health and metrics answer', async () => {
  for (const path of ['/', '/v1/login', '/v1/login/', '/admin/v1/sessions', '/admin/v1/stats']) {
    assert.equal((await ask(open.httpPort, path)).status, 404, path);
  }
  assert.equal((await ask(open.httpPort, '/healthz')).text, 'ok\n');
  const ready = await ask(open.httpPort, '/readyz?verbose');
  assert.equal(ready.status, 200);
  assert.equal(ready.text, 'ready\n');
  const metrics = await ask(open.httpPort, '/metrics');
  assert.match(metrics.headers['content-type']!, /^text\/plain; version=0\.0\.4/);
  assert.match(metrics.text, /^gwrk_logins_total\{outcome="ok"\} \d+$/m);
  assert.match(metrics.text, /^gwrk_connections\{state="ready"\} 0$/m);
  assert.match(metrics.text, /^gwrk_ops_seen_total 0$/m);
});

test('a header over 4 KiB is 431, and the server goes on', async () => {
  const answer = await ask(open.httpPort, '/healthz', { headers: { 'x-long': 'x'.repeat(5_000) } });
  assert.equal(answer.status, 431);
  assert.equal((await ask(open.httpPort, '/healthz')).status, 200);
});
