import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { ask, DFP, FREE_PORTS, SECRETS } from './http-client.js';

let server: Server;

before(async () => {
  server = await startServer(parseServeOptions([...FREE_PORTS, '--proof', 'none'], SECRETS), systemClock);
});

after(() => server.stop());

test('clients that dribble their request are cut off within seconds, and honest ones log in meanwhile', async () => {
  const ends = Array.from({ length: 20 }, (_, n) => {
    const socket = connect(server.httpPort, '127.0.0.1');
    const startedMs = performance.now();
    socket.on('error', () => {});
    // Half of them never end their header, the others never their body.
    socket.write(
      n % 2 === 0 ? 'POST /v1/login HTTP/1.1\r\nHost: x\r\n' : 'POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{',
    );
    const dribble = setInterval(() => socket.write(' '), 200);
    socket.resume();
    return new Promise<number>((resolve) => {
      socket.once('close', () => {
        clearInterval(dribble);
        resolve(performance.now() - startedMs);
      });
    });
  });
  for (let n = 0; n < 20; n++) {
    const body = JSON.stringify({ uid: `honest${n}`, dfp: DFP });
    assert.equal((await ask(server.httpPort, '/v1/login', { body })).status, 200);
  }
  const takenMs = await Promise.all(ends);
  // After 3 s, looked at each half second; the rest is for a busy machine. Left to Node it would be a minute and more.
  assert.ok(Math.max(...takenMs) < 30_000, `${Math.max(...takenMs)}`);
});
