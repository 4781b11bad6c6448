import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import { UTF8_INVALID, UTF8_START, validateUtf8 } from '../../src/protocol/utf8.js';
import { fromHex, randomBytes, seededPrng } from './random-bytes.js';

const isValid = (bytes: Uint8Array): boolean => validateUtf8(bytes, 0, bytes.length, UTF8_START) === UTF8_START;

test('every sequence of two bytes, and of three and four around the borders, is judged as node:buffer does', () => {
  const edges = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4,
    0xf5, 0xff,
  ];
  const bytes = new Uint8Array(4);
  let valid = 0;
  const judge = (length: number): void => {
    const part = bytes.subarray(0, length);
    const expected = isUtf8(part);
    if (isValid(part) !== expected) assert.fail(Buffer.from(part).toString('hex'));
    if (expected) valid++;
  };
  for (let pair = 0; pair < 65536; pair++) {
    bytes[0] = pair >> 8;
    bytes[1] = pair;
    judge(2);
  }
  for (const a of edges)
    for (const b of edges)
      for (const c of edges) {
        bytes.set([a, b, c]);
        judge(3);
        for (const d of edges) {
          bytes[3] = d;
          judge(4);
        }
      }
  assert.ok(valid > 16384);
});

test('random text is judged alike whole and cut anywhere', (t) => {
  const prng = seededPrng(t);
  for (let round = 0; round < 3000; round++) {
    const characters = Array.from({ length: 12 }, () => {
      const point = [0x20, 0x7ff, 0xd7ff, 0x10ffff][prng.between(0, 3)]!;
      return String.fromCodePoint(Math.max(0x20, prng.between(point >> 4, point)) & ~(point === 0x10ffff ? 0 : 0x2000));
    });
    const bytes = new Uint8Array(Buffer.from(characters.join('')));
    if (round % 2 === 0) bytes[prng.between(0, bytes.length - 1)] = prng.nextU32();
    const expected = isUtf8(bytes);
    assert.equal(isValid(bytes), expected);
    const cut = prng.between(0, bytes.length);
    const state = validateUtf8(bytes, 0, cut, UTF8_START);
    assert.equal(validateUtf8(bytes, cut, bytes.length, state) === UTF8_START, expected, `cut at ${cut}`);
  }
});

test('a fault stays a fault, and half a character is not a text', (t) => {
  const broken = fromHex('c328');
  const state = validateUtf8(broken, 0, 2, UTF8_START);
  assert.equal(state, UTF8_INVALID);
  assert.equal(validateUtf8(randomBytes(seededPrng(t), 1).fill(0x41), 0, 1, state), UTF8_INVALID);
  assert.notEqual(validateUtf8(fromHex('e282'), 0, 2, UTF8_START), UTF8_START);
});
