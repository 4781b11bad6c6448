import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import type { Framing } from '../../src/scenario/framing.js';
import { FramingReader } from '../../src/swarm/framing-reader.js';
import { FramingRule } from '../../src/swarm/framing-rules.js';

type Length = Extract<Framing, { kind: 'length' }>;
const byLength = (change: Partial<Length>): Framing => ({
  kind: 'length',
  width: 2,
  offset: 0,
  littleEndian: false,
  headerBytes: change.width ?? 2,
  includesHeader: false,
  isAdded: true,
  maxBytes: 300,
  ...change,
});

/** A reader of one row that notes what it hands on. */
function readerOf(framing: Framing): { reader: FramingReader; messages: string[]; faults: string[]; push: (bytes: Uint8Array) => void } {
  const messages: string[] = [];
  const faults: string[] = [];
  const reader = new FramingReader(
    { rules: [new FramingRule(framing)], ruleOf: Uint16Array.of(0, 0) },
    {
      onStreamMessage: (_row, bytes, start, end) => messages.push(Buffer.from(bytes.slice(start, end)).toString('latin1')),
      onFramingFault: (_row, code) => faults.push(code),
    },
  );
  return { reader, messages, faults, push: (bytes) => reader.push(0, bytes, 0, bytes.length) };
}

// What a framing makes of a message, said once more with Node's own writers.
const FRAMINGS: readonly [name: string, framing: Framing, encode: (body: string) => Buffer, delivered: (body: string) => string][] = [
  [
    'a length of 1 byte',
    byLength({ width: 1, headerBytes: 1 }),
    (body) => Buffer.concat([Buffer.from([body.length]), Buffer.from(body)]),
    (b) => b,
  ],
  [
    'a big-endian length of 2 bytes',
    byLength({}),
    (body) => {
      const head = Buffer.alloc(2);
      head.writeUInt16BE(body.length);
      return Buffer.concat([head, Buffer.from(body)]);
    },
    (body) => body,
  ],
  [
    'a little-endian length of 4 bytes that counts itself',
    byLength({ width: 4, headerBytes: 4, littleEndian: true, includesHeader: true }),
    (body) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(body.length + 4);
      return Buffer.concat([head, Buffer.from(body)]);
    },
    (body) => body,
  ],
  [
    'a length in the middle of a header of 6 bytes',
    byLength({ width: 2, headerBytes: 6, offset: 3, isAdded: false }),
    (body) => {
      const head = Buffer.from('HHHHHH');
      head.writeUInt16BE(body.length, 3);
      return Buffer.concat([head, Buffer.from(body)]);
    },
    (body) => `HHH${String.fromCharCode(body.length >> 8, body.length & 255)}H${body}`,
  ],
  ['lines', { kind: 'delimiter', hex: '0a', maxBytes: 300 }, (body) => Buffer.from(`${body}\n`), (body) => body],
  [
    'a delimiter of four bytes',
    { kind: 'delimiter', hex: '0d0a0d0a', maxBytes: 300 },
    (body) => Buffer.from(`${body}\r\n\r\n`),
    (body) => body,
  ],
  [
    'a fixed size',
    { kind: 'fixed', bytes: 7 },
    (body) => Buffer.from(body.padEnd(7, '.').slice(0, 7)),
    (body) => body.padEnd(7, '.').slice(0, 7),
  ],
];

for (const [name, framing, encode, delivered] of FRAMINGS) {
  test(`messages behind ${name} come whole however the stream is cut`, () => {
    const seed = 7;
    const prng = new Prng(seed);
    // Carriage returns inside: a delimiter that begins and does not go on.
    const bodies = Array.from({ length: 60 }, (_, i) => 'ab\rc\r\r'.repeat(10).slice(0, i % 7 === 0 ? i % 2 : prng.between(0, 60)));
    const stream = Buffer.concat(bodies.map(encode));
    const cuts: readonly [string, () => number][] = [
      ['whole', () => stream.length],
      ['byte by byte', () => 1],
      ...Array.from({ length: 20 }, (_, i): [string, () => number] => [`at random ${i}`, () => prng.between(1, 1 + i * 4)]),
    ];
    for (const [cut, next] of cuts) {
      const { reader, messages, faults, push } = readerOf(framing);
      for (let at = 0; at < stream.length; ) {
        const length = next();
        push(Uint8Array.from(stream.subarray(at, at + length)));
        at += length;
      }
      assert.deepEqual(messages, bodies.map(delivered), `${cut}, seed ${seed}`);
      assert.deepEqual(faults, []);
      assert.equal(reader.rowsWithLeftovers, 0);
    }
  });

  test(`what gwrk sends behind ${name} is what the other side reads`, () => {
    const rule = new FramingRule(framing);
    const body = Buffer.from('hello, you');
    const out = new Uint8Array(64);
    out.set(body, 16);
    const end = rule.wrap(out, 16, 16 + body.length);
    const sent = Buffer.from(out.subarray(16 - rule.prefixBytes, end));
    const isWrapped = framing.kind === 'delimiter' || (framing.kind === 'length' && framing.isAdded);
    assert.deepEqual(sent, isWrapped ? encode('hello, you') : body);
  });

  test(`garbage where ${name} is spoken ends in messages or one fault, and in little memory`, () => {
    const seed = 11;
    const prng = new Prng(seed);
    for (let round = 0; round < 200; round++) {
      const { reader, faults, push } = readerOf(framing);
      for (let chunk = 0; chunk < 20; chunk++) push(Uint8Array.from({ length: prng.between(1, 200) }, () => prng.between(0, 255)));
      assert.ok(faults.length <= 1, `seed ${seed}, round ${round}`);
      reader.reset(0);
      assert.equal(reader.rowsWithLeftovers, 0);
    }
  });
}

test('a length of 2^31 is one counted fault, nothing is kept for it, and the rest of the stream is dropped', () => {
  for (const cut of [1, 4, 9]) {
    const { reader, messages, faults, push } = readerOf(byLength({ width: 4, headerBytes: 4 }));
    const stream = Buffer.from('80000000ffffffffff', 'hex');
    for (let at = 0; at < stream.length; at += cut) push(Uint8Array.from(stream.subarray(at, at + cut)));
    assert.deepEqual([messages, faults], [[], ['framing.too-long']], `${cut} bytes at a time`);
    assert.equal(reader.rowsWithLeftovers, 0);
  }
});

test('a length that is less than the header it counts is a fault', () => {
  const { faults, push } = readerOf(byLength({ includesHeader: true }));
  push(Uint8Array.of(0, 1, 9));
  assert.deepEqual(faults, ['framing.too-short']);
});

test('a stream without its delimiter is a fault once more came than a message may have', () => {
  const { messages, faults, push } = readerOf({ kind: 'delimiter', hex: '0a', maxBytes: 10 });
  push(Buffer.from('0123456789\n'));
  push(Buffer.from('0123456'));
  push(Buffer.from('789'));
  assert.deepEqual([messages, faults], [['0123456789'], []]);
  push(Buffer.from('ab'));
  assert.deepEqual(faults, ['framing.no-end']);
});

test('a row that is reset inside of a message hears nothing more of its chunk', () => {
  let reader: FramingReader;
  const heard: string[] = [];
  reader = new FramingReader(
    { rules: [new FramingRule({ kind: 'delimiter', hex: '0a', maxBytes: 10 })], ruleOf: Uint16Array.of(0) },
    {
      onStreamMessage: (row, bytes, start, end) => {
        heard.push(Buffer.from(bytes.slice(start, end)).toString());
        reader.reset(row);
      },
      onFramingFault: () => assert.fail(),
    },
  );
  reader.push(0, Buffer.from('one\ntwo\n'), 0, 8);
  assert.deepEqual(heard, ['one']);
});
