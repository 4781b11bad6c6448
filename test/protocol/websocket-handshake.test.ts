import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findHeaderEnd,
  parseUpgradeRequest,
  UpgradeRequest,
  writeAccept,
  writeHttpError,
  writeUpgradeResponse,
} from '../../src/protocol/websocket-handshake.js';
import { fromText, randomBytes, seededPrng } from './random-bytes.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const LINES = [
  'GET /v1/ws?a=1 HTTP/1.1',
  'Host: example.com:9000',
  'Upgrade: websocket',
  'Connection: keep-alive, Upgrade',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
];

/** The good request with the line that starts with `name` replaced; undefined removes it. */
const withLine = (name: string, replacement?: string): string =>
  `${LINES.flatMap((line) => (line.startsWith(name) ? (replacement === undefined ? [] : [replacement]) : [line])).join('\r\n')}\r\n\r\n`;
const GOOD = withLine('none');
const withExtra = (...lines: string[]): string => `${[...LINES, ...lines].join('\r\n')}\r\n\r\n`;

function parse(text: string, out = new UpgradeRequest()): number {
  const bytes = fromText(`xx${text}`);
  return parseUpgradeRequest(bytes, 2, bytes.length, out);
}

test('a valid request gives 0 and says where path, host, key, origin and subprotocols stand', () => {
  const text = withExtra(
    'oRIGIN:\t https://game.example \t',
    'Sec-WebSocket-Protocol: game.v1, chat',
    'Sec-WebSocket-Extensions: permessage-deflate',
  );
  const out = new UpgradeRequest();
  assert.equal(parse(text, out), 0);
  const at = (start: number, end: number): string => `xx${text}`.slice(start, end);
  assert.equal(at(out.pathStart, out.pathEnd), '/v1/ws?a=1');
  assert.equal(at(out.hostStart, out.hostEnd), 'example.com:9000');
  assert.equal(at(out.keyStart, out.keyStart + 24), KEY);
  assert.equal(at(out.originStart, out.originEnd), 'https://game.example');
  assert.equal(at(out.protocolsStart, out.protocolsEnd), 'game.v1, chat');
  assert.equal(parse(GOOD, out), 0);
  assert.deepEqual(
    [out.originStart, out.originEnd, out.protocolsStart, out.protocolsEnd],
    [-1, -1, -1, -1],
    'nothing stays from the last request',
  );
});

const ANSWERS: readonly [status: number, name: string, request: string][] = [
  [0, 'header names in any case', GOOD.replace('Upgrade: w', 'uPgRaDe: W').replace('Sec-WebSocket-Key', 'sec-websocket-KEY')],
  [0, 'upgrade as a token in a second Connection header', withLine('Connection', 'Connection: close\r\nconnection:upgrade')],
  [0, 'no blank behind the colon', GOOD.replaceAll(': ', ':')],
  [0, 'Content-Length: 0', withExtra('Content-Length: 0')],
  [0, 'a header with an empty value', withExtra('X-Empty:')],
  [400, 'an empty head', '\r\n\r\n'],
  [400, 'garbage', 'hello\r\n\r\n'],
  [400, 'a request line of two words', withLine('GET', 'GET /v1/ws')],
  [400, 'two blanks in the request line', withLine('GET', 'GET  /v1/ws HTTP/1.1')],
  [400, 'a path without a slash', withLine('GET', 'GET v1 HTTP/1.1')],
  [400, 'a fragment in the path', withLine('GET', 'GET /v1#x HTTP/1.1')],
  [400, 'a control byte in the path', withLine('GET', 'GET /v1\x01 HTTP/1.1')],
  [400, 'a byte above ASCII in the path', withLine('GET', 'GET /v1\xe9 HTTP/1.1')],
  [400, 'a method that is no token', withLine('GET', 'G(T /v1 HTTP/1.1')],
  [400, 'a version that is none', withLine('GET', 'GET /v1 HTTP/1')],
  [400, 'a folded header', withExtra('X-Long: a', ' b')],
  [400, 'a blank before the colon', withExtra('X-Odd : a')],
  [400, 'a header without a colon', withExtra('nothing')],
  [400, 'a header without a name', withExtra(': x')],
  [400, 'a bare line feed', GOOD.replace('Host: example.com:9000\r\n', 'Host: example.com:9000\n')],
  [400, 'a bare carriage return in a value', withExtra('X: a\rb')],
  [400, 'a NUL in a value', withExtra('X: a\0b')],
  [400, 'no Host', withLine('Host')],
  [400, 'two Hosts', withExtra('Host: other')],
  [400, 'an empty Host', withLine('Host', 'Host: ')],
  [400, 'two Origins', withExtra('Origin: a', 'Origin: b')],
  [400, 'no key', withLine('Sec-WebSocket-Key')],
  [400, 'two keys', withExtra(`Sec-WebSocket-Key: ${KEY}`)],
  [400, 'a key of 15 bytes', withLine('Sec-WebSocket-Key', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j')],
  [400, 'a key with a foreign letter', withLine('Sec-WebSocket-Key', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25_ZQ==')],
  [400, 'a body announced', withExtra('Content-Length: 5')],
  [400, 'a chunked body', withExtra('Transfer-Encoding: chunked')],
  [400, 'two versions', withExtra('Sec-WebSocket-Version: 13')],
  [400, 'bytes behind the head', `${GOOD}x`],
  [400, 'a head without its end', GOOD.slice(0, -2)],
  [405, 'POST', withLine('GET', 'POST /v1/ws HTTP/1.1')],
  [405, 'a lower-case get', withLine('GET', 'get /v1/ws HTTP/1.1')],
  [426, 'an ordinary request', 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'],
  [426, 'another protocol', withLine('Upgrade', 'Upgrade: h2c')],
  [426, 'no Connection', withLine('Connection')],
  [426, 'Connection without upgrade', withLine('Connection', 'Connection: keep-alive, upgraded')],
  [426, 'version 8', withLine('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 8')],
  [426, 'no version', withLine('Sec-WebSocket-Version')],
  [431, 'a head of 4097 bytes', withExtra(`X: ${'x'.repeat(4097 - withExtra('X: ').length)}`)],
  [0, 'a head of 4096 bytes', withExtra(`X: ${'x'.repeat(4096 - withExtra('X: ').length)}`)],
  [505, 'HTTP/1.0', withLine('GET', 'GET /v1/ws HTTP/1.0')],
  [505, 'HTTP/2.0', withLine('GET', 'GET /v1/ws HTTP/2.0')],
];

for (const [status, name, request] of ANSWERS) {
  test(`${name} is answered ${status === 0 ? 'with an upgrade' : status}`, () => assert.equal(parse(request), status));
}

test('the accept value of RFC 6455, section 1.3, and a whole 101 answer', () => {
  const out = new Uint8Array(300);
  assert.equal(writeAccept(fromText(KEY), 0, out, 2), 30);
  assert.equal(Buffer.from(out.subarray(2, 30)).toString(), ACCEPT);
  const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n`;
  assert.equal(Buffer.from(out.subarray(1, writeUpgradeResponse(fromText(KEY), 0, '', out, 1))).toString(), `${head}\r\n`);
  assert.equal(
    Buffer.from(out.subarray(0, writeUpgradeResponse(fromText(KEY), 0, 'game.v1', out, 0))).toString(),
    `${head}Sec-WebSocket-Protocol: game.v1\r\n\r\n`,
  );
});

test('refusals are whole HTTP answers; 426 names the version, 405 the method', () => {
  const out = new Uint8Array(300);
  const text = (status: number): string => Buffer.from(out.subarray(0, writeHttpError(status, out, 0))).toString();
  assert.equal(text(400), 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  assert.match(
    text(426),
    /^HTTP\/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: close, Upgrade\r\n/,
  );
  assert.match(text(405), /\r\nAllow: GET\r\n/);
  assert.match(text(599), /^HTTP\/1.1 500 /);
  for (const status of [401, 403, 404, 408, 429, 431, 503, 505])
    assert.ok(text(status).startsWith(`HTTP/1.1 ${status} `) && text(status).endsWith('\r\n\r\n'));
});

test('the end of the head is found wherever it stands', (t) => {
  const prng = seededPrng(t);
  for (let round = 0; round < 5000; round++) {
    const bytes = randomBytes(prng, prng.between(0, 40)).map((byte) => [0x0d, 0x0a, 0x41, 0x0d, 0x0a][byte % 5]!);
    const start = prng.between(0, 4);
    const end = prng.between(Math.min(start, bytes.length), bytes.length);
    const at = Buffer.from(bytes.subarray(start, end)).indexOf('\r\n\r\n');
    assert.equal(findHeaderEnd(bytes, Math.min(start, bytes.length), end), at < 0 ? -1 : start + at + 4);
  }
});

test('damaged requests never throw and never point outside', (t) => {
  const prng = seededPrng(t);
  const out = new UpgradeRequest();
  const good = fromText(withExtra('Origin: x', 'Sec-WebSocket-Protocol: y'));
  const seen = new Set<number>();
  for (let round = 0; round < 50000; round++) {
    const bytes = good.slice();
    for (let damage = prng.between(1, 4); damage > 0; damage--) {
      const at = prng.between(0, bytes.length - 1);
      if (round % 2 === 0) bytes[at] = prng.nextU32();
      else bytes.copyWithin(at, prng.between(0, bytes.length - 1), bytes.length);
    }
    const end = prng.between(0, 9) === 0 ? prng.between(0, bytes.length) : bytes.length;
    const status = parseUpgradeRequest(bytes, 0, end, out);
    seen.add(status);
    if (status === 0)
      assert.ok(out.keyStart + 24 <= end && out.pathEnd <= end && out.hostEnd <= end && out.originEnd <= end && out.protocolsEnd <= end);
    else assert.ok([400, 405, 426, 431, 505].includes(status));
  }
  assert.ok(seen.has(0) && seen.has(400) && seen.has(426));
});
