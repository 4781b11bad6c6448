import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1, readAnswer, type Told } from './http-answers.js';
import { seededPrng } from './random-bytes.js';

const LONG = 'x'.repeat(3000);

/** Answers as RFC 9112 describes them, and what they say. */
const ANSWERS: readonly (readonly [name: string, text: string, told: Told])[] = [
  [
    'a body with its length',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    { status: 200, body: 'hello', bodyBytes: 5, mayStay: true },
  ],
  ['no reason phrase', 'HTTP/1.1 404 \r\ncontent-length:0\r\n\r\n', { status: 404, body: '', bodyBytes: 0, mayStay: true }],
  ['no blank behind the status', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', { status: 200, body: '', bodyBytes: 0, mayStay: true }],
  [
    'a 204 that claims a length',
    'HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n',
    { status: 204, body: '', bodyBytes: 0, mayStay: true },
  ],
  ['a 304', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', { status: 304, body: '', bodyBytes: 0, mayStay: true }],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', { status: 200, body: 'ok', bodyBytes: 2, mayStay: false }],
  [
    'HTTP/1.0 that stays',
    'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok',
    { status: 200, body: 'ok', bodyBytes: 2, mayStay: true },
  ],
  [
    'HTTP/1.1 that does not stay',
    'HTTP/1.1 200 OK\r\nconnection: foo , Close\r\nContent-Length: 2\r\n\r\nok',
    { status: 200, body: 'ok', bodyBytes: 2, mayStay: false },
  ],
  [
    'chunks with extensions and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;a=b\r\nhello\r\n00A \r\n, world...\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n',
    { status: 200, body: 'hello, world...', bodyBytes: 15, mayStay: true },
  ],
  [
    'an interim answer first',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!',
    { status: 200, body: '!', bodyBytes: 1, mayStay: true },
  ],
  [
    'a long body',
    `HTTP/1.1 200 OK\r\nContent-Length: ${LONG.length}\r\n\r\n${LONG}`,
    { status: 200, body: LONG, bodyBytes: LONG.length, mayStay: true },
  ],
  [
    'the same length twice',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n!',
    { status: 200, body: '!', bodyBytes: 1, mayStay: true },
  ],
];

test('answers are read alike in one piece, byte by byte, cut in two anywhere, and cut at random', (t) => {
  const prng = seededPrng(t);
  for (const [name, text, told] of ANSWERS) {
    const bytes = latin1(text);
    const every = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1);
    assert.deepEqual(readAnswer(bytes), [told], name);
    assert.deepEqual(readAnswer(bytes, { cuts: every }), [told], `${name}, byte by byte`);
    for (const cut of every.slice(0, 300)) assert.deepEqual(readAnswer(bytes, { cuts: [cut] }), [told], `${name}, cut at ${cut}`);
    for (let round = 0; round < 20; round++) {
      const cuts = every.filter(() => prng.next() < 0.1);
      assert.deepEqual(readAnswer(bytes, { cuts }), [told], `${name}, cut at ${cuts.join()}`);
    }
  }
});

test('an answer to HEAD has no body whatever its head says', () => {
  for (const header of ['Content-Length: 100', 'Transfer-Encoding: chunked', 'Server: x']) {
    const told = readAnswer(latin1(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`), { isHead: true });
    assert.deepEqual(told, [{ status: 200, body: '', bodyBytes: 0, mayStay: true }]);
  }
});

test('a body without a length ends with the stream, and the connection with it', () => {
  const bytes = latin1('HTTP/1.1 200 OK\r\n\r\nuntil the end');
  assert.deepEqual(readAnswer(bytes), []);
  assert.deepEqual(readAnswer(bytes, { cuts: [19, 21], ends: true }), [
    { status: 200, body: 'until the end', bodyBytes: 13, mayStay: false },
  ]);
});

test('an answer that the stream cuts off is no answer', () => {
  for (const text of [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'HTTP/1.1 2',
  ])
    assert.deepEqual(readAnswer(latin1(text), { ends: true }), []);
});

test('bytes behind an answer end the connection, because nothing asked for them', () => {
  const [told] = readAnswer(latin1('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n'));
  assert.deepEqual(told, { status: 200, body: 'ok', bodyBytes: 2, mayStay: false });
  const chunked = readAnswer(latin1('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore'));
  assert.equal(chunked[0]!.mayStay, false);
});

test('what is no answer is said to be none, with its reason', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  const cases: readonly (readonly [string, RegExp])[] = [
    ['SSH-2.0-OpenSSH_9.6\r\n\r\n', /begin as HTTP/],
    ['SSH', /begin as HTTP/],
    ['HTTP/2.0 200 OK\r\n\r\n', /begin as HTTP/],
    ['HTTP/1.1 099 OK\r\n\r\n', /begin as HTTP/],
    ['HTTP/1.1 2000 OK\r\n\r\n', /begin as HTTP/],
    ['HTTP/1.1 200 O\x01K\r\n\r\n', /begin as HTTP/],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', /another protocol/],
    [`${head}no colon\r\n\r\n`, /header/],
    [`${head}a: b\r\n folded\r\n\r\n`, /header/],
    [`${head}Content-Length: -1\r\n\r\n`, /Content-Length/],
    [`${head}Content-Length: 1, 2\r\n\r\n`, /Content-Length/],
    [`${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, /Content-Length/],
    [`${head}Content-Length: 9999999999999999999\r\n\r\n`, /Content-Length/],
    [`${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, /Transfer-Encoding/],
    ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', /Transfer-Encoding/],
    [`${chunked}x\r\n`, /its size/],
    [`${chunked}5x\r\n`, /malformed/],
    [`${chunked}1\r\nab`, /longer/],
    [`${chunked}0000000000001\r\n`, /too long/],
    [`${chunked}0\r\nA: b\nB: c\r\n`, /malformed/],
    [`${chunked}1;${'e'.repeat(20_000)}\r\n`, /more than/],
    [`${head}${'a: b\r\n'.repeat(5000)}`, /no end within/],
    [`${head}${'a: b\r\n'.repeat(5000)}\r\n`, /longer than/],
  ];
  for (const [text, reason] of cases) {
    const bytes = latin1(text);
    const whole = readAnswer(bytes);
    assert.equal(whole.length, 1, text.slice(0, 60));
    assert.match(whole[0]!.garbage ?? '', reason, text.slice(0, 60));
    const pieces = readAnswer(bytes, { cuts: Array.from({ length: bytes.length - 1 }, (_, i) => i + 1) });
    assert.equal(pieces.length, 1);
    assert.ok(pieces[0]!.garbage !== undefined, text.slice(0, 60));
  }
});

test('nothing is allocated from a length that is only claimed, and of a body no more than was asked for', () => {
  const before = process.memoryUsage();
  for (let i = 0; i < 50; i++) {
    const claims = `HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n${'x'.repeat(100)}`;
    assert.deepEqual(readAnswer(latin1(claims), { cuts: [60] }), []);
    assert.deepEqual(readAnswer(latin1('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\nabc')), []);
  }
  const after = process.memoryUsage();
  assert.ok(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed < 32e6);
  const long = latin1(`HTTP/1.1 200 OK\r\nContent-Length: ${LONG.length}\r\n\r\n${LONG}`);
  for (const cuts of [[], [100], [500, 1000, 2000]]) {
    assert.deepEqual(readAnswer(long, { cuts, keep: 10 }), [{ status: 200, body: 'x'.repeat(10), bodyBytes: 3000, mayStay: true }]);
    assert.deepEqual(readAnswer(long, { cuts, keep: 0 }), [{ status: 200, body: '', bodyBytes: 3000, mayStay: true }]);
  }
});

test('random bytes and damaged answers never make the reader throw or tell of two answers to one request', (t) => {
  const prng = seededPrng(t);
  for (let round = 0; round < 3000; round++) {
    const bytes = latin1(ANSWERS[Math.floor(prng.next() * ANSWERS.length)]![1]);
    for (let damage = Math.floor(prng.next() * 4); damage >= 0; damage--) bytes[Math.floor(prng.next() * bytes.length)] = prng.next() * 256;
    const cuts = [prng.next(), prng.next()].map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
    const told = readAnswer(bytes, { cuts, ends: prng.next() < 0.5 });
    assert.ok(told.filter(({ status }) => status !== undefined).length <= 1);
  }
});
