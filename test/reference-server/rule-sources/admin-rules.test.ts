import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { type Answer, ask, BEARER, DFP, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { rulesOf, until } from './rig.js';

let server: Server;

const get = (): Promise<Answer> => ask(server.adminPort, '/admin/rules', { headers: BEARER });
const put = (body: string | Buffer, match?: string): Promise<Answer> =>
  ask(server.adminPort, '/admin/rules', {
    method: 'PUT',
    headers: { ...BEARER, ...(match === undefined ? {} : { 'if-match': match }) },
    body,
  });
const version = async (): Promise<unknown> => (await get()).json.version;

before(async () => {
  server = await startServer(parseServeOptions([...FREE_PORTS, '--proof', 'none'], SECRETS), systemClock);
});
after(() => server.stop());

test('without --rules the empty set is in force, and GET /admin/rules says so', async () => {
  const { status, headers, json } = await get();
  assert.equal(status, 200);
  assert.match(headers.etag!, /^"0-/u);
  assert.deepEqual([json.source, json.version, json.text, json.appliedAt, json.error], ['none', 0, '[]', null, null]);
});

test('both need the bearer', async () => {
  for (const method of ['GET', 'PUT']) {
    const { status } = await ask(server.adminPort, '/admin/rules', { method, headers: { 'if-match': '*' }, body: rulesOf(1) });
    assert.equal(status, 401);
  }
  assert.equal(await version(), 0);
});

test('a set that is pushed with the tag of GET is in force in every gateway thread and governs logins', async () => {
  const { headers } = await get();
  const pushed = await put(rulesOf(0), headers.etag);
  assert.equal(pushed.status, 200);
  assert.deepEqual([pushed.json.outcome, pushed.json.version], ['applied', 1]);
  const shown = await get();
  assert.equal(shown.headers.etag, pushed.headers.etag);
  assert.deepEqual([shown.json.source, shown.json.text, shown.json.sha256], ['push', rulesOf(0), pushed.json.sha256]);
  let atThreads: unknown = 0;
  await until('the threads have it', () => {
    get().then(({ json }) => {
      atThreads = json.versionAtThreads;
    });
    return atThreads === 1;
  });
  const login = await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid: 'p1', dfp: DFP }) });
  assert.deepEqual([login.status, login.json.code], [503, '0305']);
});

test('a stale tag is answered 412 with the one that counts, and changes nothing', async () => {
  const before = await get();
  const stale = await put(rulesOf(3), '"0-"');
  assert.equal(stale.status, 412);
  assert.equal(stale.headers.etag, before.headers.etag);
  assert.equal((await put(rulesOf(3), `W/${before.headers.etag}`)).status, 412, 'a weak tag does not match (RFC 9110 section 13.1.1)');
  assert.deepEqual((await get()).json, before.json);
});

test('of two pushes with the same tag one wins', async () => {
  const { headers, json } = await get();
  const answers = await Promise.all([put(rulesOf(11), headers.etag), put(rulesOf(12), headers.etag)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412]);
  assert.equal(await version(), Number(json.version) + 1);
});

test('without If-Match a push is answered 428; with * or one of a list it passes', async () => {
  assert.equal((await put(rulesOf(4))).status, 428);
  assert.equal((await put(rulesOf(4), '*')).status, 200);
  const { headers } = await get();
  assert.equal((await put(rulesOf(5), `"x", ${headers.etag}`)).status, 200);
});

test('the text in force again is no new version', async () => {
  await put(rulesOf(6), '*');
  const before = await version();
  const again = await put(rulesOf(6), '*');
  assert.deepEqual([again.status, again.json.outcome], [200, 'unchanged']);
  assert.equal(await version(), before);
});

test('a bad set is answered 400 with every problem, and the last good one stays', async () => {
  const before = await get();
  const bad = await put('[{"resource":"","threshold":"x"},{"resource":"b","threshold":1,"colour":1}]', '*');
  assert.equal(bad.status, 400);
  assert.equal(bad.json.error, 'INVALID_RULES');
  assert.deepEqual((bad.json.problems as { path: string }[]).map(({ path }) => path).sort(), [
    '$[0].resource',
    '$[0].threshold',
    '$[1].colour',
  ]);
  for (const body of ['', '{', 'null', '"text"', Buffer.from([0x5b, 0xff, 0x5d])]) assert.equal((await put(body, '*')).status, 400);
  assert.deepEqual((await get()).json, before.json);
});

test('more than 1 MiB is answered 413, announced or not', async () => {
  const before = await version();
  assert.equal((await put(Buffer.alloc(1_048_577, ' '), '*')).status, 413);
  const status = await new Promise((resolve, reject) => {
    const headers = { ...BEARER, 'if-match': '*', 'transfer-encoding': 'chunked' };
    const outgoing = request({ host: '127.0.0.1', port: server.adminPort, path: '/admin/rules', method: 'PUT', headers, agent: false });
    outgoing.on('response', (response) => resolve(response.statusCode));
    outgoing.on('error', reject);
    outgoing.write(Buffer.alloc(1_048_577, ' '));
  });
  assert.equal(status, 413);
  assert.equal(await version(), before);
});

test('what was applied and refused is in the metrics', async () => {
  const { text } = await ask(server.adminPort, '/metrics');
  const value = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'mu').exec(text)?.[1]);
  assert.equal(value('gwrk_rules_version'), await version());
  assert.equal(value('gwrk_rules_source_up'), 1);
  assert.equal(value('gwrk_rules\\{kind="flow"\\}'), 1);
  // The hostile text and the four after it; the fifth is no text at all.
  assert.equal(value('gwrk_rules_refused_total'), 5);
});
