import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as b from '../../src/protocol/bytes.js';
import { randomBytes, seededPrng } from './random-bytes.js';

test('integers on unaligned bytes agree with DataView', (t) => {
  const prng = seededPrng(t);
  for (let round = 0; round < 2000; round++) {
    const bytes = randomBytes(prng, 24);
    const view = new DataView(bytes.buffer);
    const at = prng.between(0, 15);
    assert.equal(b.readU16(bytes, at), view.getUint16(at, true));
    assert.equal(b.readU32(bytes, at), view.getUint32(at, true));
    assert.equal(b.readI32(bytes, at), view.getInt32(at, true));
    assert.equal(b.readU64(bytes, at), Number(view.getBigUint64(at, true)));
    const value = prng.nextU32();
    const written = new Uint8Array(24);
    const expected = new DataView(new ArrayBuffer(24));
    b.writeU32(written, at, value);
    expected.setUint32(at, value, true);
    b.writeU16(written, at + 4, value);
    expected.setUint16(at + 4, value & 0xffff, true);
    assert.deepEqual(written, new Uint8Array(expected.buffer));
  }
});

test('64-bit integers are exact up to 2^53 - 1', () => {
  const bytes = new Uint8Array(9);
  for (const value of [0, 1, 0xffffffff, 0x100000000, 1767225600000, Number.MAX_SAFE_INTEGER]) {
    b.writeU64(bytes, 1, value);
    assert.equal(new DataView(bytes.buffer).getBigUint64(1, true), BigInt(value));
    assert.equal(b.readU64(bytes, 1), value);
  }
});

test('negative integers are written in two complements', () => {
  const bytes = new Uint8Array(4);
  b.writeU32(bytes, 0, -2);
  assert.deepEqual([...bytes], [0xfe, 0xff, 0xff, 0xff]);
  assert.equal(b.readI32(bytes, 0), -2);
});

test('copyBytes copies short and long ranges and returns the end', (t) => {
  const from = randomBytes(seededPrng(t), 2000);
  for (const length of [0, 1, 511, 512, 513, 1500]) {
    const to = new Uint8Array(2000);
    assert.equal(b.copyBytes(from, 7, 7 + length, to, 3), 3 + length);
    assert.deepEqual(to.subarray(3, 3 + length), from.subarray(7, 7 + length));
    assert.ok(to.subarray(3 + length).every((byte) => byte === 0));
  }
});
