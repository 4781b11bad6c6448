import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { adler32, crc32, sum8 } from '../../src/protocol/checksums.js';
import { loadScenario } from '../../src/scenario/load.js';
import type { Program } from '../../src/scenario/program.js';
import { LayoutCheck } from '../../src/swarm/layout-check.js';
import { LayoutReader } from '../../src/swarm/layout-reader.js';
import { LayoutWriter, PACKET_UNFIT } from '../../src/swarm/layout-writer.js';
import { adler32 as zlibAdler, crc32 as zlibCrc } from './zlib-oracle.js';

const context = (client = 3, iteration = 5) => ({ client, iteration, prng: new Prng(1), nowUnixMs: 0 }) as never;

function programOf(layouts: string, flow: string): Program {
  const text = `name: x
target: ws://h/
layouts:
${layouts.replace(/^/gm, '  ')}
scenarios:
  s:
    executor: constant-clients
    clients: 1
    duration: 1s
    flow:
      - connect: {}
${flow.replace(/^/gm, '      ')}
`;
  return loadScenario(text, { file: 'x.yaml' }).plan.scenarios[0]!.program;
}

const written = (program: Program, send = 0, at = 0): Buffer => {
  const writer = new LayoutWriter(program.sends[send]!.packet!);
  const out = new Uint8Array(at + writer.maxBytes);
  const end = writer.write(context(), out, at);
  return Buffer.from(out.subarray(at, end));
};

const EVERY_TYPE = (endian: string): string => `all:
  endian: ${endian}
  fields:
    - { name: a, type: u8, value: 200 }
    - { name: b, type: u16, value: 65534 }
    - { name: c, type: u32, value: 4000000000 }
    - { name: d, type: u64, value: 9007199254740991 }
    - { name: e, type: i8, value: -2 }
    - { name: f, type: i16, value: -300 }
    - { name: g, type: i32, value: -70000 }
    - { name: h, type: i64, value: -9007199254740991 }
    - { name: i, type: f32, value: 1.5 }
    - { name: j, type: f64, value: -0.1 }
    - { name: k, type: bool, value: true }
    - { name: l, type: enum, as: u16, values: { walk: 1, run: 515 }, value: run }
    - { name: m, type: text, length: 6, value: "héy" }
    - { name: n, type: text, length: u16, value: "p{{ client }}" }
    - { type: padding, length: 3 }
    - { name: o, type: bytes, length: u8, value: "dead beef" }`;

for (const endian of ['little', 'big'] as const) {
  test(`every type of field, ${endian}-endian, is written as Node's own writers write it, and read again`, () => {
    const program = programOf(EVERY_TYPE(endian), '- send: { packet: all, expect: { packet: all, fields: { n: "p3" } } }');
    const at = endian === 'little' ? 'LE' : 'BE';
    const head = Buffer.alloc(45);
    head.writeUInt8(200, 0);
    head[`writeUInt16${at}`](65_534, 1);
    head[`writeUInt32${at}`](4_000_000_000, 3);
    head[`writeBigUInt64${at}`](9_007_199_254_740_991n, 7);
    head.writeInt8(-2, 15);
    head[`writeInt16${at}`](-300, 16);
    head[`writeInt32${at}`](-70_000, 18);
    head[`writeBigInt64${at}`](-9_007_199_254_740_991n, 22);
    head[`writeFloat${at}`](1.5, 30);
    head[`writeDouble${at}`](-0.1, 34);
    head.writeUInt8(1, 42);
    head[`writeUInt16${at}`](515, 43);
    const two = Buffer.alloc(2);
    two[`writeUInt16${at}`](2);
    const expected = Buffer.concat([head, Buffer.from('héy\0\0'), two, Buffer.from('p3\0\0\0\x04'), Buffer.from('deadbeef', 'hex')]);
    const bytes = written(program, 0, 7);
    assert.deepEqual(bytes, expected);
    const check = new LayoutCheck(program.sends[0]!.expect!.packet!);
    assert.ok(check.holds(context(), bytes, 0, bytes.length));
    for (let index = 0; index < bytes.length; index++) {
      const changed = Uint8Array.from(bytes);
      changed[index]! ^= 0x10;
      // Padding may hold anything.
      if (index >= 55 && index < 58) assert.ok(check.holds(context(), changed, 0, changed.length), `byte ${index}`);
      else assert.ok(!check.holds(context(), changed, 0, changed.length), `byte ${index}`);
    }
  });
}

const SEALED = `sealed:
  endian: big
  fields:
    - { name: whole, type: u16, lengthOf: packet }
    - { name: size, type: u8, lengthOf: body }
    - { name: body, type: text }
    - { name: after, type: u8, lengthOf: rest }
    - { name: crc, type: crc32 }
    - { name: adler, type: adler32, of: body }
    - { name: sum, type: sum8, of: packet }`;

test('lengths and checksums are those of their parts, as zlib computes them', () => {
  const program = programOf(SEALED, '- send: { packet: sealed, fields: { body: "hello {{ client }}" } }');
  const bytes = written(program);
  const body = Buffer.from('hello 3');
  assert.equal(bytes.readUInt16BE(0), bytes.length);
  assert.equal(bytes[2], body.length);
  assert.deepEqual(bytes.subarray(3, 10), body);
  assert.equal(bytes[10], 9);
  assert.equal(bytes.readUInt32BE(11), zlibCrc(bytes.subarray(0, 11)));
  assert.equal(bytes.readUInt32BE(15), zlibAdler(body));
  const sum = bytes.subarray(0, 19).reduce((total, byte) => total + byte, 0) & 255;
  assert.equal(bytes[19], sum);
});

test('a packet that is cut, lengthened or changed anywhere is not taken for one', () => {
  const program = programOf(SEALED, '- send: { packet: sealed, fields: { body: hello } }');
  const bytes = written(program);
  const reader = new LayoutReader(program.sends[0]!.packet!.layout);
  assert.ok(reader.find(bytes, 0, bytes.length));
  for (let length = 0; length < bytes.length; length++) assert.ok(!reader.find(bytes, 0, length), `${length} bytes`);
  assert.ok(!reader.find(Buffer.concat([bytes, Buffer.alloc(1)]), 0, bytes.length + 1));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Uint8Array.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.ok(!reader.find(changed, 0, changed.length), `bit ${bit}`);
  }
});

test('garbage is never read past its end, whatever its lengths claim', () => {
  const seed = 5;
  const prng = new Prng(seed);
  const program = programOf(
    'odd: { fields: [ { name: n, type: u32, lengthOf: b }, { name: b, type: bytes }, { name: t, type: text, length: u32 }, { name: r, type: bytes } ] }',
    '- send: { packet: odd, fields: { b: "", t: "", r: "" } }',
  );
  const reader = new LayoutReader(program.sends[0]!.packet!.layout);
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: prng.between(0, 40) }, (_, i) =>
      i % 4 === 0 ? prng.between(0, 20) : prng.between(0, 1) * prng.between(0, 255),
    );
    if (!reader.find(bytes, 0, bytes.length)) continue;
    for (const end of reader.places.ends) assert.ok(end <= bytes.length, `seed ${seed}, round ${round}`);
  }
});

test('a value that a client comes to and its field cannot hold is not sent', () => {
  const layout = 'p: { fields: [ { name: a, type: u8 }, { name: t, type: text, length: 4 }, { name: s, type: text, length: u8 } ] }';
  const fields = (a: string, t: string): string => `- send: { packet: p, fields: { a: "${a}", t: "${t}", s: x } }`;
  for (const [a, t, isSent] of [
    ['{{ client + 252 }}', 'abc{{ client }}', true],
    ['{{ client + 253 }}', 'abc{{ client }}', false],
    ['{{ client - 4 }}', 'a', false],
    ['{{ client / (client - 3) }}', 'a', false],
    ['{{ client / 2 }}', 'a', true],
    ['1', 'abcd{{ client }}', false],
  ] as const) {
    const writer = new LayoutWriter(programOf(layout, fields(a, t)).sends[0]!.packet!);
    assert.equal(writer.write(context(), new Uint8Array(writer.maxBytes), 0) !== PACKET_UNFIT, isSent, `${a} ${t}`);
  }
});

test('checksums are those of the published check values', () => {
  const bytes = Buffer.from('123456789');
  assert.equal(crc32(bytes, 0, 9, 0, 0), 0xcbf43926);
  assert.equal(adler32(bytes, 0, 9, 0, 0), 0x091e01de);
  assert.equal(sum8(bytes, 0, 9, 0, 0), 477 & 255);
  const hole = Buffer.from('12\0\x0056789');
  for (const compute of [crc32, adler32, sum8]) assert.equal(compute(bytes, 0, 9, 2, 4), compute(hole, 0, 9, 0, 0));
});
