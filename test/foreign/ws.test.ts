import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { countOf, runWhole, transports } from './foreign-run.js';

/** Who comes to the broadcast in one run, and how often each of them speaks. */
const [GUESTS, ROUNDS] = [20, 5];
/** Messages as each of the servers got them. */
const got = { echo: 0, broadcast: 0 };
let guests = 0;
let echo: WebSocketServer;
let broadcast: WebSocketServer;
const portOf = (server: WebSocketServer): number => (server.address() as AddressInfo).port;

before(async () => {
  // Compression is offered by many servers; who does not ask for it must be served without.
  echo = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
  echo.on('connection', (socket: WebSocket) => {
    socket.on('message', (data, isBinary) => {
      got.echo++;
      socket.send(data, { binary: isBinary });
    });
  });
  broadcast = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  broadcast.on('connection', (socket: WebSocket) => {
    const toAll = (data: RawData | string): void => {
      for (const other of broadcast.clients) other.send(data, { binary: false });
    };
    // Nobody speaks before all are there, and nobody leaves before all has been said.
    if (++guests % GUESTS === 0) toAll('welcome');
    socket.on('message', (data) => {
      toAll(data);
      if (++got.broadcast % (GUESTS * ROUNDS) === 0) toAll('farewell');
    });
  });
  await Promise.all([once(echo, 'listening'), once(broadcast, 'listening')]);
});
after(() => {
  for (const server of [echo, broadcast]) {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
});

for (const { transport, skip } of transports) {
  test(`ws as an echo answers every text and every binary message over ${transport}`, { skip }, async () => {
    const before = got.echo;
    const report = await runWhole(
      `
name: ws-echo
target: ws://127.0.0.1:${portOf(echo)}/any/path
scenarios:
  players:
    executor: per-client-iterations
    clients: 30
    iterations: 1
    maxDuration: 60s
    flow:
      - connect: { subprotocol: game.v1, headers: { X-Test: "{{ client }}" } }
      - send: { text: "{{ client }} 日本語", expect: { contains: 日本語, within: 30s } }
      - loop:
          every: 100ms
          count: 10
          steps:
            - send: { json: { id: "{{ client }}-{{ iteration }}" }, match: { json: /id }, expect: { within: 30s } }
            - send: { hex: "00ff 0102", expect: { within: 30s } }
      - disconnect: { code: 3000 }
`,
      transport,
      30,
    );
    assert.equal(report.ledger.sent, 30 * (1 + 2 * 10));
    assert.equal(got.echo - before, report.ledger.sent, 'what the server got is what was sent');
    assert.equal(countOf(report, 'ws_msgs_received'), report.ledger.sent);
  });

  test(`ws as a broadcast: each message comes to everybody, and clients find their own among them over ${transport}`, {
    skip,
  }, async () => {
    const before = got.broadcast;
    const report = await runWhole(
      `
name: ws-broadcast
target: ws://127.0.0.1:${portOf(broadcast)}/
scenarios:
  players:
    executor: per-client-iterations
    clients: ${GUESTS}
    iterations: 1
    maxDuration: 60s
    flow:
      - connect: {}
      - expect: { contains: welcome, within: 30s }
      - loop:
          every: 200ms
          count: ${ROUNDS}
          steps:
            - send: { json: { from: "{{ client }}", id: "{{ client }}-{{ iteration }}" }, match: { json: /id }, expect: { within: 30s } }
      - expect: { contains: farewell, within: 30s }
      - disconnect: {}
`,
      transport,
      GUESTS,
    );
    assert.equal(report.ledger.sent, 100);
    assert.equal(got.broadcast - before, 100);
    assert.equal(countOf(report, 'ws_msgs_received'), 20 + 100 * 20 + 20, 'a welcome and a farewell each, and 100 messages to each of 20');
  });
}
