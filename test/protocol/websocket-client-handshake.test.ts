import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import * as client from '../../src/protocol/websocket-client-handshake.js';
import { findHeaderEnd, parseUpgradeRequest, UpgradeRequest, writeUpgradeResponse } from '../../src/protocol/websocket-handshake.js';
import { fromText, seededPrng } from './random-bytes.js';

const pool = new client.KeyPool();

test('the pool holds 256 different keys of 16 bytes with the accept values of RFC 6455', () => {
  assert.equal(new Set(pool.keys.map((key) => Buffer.from(key).toString())).size, client.KeyPool.SIZE);
  for (const [n, key] of pool.keys.entries()) {
    const text = Buffer.from(key).toString('latin1');
    assert.equal(Buffer.from(text, 'base64').toString('base64'), text);
    assert.equal(Buffer.from(text, 'base64').length, 16);
    const accept = createHash('sha1').update(`${text}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    assert.equal(Buffer.from(pool.accepts[n]!).toString('latin1'), accept);
  }
});

test('a request is one that our own server side takes, and a template changes only the key', () => {
  const fields = { host: 'localhost:9000', path: '/v1/ws', headers: 'Authorization: Bearer x\r\nX-Two: 2\r\n', subprotocol: 'game.v1' };
  const out = new Uint8Array(600);
  const end = client.writeUpgradeRequest(out, 3, { ...fields, key: pool.keys[9]! });
  assert.equal(
    Buffer.from(out.subarray(3, end)).toString(),
    'GET /v1/ws HTTP/1.1\r\nHost: localhost:9000\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Key: ${Buffer.from(pool.keys[9]!)}\r\nSec-WebSocket-Version: 13\r\n` +
      'Sec-WebSocket-Protocol: game.v1\r\nAuthorization: Bearer x\r\nX-Two: 2\r\n\r\n',
  );
  assert.equal(parseUpgradeRequest(out, 3, end, new UpgradeRequest()), 0);
  const template = new client.UpgradeTemplate(fields);
  const again = new Uint8Array(600);
  assert.equal(template.length, end - 3);
  assert.equal(template.write(again, 3, pool.keys[10]!), end);
  template.write(again, 3, pool.keys[9]!);
  assert.deepEqual(again, out);
});

const ACCEPT = Buffer.from(pool.accepts[0]!).toString('latin1');
const GOOD = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: WebSocket',
  'Connection: keep-alive, upgrade',
  `Sec-WebSocket-Accept: ${ACCEPT}`,
];
const answer = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const without = (name: string, ...more: string[]): string => answer(...GOOD.filter((line) => !line.startsWith(name)), ...more);

const ANSWERS: readonly [kind: number, status: number, name: string, text: string][] = [
  [client.UPGRADE_OK, 101, 'a good answer', answer(...GOOD)],
  [client.UPGRADE_OK, 101, 'a good answer without a reason', answer('HTTP/1.1 101', ...GOOD.slice(1))],
  [client.UPGRADE_STATUS, 404, '404', answer('HTTP/1.1 404 Not Found', 'Content-Length: 0')],
  [client.UPGRADE_STATUS, 401, '401', answer('HTTP/1.1 401 ', 'x: y')],
  [client.UPGRADE_STATUS, 200, '200 with everything else right', answer('HTTP/1.1 200 OK', ...GOOD.slice(1))],
  [
    client.UPGRADE_BAD_ACCEPT,
    101,
    'the accept value of another key',
    answer(...GOOD.slice(0, 3), `Sec-WebSocket-Accept: ${Buffer.from(pool.accepts[1]!)}`),
  ],
  [client.UPGRADE_BAD_ACCEPT, 101, 'an accept value with a letter more', answer(...GOOD.slice(0, 3), `Sec-WebSocket-Accept: ${ACCEPT}x`)],
  [client.UPGRADE_BAD_HEADERS, 101, 'no accept value', without('Sec')],
  [client.UPGRADE_BAD_HEADERS, 101, 'two accept values', without('none', GOOD[3]!)],
  [client.UPGRADE_BAD_HEADERS, 101, 'no Upgrade', without('Upgrade')],
  [client.UPGRADE_BAD_HEADERS, 101, 'another Upgrade', without('Upgrade', 'Upgrade: h2c')],
  [client.UPGRADE_BAD_HEADERS, 101, 'no Connection', without('Connection')],
  [client.UPGRADE_BAD_HEADERS, 101, 'an extension that nobody asked for', without('none', 'Sec-WebSocket-Extensions: permessage-deflate')],
  [client.UPGRADE_NOT_HTTP, 0, 'another protocol', answer('SSH-2.0-OpenSSH_9.2')],
  [client.UPGRADE_NOT_HTTP, 0, 'HTTP/1.0', answer('HTTP/1.0 101 Switching', ...GOOD.slice(1))],
  [client.UPGRADE_NOT_HTTP, 0, 'a status of two digits', answer('HTTP/1.1 10', ...GOOD.slice(1))],
  [client.UPGRADE_NOT_HTTP, 0, 'a status of four digits', answer('HTTP/1.1 1010', ...GOOD.slice(1))],
  [client.UPGRADE_NOT_HTTP, 0, 'a status below 100', answer('HTTP/1.1 099', ...GOOD.slice(1))],
  [client.UPGRADE_NOT_HTTP, 101, 'a malformed header', without('none', 'no colon')],
  [client.UPGRADE_NOT_HTTP, 101, 'a folded header', without('none', 'a: b', ' c')],
  [client.UPGRADE_NOT_HTTP, 0, 'a head above 16384 bytes', without('none', `x: ${'x'.repeat(16384)}`)],
];

for (const [kind, status, name, text] of ANSWERS) {
  test(`${name}: kind ${kind}, status ${status}`, () => {
    const out = new client.UpgradeResponse();
    const bytes = fromText(`x${text}`);
    assert.equal(client.parseUpgradeResponse(bytes, 1, bytes.length, pool.accepts[0]!, out), kind);
    assert.equal(out.status, status);
  });
}

test('the subprotocol of an answer is found, and damaged answers never throw', (t) => {
  const text = without('none', 'Sec-WebSocket-Protocol:  game.v1 ');
  const out = new client.UpgradeResponse();
  const good = fromText(text);
  assert.equal(client.parseUpgradeResponse(good, 0, good.length, pool.accepts[0]!, out), client.UPGRADE_OK);
  assert.equal(text.slice(out.protocolStart, out.protocolEnd), 'game.v1');
  const prng = seededPrng(t);
  const kinds = new Set<number>();
  for (let round = 0; round < 50000; round++) {
    const bytes = good.slice();
    for (let damage = prng.between(1, 3); damage > 0; damage--) bytes[prng.between(0, bytes.length - 1)] = prng.nextU32();
    kinds.add(client.parseUpgradeResponse(bytes, 0, bytes.length, pool.accepts[0]!, out));
  }
  assert.deepEqual([...kinds].sort(), [0, 1, 2, 3, 4]);
});

test('ws takes our request and we take its answer', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/v1/ws' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  try {
    const request = new Uint8Array(400);
    const end = client.writeUpgradeRequest(request, 0, { host: `127.0.0.1:${port}`, path: '/v1/ws', key: pool.keys[77]! });
    socket.write(request.subarray(0, end));
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    const headEnd = findHeaderEnd(bytes, 0, bytes.length);
    assert.equal(client.parseUpgradeResponse(bytes, 0, headEnd, pool.accepts[77]!, new client.UpgradeResponse()), client.UPGRADE_OK);
  } finally {
    socket.destroy();
    server.close();
  }
});

test('we take the request of ws and it takes our answer', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      const out = new Uint8Array(300);
      const request = new UpgradeRequest();
      if (parseUpgradeRequest(bytes, 0, bytes.length, request) === 0)
        socket.write(out.subarray(0, writeUpgradeResponse(bytes, request.keyStart, '', out, 0)));
      else socket.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/ws`);
  try {
    await once(socket, 'open');
    assert.equal(socket.readyState, WebSocket.OPEN);
  } finally {
    socket.terminate();
    server.close();
  }
});
