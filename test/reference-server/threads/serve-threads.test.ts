import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { probeUring } from '../../../src/uring/probe.js';
import { ReferenceClient } from '../reference-client.js';
import { TYPE } from '../reference-wire.js';
import { login } from '../security/server-under-attack.js';
import { ask, BEARER, FREE_PORTS, SECRETS } from '../server/http-client.js';

const uring = probeUring();
const skip = uring.available ? false : uring.reason;

async function onTwoThreads(body: (server: Server) => Promise<void>): Promise<void> {
  const argv = [
    ...FREE_PORTS.slice(0, -1),
    'uring',
    '--threads',
    '2',
    '--proof',
    'none',
    '--max-connections',
    '1000',
    '--max-sessions',
    '1000',
  ];
  const server = await startServer(parseServeOptions(argv, SECRETS), systemClock);
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

/** A counter of each thread. */
async function each(server: Server, name: string): Promise<number[]> {
  const { json } = await ask(server.adminPort, '/admin/v1/stats', { headers: BEARER });
  return (json.threads as Record<string, number>[]).map((counters) => counters[name]!);
}

/** Waits until a counter has this sum over the threads. */
async function untilSum(server: Server, name: string, wanted: number): Promise<void> {
  let values = await each(server, name);
  for (let tries = 0; values.reduce((a, b) => a + b) !== wanted; tries++) {
    assert.ok(tries < 3_000, `${name}: ${values.join(' + ')} and not ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    values = await each(server, name);
  }
}

test('a server on two threads: one connection stands for a session, however often and wherever it comes again', { skip }, async () => {
  await onTwoThreads(async (server) => {
    const credential = await login(server, 'alice');
    let client = await ReferenceClient.ready(server.wsPort, credential);
    for (let i = 0; i < 12; i++) {
      const next = await ReferenceClient.ready(server.wsPort, credential);
      assert.equal((await client.next(TYPE.ERROR)).body.readUInt16LE(0), 0x0205);
      assert.equal(await client.closed, 4_205);
      client = next;
    }
    await client.beat();
    await untilSum(server, 'connections_ready', 1);
    const handshakes = await each(server, 'handshakes');
    assert.equal(
      handshakes.reduce((a, b) => a + b),
      13,
    );
    assert.equal(handshakes.length, 2);
  });
});

test('a server on two threads: a further login and a revocation end the live connection on whichever thread', {
  skip,
}, async () => {
  await onTwoThreads(async (server) => {
    for (let i = 0; i < 6; i++) {
      const uid = `player${i}`;
      const first = await ReferenceClient.ready(server.wsPort, await login(server, uid));
      const second = await ReferenceClient.ready(server.wsPort, await login(server, uid));
      assert.equal(await first.closed, 4_205);
      const body = JSON.stringify({ uid });
      assert.equal((await ask(server.adminPort, '/admin/v1/revoke', { body, headers: BEARER })).status, 200);
      assert.equal(await second.closed, 4_204);
    }
    await untilSum(server, 'connections_ready', 0);
    await untilSum(server, 'connections_closing', 0);
  });
});

test('a server on two threads: SIGTERM’s drain ends both, and every handshake has its end', { skip }, async () => {
  await onTwoThreads(async (server) => {
    const clients = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => ReferenceClient.ready(server.wsPort, await login(server, `p${i}`))),
    );
    const drained = server.drain(10_000);
    await Promise.all(
      clients.map(async (client) => {
        await client.next(TYPE.DISCONNECT);
        assert.equal(await client.leave(), 1_000);
      }),
    );
    await drained;
    await assert.rejects(ReferenceClient.connect(server.wsPort));
  });
});
