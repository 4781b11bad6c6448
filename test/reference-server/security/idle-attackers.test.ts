import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe } from 'node:test';
import type { Server } from '../../../reference-server/server.js';
import { ReferenceClient } from '../reference-client.js';
import { TYPE } from '../reference-wire.js';
import { login, onEachGateway } from './server-under-attack.js';

const ATTACKERS = 200;
const HONEST = 40;

/** Sends its request a byte at a time; how many milliseconds it was let. */
function dribble(port: number, request: string): Promise<number> {
  const startMs = performance.now();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  let at = 0;
  const timer = setInterval(() => at < request.length && socket.write(request[at++]!), 100);
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearInterval(timer);
      resolve(performance.now() - startMs);
    });
  });
}

/** One after the other they log in, authenticate, play and leave; all of them must get through. */
async function honestPlayers(server: Server): Promise<number[]> {
  const tookMs: number[] = [];
  for (let i = 0; i < HONEST; i++) {
    const startMs = performance.now();
    const client = await ReferenceClient.ready(server.wsPort, await login(server, `honest${i}`));
    tookMs.push(performance.now() - startMs);
    await client.beat();
    assert.equal(await client.leave(), 1_000);
  }
  return tookMs.sort((a, b) => a - b);
}

describe('attackers that take their time (S1, S2)', { concurrency: true }, () => {
  onEachGateway(`${ATTACKERS} dribbled requests are cut off in seconds, and honest players do not notice`, [], async (server) => {
    const upgrade = 'GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Slow: ';
    const attackers = Array.from({ length: ATTACKERS }, (_, i) =>
      i % 2 === 0 ? dribble(server.wsPort, upgrade) : dribble(server.httpPort, upgrade.replace('GET /v1/ws', 'POST /v1/login')),
    );
    const honestMs = await honestPlayers(server);
    const letMs = await Promise.all(attackers);
    // 3 s for the header, looked at each half second; the rest is for a busy machine. Left to Node it would be a minute.
    assert.ok(Math.max(...letMs) < 30_000, `the longest was let ${Math.max(...letMs)} ms`);
    assert.ok(Math.min(...letMs) > 2_500, `the shortest was let ${Math.min(...letMs)} ms`);
    // Who had to wait for attackers to be cut off would need as long as those were let.
    assert.ok(honestMs[HONEST >> 1]! < Math.min(...letMs), `half of the honest players needed ${honestMs[HONEST >> 1]} ms`);
  });

  onEachGateway(`${ATTACKERS} silent connections are closed 4202 five seconds after their 101`, [], async (server) => {
    const startMs = performance.now();
    const silent = await Promise.all(Array.from({ length: ATTACKERS }, () => ReferenceClient.connect(server.wsPort)));
    const honest = honestPlayers(server);
    const codes = await Promise.all(
      silent.map(async (client) => {
        const refusal = await client.next(TYPE.AUTH_ERR);
        assert.equal(refusal.body.readUInt16LE(0), 0x0202);
        return client.closed;
      }),
    );
    assert.deepEqual([...new Set(codes)], [4_202]);
    const endMs = performance.now();
    assert.ok(endMs - startMs >= 5_000, `after ${endMs - startMs} ms`);
    await honest;
  });
});
