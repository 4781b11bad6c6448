import assert from 'node:assert/strict';
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { probeUring } from '../../../src/uring/probe.js';
import { ReferenceClient } from '../reference-client.js';
import * as wire from '../reference-wire.js';
import { type Credential, type Packet, TYPE } from '../reference-wire.js';
import { ask, BEARER, FREE_PORTS, MASTER_KEY, SECRETS } from './http-client.js';

const uring = probeUring();
const rtKey = Buffer.from(hkdfSync('sha256', Buffer.from(MASTER_KEY, 'hex'), '', 'gwrk/1 rt', 32));
const bytes = (text: unknown): Buffer => Buffer.from(String(text), 'base64url');

interface Player extends Credential {
  /** 36 bytes. */
  refresh: Buffer;
}

async function login(server: Server, uid: string): Promise<Player> {
  const dfp = randomBytes(32);
  const answer = await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid, dfp: dfp.toString('base64url') }) });
  assert.equal(answer.status, 200, answer.text);
  const { access, secret, sid, refresh } = answer.json;
  return { uid, dfp, token: String(access), secret: bytes(secret), sid: bytes(sid), refresh: bytes(refresh) };
}

function post(server: Server, path: string, { uid, refresh, dfp }: Player) {
  const body = { uid, refresh: refresh.toString('base64url'), dfp: dfp.toString('base64url') };
  return ask(server.httpPort, path, { body: JSON.stringify(body) });
}

/** REFRESH with the player's token; the player's tokens are then those of the answer. */
async function refreshOn(client: ReferenceClient, player: Player): Promise<Packet> {
  client.send(wire.refresh(client.keys, ++client.seq, player.refresh, player.dfp));
  const ok = await client.next(TYPE.REFRESH_OK);
  assert.ok(wire.hasGoodTag(client.keys.s2c, ok, 28), 'REFRESH_OK is signed by the server');
  const body = Buffer.concat([player.refresh.subarray(0, 16), ok.body.subarray(0, 4)]);
  player.refresh = Buffer.concat([body, ok.body.subarray(4, 20)]);
  Object.assign(player, { token: ok.body.subarray(44).toString('latin1') });
  return ok;
}

/** The shortest time, in ms, from `act` to the end of the client's connection; the more tries, the less a busy machine has a say in it. */
async function quickestEnd(
  tries: number,
  once: (n: number) => Promise<{ client: ReferenceClient; act: () => Promise<unknown> }>,
  code: number,
) {
  let bestMs = Number.POSITIVE_INFINITY;
  for (let n = 0; n < tries && bestMs > 200; n++) {
    const { client, act } = await once(n);
    const beganMs = performance.now();
    let endMs = 0;
    const ended = client.next(TYPE.ERROR).then((error) => {
      endMs = performance.now() - beganMs;
      return error.body.readUInt16LE(0);
    });
    await act();
    assert.equal(await ended, code);
    assert.equal(await client.closed, 4_000 + 100 * (code >> 8) + (code & 0xff));
    bestMs = Math.min(bestMs, endMs);
  }
  return bestMs;
}

/** REFRESH, revocation and stolen tokens on real sockets of this gateway. */
export function testRefreshSockets(kind: 'ws' | 'uring'): void {
  const skip = kind === 'uring' && !uring.available ? uring.reason : false;

  const withServer = async (flags: readonly string[], use: (server: Server) => Promise<void>): Promise<void> => {
    const argv = [...FREE_PORTS.slice(0, -1), kind, '--proof', 'none', '--max-connections', '1000', '--max-sessions', '1000', ...flags];
    const server = await startServer(parseServeOptions(argv, SECRETS), systemClock);
    try {
      await use(server);
    } finally {
      await server.stop();
    }
  };

  test(`${kind}: a live socket renews its tokens, which open the next connection while the old ones do not`, { skip }, async () => {
    await withServer([], async (server) => {
      const player = await login(server, 'alice');
      const old = { ...player };
      const client = await ReferenceClient.ready(server.wsPort, player);
      for (let generation = 2; generation <= 4; generation++) {
        const ok = await refreshOn(client, player);
        assert.deepEqual([ok.seq, ok.body.readUInt32LE(0)], [client.seq, generation]);
        const mac = createHmac('sha256', rtKey).update(player.refresh.subarray(0, 20)).update('alice').digest();
        assert.deepEqual(player.refresh.subarray(20), mac.subarray(0, 16));
        const { exp } = JSON.parse(Buffer.from(player.token.split('.')[1]!, 'base64url').toString());
        assert.equal(ok.body.readUInt32LE(20), exp);
        assert.equal((await client.op(1, Buffer.from('x'))).code, 0, 'the connection goes on');
      }
      const late = await ReferenceClient.connect(server.wsPort);
      const cnonce = wire.fresh(16);
      late.keys = wire.connectionKeys(old.secret, late.snonce, cnonce);
      late.send(wire.auth(late.keys, ++late.seq, old, late.snonce, cnonce));
      assert.equal((await late.next(TYPE.AUTH_ERR)).body.readUInt16LE(0), 0x0201);
      const next = await ReferenceClient.ready(server.wsPort, player);
      assert.equal(await client.closed, 4205);
      await refreshOn(next, player);
      const counters = (await ask(server.adminPort, '/admin/v1/stats', { headers: BEARER })).json.counters as Record<string, number>;
      assert.deepEqual([counters.packets_in_refresh, counters.packets_out_refresh_ok], [4, 4]);
    });
  });

  test(`${kind}: socket and HTTP go on with one another's tokens, and the socket stays`, { skip }, async () => {
    await withServer([], async (server) => {
      const player = await login(server, 'alice');
      const client = await ReferenceClient.ready(server.wsPort, player);
      const answer = await post(server, '/v1/refresh', player);
      assert.equal(answer.status, 200);
      player.refresh = bytes(answer.json.refresh);
      await client.beat();
      assert.equal((await refreshOn(client, player)).body.readUInt32LE(0), 3);
      assert.equal((await post(server, '/v1/refresh', player)).status, 200);
      await client.beat();
    });
  });

  test(`${kind}: a REFRESH that is not good is AUTH_ERR 0201, and the session is none the worse`, { skip }, async () => {
    await withServer([], async (server) => {
      const [alice, bob] = [await login(server, 'alice'), await login(server, 'bob')];
      const forged = Buffer.from(alice.refresh);
      forged[35]! ^= 1;
      for (const [token, dfp] of [
        [forged, alice.dfp],
        [bob.refresh, alice.dfp],
        [alice.refresh, bob.dfp],
      ] as const) {
        const client = await ReferenceClient.ready(server.wsPort, alice);
        client.send(wire.refresh(client.keys, ++client.seq, token, dfp));
        const error = await client.next(TYPE.AUTH_ERR);
        assert.deepEqual([error.seq, error.body.readUInt16LE(0)], [2, 0x0201]);
        assert.equal(await client.closed, 4201);
      }
      await refreshOn(await ReferenceClient.ready(server.wsPort, alice), alice);
      await refreshOn(await ReferenceClient.ready(server.wsPort, bob), bob);
    });
  });

  test(`${kind}: a connection does not renew another session of its user`, { skip }, async () => {
    await withServer(['--sessions-per-user', '2'], async (server) => {
      const [phone, tablet] = [await login(server, 'alice'), await login(server, 'alice')];
      const client = await ReferenceClient.ready(server.wsPort, phone);
      client.send(wire.refresh(client.keys, ++client.seq, tablet.refresh, phone.dfp));
      await Promise.race([client.next(TYPE.AUTH_ERR), client.closed]);
      assert.equal(await client.closed, 4201);
    });
  });

  test(`${kind}: a stolen old token ends the family, and the player's socket hears of it within 200 ms (S8)`, { skip }, async () => {
    await withServer([], async (server) => {
      const bestMs = await quickestEnd(
        20,
        async (n) => {
          const player = await login(server, `alice${n}`);
          const stolen = { ...player, refresh: Buffer.from(player.refresh) };
          const client = await ReferenceClient.ready(server.wsPort, player);
          await refreshOn(client, player);
          await refreshOn(client, player);
          const act = async (): Promise<void> => {
            assert.equal((await post(server, '/v1/refresh', stolen)).status, 401);
            assert.equal((await post(server, '/v1/refresh', player)).status, 401, 'the family is dead');
          };
          return { client, act };
        },
        0x0204,
      );
      assert.ok(bestMs <= 200, `${bestMs} ms`);
    });
  });

  test(`${kind}: a logout, a revocation and a login too many close the live socket within 200 ms`, { skip }, async () => {
    await withServer([], async (server) => {
      let users = 0;
      const endOf = (code: number, act: (player: Player) => Promise<{ status: number }>): Promise<number> =>
        quickestEnd(
          20,
          async () => {
            const player = await login(server, `user${users++}`);
            const client = await ReferenceClient.ready(server.wsPort, player);
            return { client, act: async () => assert.equal((await act(player)).status, 200) };
          },
          code,
        );
      const revoke = (body: object) => ask(server.adminPort, '/admin/v1/revoke', { body: JSON.stringify(body), headers: BEARER });
      const bests = [
        await endOf(0x0204, (player) => post(server, '/v1/logout', player)),
        await endOf(0x0204, ({ uid }) => revoke({ uid })),
        await endOf(0x0204, ({ uid, sid }) => revoke({ uid, sid: sid.toString('base64url') })),
        await endOf(0x0205, async ({ uid }) => {
          await login(server, uid);
          return { status: 200 };
        }),
      ];
      for (const bestMs of bests) assert.ok(bestMs <= 200, `${bests} ms`);
    });
  });

  test(`${kind}: the eleventh REFRESH of a user at once is AUTH_ERR 0301 with the wait`, { skip }, async () => {
    await withServer([], async (server) => {
      const player = await login(server, 'alice');
      const client = await ReferenceClient.ready(server.wsPort, player);
      for (let n = 0; n < 10; n++) await refreshOn(client, player);
      client.send(wire.refresh(client.keys, ++client.seq, player.refresh, player.dfp));
      const error = await client.next(TYPE.AUTH_ERR);
      assert.equal(error.body.readUInt16LE(0), 0x0301);
      const waitMs = error.body.readUInt32LE(4);
      assert.ok(waitMs > 0 && waitMs <= 12_000, String(waitMs));
      assert.equal(await client.closed, 4301);
    });
  });

  test(`${kind}: a token without its session secret opens nothing, 1,000 times (S4)`, { skip }, async () => {
    await withServer([], async (server) => {
      const player = await login(server, 'alice');
      const owner = await ReferenceClient.ready(server.wsPort, player);
      const attempt = async (): Promise<number> => {
        const thief = await ReferenceClient.connect(server.wsPort);
        const cnonce = wire.fresh(16);
        thief.keys = wire.connectionKeys(wire.fresh(32), thief.snonce, cnonce);
        thief.send(wire.auth(thief.keys, ++thief.seq, player, thief.snonce, cnonce));
        return (await thief.next(TYPE.AUTH_ERR)).body.readUInt16LE(0);
      };
      for (let round = 0; round < 20; round++) {
        const codes = await Promise.all(Array.from({ length: 50 }, attempt));
        assert.deepEqual(new Set(codes), new Set([0x0201]));
      }
      await owner.beat();
    });
  });
}
