import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { countOf, runWhole, transports } from './foreign-run.js';

/** Messages as each of the servers got them. */
const got = { echo: 0, broadcast: 0 };
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
    socket.send('welcome');
    socket.on('message', (data) => {
      got.broadcast++;
      for (const other of broadcast.clients) other.send(data, { binary: false });
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
    executor: constant-clients
    clients: 30
    duration: 1500ms
    flow:
      - connect: { subprotocol: game.v1, headers: { X-Test: "{{ client }}" } }
      - send: { text: "{{ client }} 日本語", expect: { contains: 日本語, within: 3s } }
      - loop:
          every: 100ms
          steps:
            - send: { json: { id: "{{ client }}-{{ iteration }}" }, match: { json: /id }, expect: { within: 3s } }
            - send: { hex: "00ff 0102", expect: { within: 3s } }
      - disconnect: { code: 3000 }
`,
      transport,
      30,
    );
    assert.ok(report.ledger.sent >= 30 * 20, `${report.ledger.sent} sent`);
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
    executor: constant-clients
    clients: 20
    duration: 2s
    flow:
      - connect: {}
      - expect: { contains: welcome, within: 3s }
      - think: 500ms
      - loop:
          every: 200ms
          count: 5
          steps:
            - send: { json: { from: "{{ client }}", id: "{{ client }}-{{ iteration }}" }, match: { json: /id }, expect: { within: 3s } }
`,
      transport,
      20,
    );
    assert.equal(report.ledger.sent, 100);
    assert.equal(got.broadcast - before, 100);
    assert.equal(countOf(report, 'ws_msgs_received'), 20 + 100 * 20, 'a welcome each, and 100 messages to each of 20');
  });
}
