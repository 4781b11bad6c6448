import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { Server } from 'socket.io';
import { countOf, runWhole, transports } from './foreign-run.js';

/**
 * Of the server's pings. A client that does not keep itself alive is thrown out 2.4 s after it came, within its run; one that
 * does has two seconds for each answer, which a busy machine needs as well.
 */
const PING = { pingInterval: 400, pingTimeout: 2_000 };
const ROUNDS = 16;
const gone: string[] = [];
const moves: unknown[] = [];
let http: HttpServer;
let io: Server;

before(async () => {
  http = createServer();
  io = new Server(http, PING);
  io.on('connection', (socket) => {
    socket.on('move', (x: number, acknowledge: (answer: object) => void) => {
      moves.push(x);
      acknowledge({ ok: true, x });
    });
    socket.on('shout', (text: string) => io.emit('shouted', text));
    socket.on('disconnect', (reason) => gone.push(reason));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
});
after(() => io.close());

/** What a client of Engine.IO 4 says by itself is written out: "40" joins, "3" keeps alive, "42n[...]" asks for acknowledgement n. */
const scenario = (port: number): string => `
name: socket-io
target: ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket
scenarios:
  players:
    executor: per-client-iterations
    clients: 25
    iterations: 1
    maxDuration: 60s
    flow:
      - connect: {}
      - expect: { contains: '0{"sid":', within: 30s }
      - send: { text: "40", expect: { contains: '40{"sid":', within: 30s } }
      - every: { period: 150ms, steps: [ { send: { text: "3" } } ] }
      - loop:
          every: 200ms
          count: ${ROUNDS}
          steps:
            - send: { text: '42{{ iteration }}["move",{{ iteration }}]', expect: { contains: '43{{ iteration }}[{"ok":true', within: 30s } }
      - think: 200ms
      - send: { text: "41" }
      - disconnect: {}
`;

for (const { transport, skip } of transports)
  test(`clients join a socket.io server, are acknowledged, stay alive past its pings and leave over ${transport}`, { skip }, async () => {
    gone.length = 0;
    moves.length = 0;
    const report = await runWhole(scenario((http.address() as AddressInfo).port), transport, 25);
    assert.equal(moves.length, report.ledger.sent - 25, 'all but the 25 joins were moves');
    assert.equal(moves.length, 25 * ROUNDS);
    assert.ok(countOf(report, 'ws_msgs_sent') > report.ledger.sent + 25 * 5, 'the keep-alives were sent beside');
    assert.deepEqual(gone, new Array(25).fill('client namespace disconnect'));
  });

test('clients that do not keep themselves alive are thrown out by socket.io, and the report says so', async () => {
  const silent = scenario((http.address() as AddressInfo).port)
    .split('\n')
    .filter((line) => !line.includes('- every:'))
    .join('\n');
  await assert.rejects(runWhole(silent, 'node', 25), /closed\.|check\.answer/u);
});
