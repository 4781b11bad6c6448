import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { probeUring } from '../../../src/uring/probe.js';
import { type Credentials, GameClient } from './game-client.js';
import { ask, BEARER, FREE_PORTS, SECRETS } from './http-client.js';

const uring = probeUring();

async function login(server: Server, uid: string): Promise<Credentials> {
  const dfp = randomBytes(32).toString('base64url');
  const answer = await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid, dfp }) });
  assert.equal(answer.status, 200, answer.text);
  return { ...(answer.json as unknown as Credentials), dfp };
}

async function countersOf(server: Server): Promise<Record<string, number>> {
  return (await ask(server.adminPort, '/admin/v1/stats', { headers: BEARER })).json.counters as Record<string, number>;
}

for (const kind of ['ws', 'uring'] as const) {
  const skip = kind === 'uring' && !uring.available ? uring.reason : false;

  const withServer = async (flags: readonly string[], use: (server: Server, url: string) => Promise<void>): Promise<void> => {
    const argv = [...FREE_PORTS.slice(0, -1), kind, '--proof', 'none', '--max-connections', '1000', '--max-sessions', '1000', ...flags];
    const server = await startServer(parseServeOptions(argv, SECRETS), systemClock);
    try {
      await use(server, `ws://127.0.0.1:${server.wsPort}/v1/ws`);
    } finally {
      await server.stop();
    }
  };

  test(`${kind}: what a login yields opens a session, and its token alone does not`, { skip }, async () => {
    await withServer([], async (server, url) => {
      const credentials = await login(server, 'alice');
      const client = await GameClient.connect(url);
      await client.auth(credentials);
      assert.equal((await client.next(0x0003)).seq, 1);
      const counters = await countersOf(server);
      assert.equal(counters.connections_ready, 1);
      assert.equal(counters.auth_ok, 1);

      const thief = await GameClient.connect(url);
      await thief.auth({ ...credentials, secret: randomBytes(32).toString('base64url') });
      assert.equal((await thief.next(0x0004)).body.readUInt16LE(0), 0x0201);
      assert.equal(await thief.closed, 4201);
      assert.equal(client.socket.readyState, client.socket.OPEN, 'the owner is not disturbed');
    });
  });

  test(`${kind}: a second login of the same user ends the first one's live connection`, { skip }, async () => {
    await withServer([], async (server, url) => {
      const first = await GameClient.connect(url);
      await first.auth(await login(server, 'alice'));
      await first.next(0x0003);
      const second = await login(server, 'alice');
      assert.equal((await first.next(0x007f)).body.readUInt16LE(0), 0x0205);
      assert.equal(await first.closed, 4205);
      const client = await GameClient.connect(url);
      await client.auth(second);
      await client.next(0x0003);
    });
  });

  test(`${kind}: a draining server asks its clients to leave and ends when they have gone`, { skip }, async () => {
    await withServer([], async (server, url) => {
      const client = await GameClient.connect(url);
      await client.auth(await login(server, 'alice'));
      await client.next(0x0003);
      const drained = server.drain(10_000);
      await client.next(0x0040);
      client.socket.close();
      await drained;
      assert.equal(server.lifecycle.phase, 'stopped');
      await assert.rejects(GameClient.connect(url));
    });
  });
}
