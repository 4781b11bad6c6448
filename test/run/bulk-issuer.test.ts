import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { bulkIssuer } from '../../src/run/bulk-issuer.js';
import { type Issued, loginIssuer } from '../../src/run/credential-issuer.js';
import { Fingerprints } from '../../src/run/fingerprint.js';
import { JsonClient } from '../../src/run/http-json.js';
import type { LoginColumns } from '../../src/swarm/messages.js';
import { columnsOf, objectsOf } from './login-columns.js';

interface Answer {
  readonly status: number;
  readonly body: string;
}

const IS_UID = /^[A-Za-z0-9_-]{1,64}$/u;
let server: Server | undefined;
let client: JsonClient | undefined;

afterEach(() => {
  client?.close();
  server?.close();
});

/** A server that notes the bodies it gets. */
async function serving(answer: (body: { sessions: { uid: string; dfp: string }[] }) => Answer): Promise<{ bodies: string[] }> {
  const bodies: string[] = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    bodies.push(body);
    const { status, body: reply } = answer(JSON.parse(body));
    response.writeHead(status).end(reply);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = new JsonClient(`http://127.0.0.1:${port}`, { maxSockets: 1, timeoutMs: 5000, tls: { verify: true } });
  return { bodies };
}

/** As the reference server: the first uid that it does not allow is named, and none is issued. */
const strict = ({ sessions }: { sessions: { uid: string }[] }): Answer => {
  const bad = sessions.findIndex(({ uid }) => !IS_UID.test(uid));
  return bad < 0
    ? { status: 200, body: `{"sessions":[${sessions.map(() => '{}').join()}]}` }
    : { status: 400, body: JSON.stringify({ error: 'MALFORMED', detail: `sessions[${bad}]: uid is 1 to 64 of A-Z a-z 0-9 _ -` }) };
};

const players = (uids: readonly string[]): LoginColumns => columnsOf(uids.map((uid, row) => ({ row: row + 100, generation: row, uid })));
const rowsAgain = ({ again }: Issued): number[] => (again ? objectsOf(again).map(({ row }) => row) : []);

test('the request is what JSON.stringify makes of the same players, and the reply is handed on as it came', async () => {
  const { bodies } = await serving(() => ({ status: 200, body: '  anything at all' }));
  const devices = new Fingerprints(9);
  const uids = ['p1', 'Player_2-x', '"quoted"', 'back\\slash', '\u0000\u001f', 'Zoë 🎮', '', 'q'.repeat(300), 'last'];
  const logins = players(uids);
  const { messages, again } = await bulkIssuer(client!, devices).issue(logins);
  const [message] = messages;
  assert.ok(message?.type === 'sessions' && messages.length === 1 && again === undefined);
  const dfps = uids.map((_uid, i) => Buffer.from(message.dfps.subarray(i * 32, i * 32 + 32)).toString('base64url'));
  assert.equal(bodies[0], JSON.stringify({ sessions: uids.map((uid, i) => ({ uid, dfp: dfps[i] })) }));
  assert.equal(new Set(dfps).size, uids.length);
  assert.equal(Buffer.from(message.json).toString(), '  anything at all');
  assert.equal(message.json.buffer.byteLength, message.json.length);
  assert.deepEqual([...message.rows], [...logins.rows]);
});

test('a reply that comes in many pieces is handed on whole and in order', async () => {
  const body = Array.from({ length: 200_000 }, (_, i) => `${i}`).join();
  await serving(() => ({ status: 200, body }));
  const [message] = (await bulkIssuer(client!, new Fingerprints(1)).issue(players(['a']))).messages;
  assert.ok(message?.type === 'sessions' && Buffer.from(message.json).toString() === body);
});

test('one bad uid fails its client alone, and all others are asked for again', async () => {
  await serving(strict);
  for (const bad of [0, 3, 6]) {
    const uids = Array.from({ length: 7 }, (_, i) => (i === bad ? 'not a uid' : `p${i}`));
    const issuer = bulkIssuer(client!, new Fingerprints(1));
    const issued = await issuer.issue(players(uids));
    assert.deepEqual(issued.messages, [{ type: 'login-failed', clients: [100 + bad], code: 'login.400' }]);
    assert.deepEqual(
      objectsOf(issued.again!).map(({ row, uid }) => [row, uid]),
      uids.map((uid, i) => [100 + i, uid]).filter((_, i) => i !== bad),
    );
    const second = await issuer.issue(issued.again!);
    assert.equal(second.messages[0]?.type, 'sessions');
  }
});

test('many bad uids take one request to find, and not one each', async () => {
  const { bodies } = await serving(strict);
  const uids = Array.from({ length: 1000 }, (_, i) => (i % 10 === 5 ? `p${i}` : `p ${i}`));
  const issued = await bulkIssuer(client!, new Fingerprints(1)).issue(players(uids));
  assert.equal(issued.messages[0]?.type === 'login-failed' && issued.messages[0].clients.length, 900);
  assert.equal(rowsAgain(issued).length, 100);
  assert.equal(bodies.length, 1);
});

test('a server that names someone whose uid is good is believed, for that one only', async () => {
  await serving(() => ({ status: 400, body: '{"detail":"sessions[1]: not that one"}' }));
  const issued = await bulkIssuer(client!, new Fingerprints(1)).issue(players(['a', 'b', 'not a uid']));
  assert.deepEqual(issued.messages, [{ type: 'login-failed', clients: [101], code: 'login.400' }]);
  assert.deepEqual(rowsAgain(issued), [100, 102]);
});

test('any other refusal fails all of the request with its status', async () => {
  for (const [status, body] of [
    [400, '{"detail":"sessions[3]: there is none"}'],
    [400, '{"detail":"sessions[-1]"}'],
    [400, '{"detail":7}'],
    [400, 'not JSON'],
    [401, '{"detail":"sessions[1]"}'],
    [503, ''],
  ] as const) {
    await serving(() => ({ status, body }));
    const issued = await bulkIssuer(client!, new Fingerprints(1)).issue(players(['a', 'b', 'c']));
    assert.deepEqual(issued, { messages: [{ type: 'login-failed', clients: [100, 101, 102], code: `login.${status}` }] });
    client?.close();
    server?.close();
  }
});

test('a server that is not there fails all of the request with the error of the system', async () => {
  await serving(strict);
  server!.close();
  client!.close();
  await once(server!, 'close');
  const issued = await bulkIssuer(client!, new Fingerprints(1)).issue(players(['a', 'b']));
  assert.deepEqual(issued.messages, [{ type: 'login-failed', clients: [100, 101], code: 'login.ECONNREFUSED' }]);
});

test('a single login shows its proof when it has one, and its reply comes as credentials', async () => {
  const { bodies } = await serving(() => ({ status: 200, body: '{"sid":"i","secret":"s","access":"t"}' }));
  const issuer = loginIssuer(client!, new Fingerprints(1));
  const { messages } = await issuer.issue(columnsOf([{ row: 4, generation: 2, uid: 'Zoë', proof: 'ticket' }]));
  const { uid, dfp, proof } = JSON.parse(bodies[0]!);
  assert.deepEqual([uid, proof], ['Zoë', 'ticket']);
  assert.deepEqual(messages, [{ type: 'credentials', entries: [{ row: 4, generation: 2, token: 't', secret: 's', sid: 'i', dfp }] }]);
  await issuer.issue(players(['a']));
  assert.deepEqual(Object.keys(JSON.parse(bodies[1]!)), ['uid', 'dfp']);
});

test('a single login that lacks a text, or is refused, fails its client', async () => {
  const answers: Answer[] = [
    { status: 200, body: '{"sid":"i","secret":7,"access":"t"}' },
    { status: 200, body: 'null' },
    { status: 401, body: '{}' },
  ];
  await serving(() => answers.shift()!);
  const issuer = loginIssuer(client!, new Fingerprints(1));
  const codes: string[] = [];
  while (answers.length > 0) {
    const [message] = (await issuer.issue(players(['a']))).messages;
    codes.push(message?.type === 'login-failed' ? message.code : 'none');
  }
  assert.deepEqual(codes, ['login.bad-reply', 'login.bad-reply', 'login.401']);
});
