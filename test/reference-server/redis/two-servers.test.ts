import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOSTILE_UIDS } from '../auth/hostile-uids.js';
import { GameClient } from '../server/game-client.js';
import { ask, BEARER, DFP, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { portOf, type Served, serveProcess } from '../server/serve-process.js';
import { needsRedis, RedisServer } from './redis-server.js';
import { codesOf, login, SignedClient } from './signed-client.js';

const REPLACED = 4205;
const OP_WINDOW = 0x0302;

interface Running {
  readonly served: Served;
  readonly ws: string;
  readonly http: number;
  readonly admin: number;
}

describe('two processes of gwrk serve on one Redis', { skip: needsRedis, timeout: 300_000 }, () => {
  let redis: RedisServer;
  let a: Running;
  let b: Running;

  const serve = async (): Promise<Running> => {
    const served = serveProcess([...FREE_PORTS, '--proof', 'none', '--redis', redis.url, '--sessions-per-user', '2'], SECRETS);
    const ready = await served.ready;
    return { served, ws: String(ready.ws), http: portOf(ready.http), admin: portOf(ready.admin) };
  };
  const counter = async (server: Running, name: string): Promise<number> => {
    const { counters } = (await ask(server.admin, '/admin/v1/stats', { headers: BEARER })).json as { counters: Record<string, number> };
    return counters[name]!;
  };

  before(async () => {
    redis = await RedisServer.start();
    [a, b] = await Promise.all([serve(), serve()]);
  });
  after(async () => {
    for (const { served } of [a, b]) served?.child.kill('SIGKILL');
    await redis.close();
  });

  test('a session that began at A is authenticated at B', async () => {
    const client = await SignedClient.connect(b.ws, await login(a.http, 'alice'));
    assert.deepEqual(codesOf(await client.sign(1)), [0]);
    client.game.socket.close();
  });

  test('what a client sends behind its AUTH waits for the verdict and is answered in order', async () => {
    const credentials = await login(a.http, 'hasty');
    const game = await GameClient.connect(b.ws);
    await game.auth(credentials);
    const join = Buffer.alloc(16);
    join.writeUInt16LE(0x0030, 0);
    join.writeUInt32LE(2, 2);
    join.writeUInt16LE(8, 6);
    game.socket.send(join);
    assert.equal((await game.next(0x0003)).seq, 1);
    assert.equal((await game.next(0x0031)).seq, 2);
    game.socket.close();
  });

  test('a token that was replaced at A is refused at B', async () => {
    const old = await login(a.http, 'renewer');
    const answer = await ask(a.http, '/v1/refresh', { body: JSON.stringify({ uid: 'renewer', refresh: old.refresh, dfp: DFP }) });
    assert.equal(answer.status, 200, answer.text);
    await assert.rejects(SignedClient.connect(b.ws, old), /closed 4201/);
  });

  test('an eviction at A closes the socket at B', async () => {
    const client = await SignedClient.connect(b.ws, await login(a.http, 'mover'));
    await login(a.http, 'mover');
    await login(a.http, 'mover');
    assert.equal(await client.game.closed, REPLACED);
  });

  test('five critical operations of a user in ten seconds pass over both servers together, not five at each', async () => {
    const [first, second] = [await login(a.http, 'trader'), await login(b.http, 'trader')];
    const [atA, atB] = [await SignedClient.connect(a.ws, first), await SignedClient.connect(b.ws, second)];
    assert.deepEqual(codesOf(await atA.sign(3)), [0, 0, 0]);
    const answers = await atB.sign(4);
    assert.deepEqual(codesOf(answers), [0, 0, OP_WINDOW, OP_WINDOW]);
    assert.deepEqual(
      answers.map(({ seq }) => seq),
      [2, 3, 4, 5],
    );
    assert.deepEqual(codesOf(await atA.sign(1)), [OP_WINDOW]);
    atA.game.socket.close();
    atB.game.socket.close();
  });

  test('no uid but a well-formed one reaches Redis, at any of the routes', async () => {
    assert.ok(HOSTILE_UIDS.length >= 200);
    const before = await redis.command('DBSIZE');
    const refresh = Buffer.alloc(36, 1).toString('base64url');
    for (let from = 0; from < HOSTILE_UIDS.length; from += 25) {
      const asked = HOSTILE_UIDS.slice(from, from + 25).flatMap((uid) => [
        ask(a.http, '/v1/login', { body: JSON.stringify({ uid, dfp: DFP }) }),
        ask(a.http, '/v1/refresh', { body: JSON.stringify({ uid, refresh, dfp: DFP }) }),
        ask(a.admin, '/admin/v1/sessions', { headers: BEARER, body: JSON.stringify({ sessions: [{ uid, dfp: DFP }] }) }),
        ask(a.admin, '/admin/v1/revoke', { headers: BEARER, body: JSON.stringify({ uid }) }),
      ]);
      for (const { status, text } of await Promise.all(asked)) assert.equal(status, 400, text);
    }
    assert.equal(await redis.command('DBSIZE'), before);
  });

  test('while Redis is down live sockets stay, logins are 0209, and the limit is judged by each process alone', async () => {
    const [credentials, elsewhere] = [await login(b.http, 'stayer'), await login(a.http, 'stranger')];
    const client = await SignedClient.connect(b.ws, credentials);
    await redis.kill();
    await sleep(50);
    const refused = await ask(b.http, '/v1/login', { body: JSON.stringify({ uid: 'late', dfp: DFP }) });
    assert.equal(refused.status, 503);
    assert.equal(refused.json.code, '0209');
    const refresh = await ask(b.http, '/v1/refresh', { body: JSON.stringify({ uid: 'stayer', refresh: credentials.refresh, dfp: DFP }) });
    assert.equal(refresh.status, 503);
    await assert.rejects(SignedClient.connect(b.ws, elsewhere), /closed 4209/);
    assert.deepEqual(codesOf(await client.sign(6)), [0, 0, 0, 0, 0, OP_WINDOW]);
    assert.equal(await counter(b, 'ops_judged_alone'), 6);
    await redis.start();
    const untilMs = Date.now() + 60_000;
    for (;;) {
      const { status } = await ask(b.http, '/v1/login', { body: JSON.stringify({ uid: 'back', dfp: DFP }) });
      if (status === 200) break;
      assert.equal(status, 503);
      assert.ok(Date.now() < untilMs, 'it did not come back');
      await sleep(20);
    }
    // Redis lost everything; that is no reason to end a connection.
    assert.equal(client.game.socket.readyState, client.game.socket.OPEN);
    const { text } = await ask(b.admin, '/metrics');
    for (const event of ['store.degraded', 'store.restored']) {
      assert.match(text, new RegExp(`gwrk_audit_events_total\\{event="${event}"\\} 1`));
    }
  });
});
