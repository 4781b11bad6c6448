import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyWords, isCongruent, maskWords, WordView, wordsOf } from '../../src/core/words.js';
import { maskBytes } from '../../src/protocol/websocket-frame.js';
import { randomBytes, seededPrng } from '../protocol/random-bytes.js';

/** Short ones, where a piece begins and ends in one word, and long ones, which are copied another way. */
const lengthOf = (prng: { between(low: number, high: number): number }, round: number): number =>
  round % 8 === 0 ? prng.between(1000, 1100) : prng.between(0, 40);

test('copying by words is what set() does, and changes no byte beside', (t) => {
  const prng = seededPrng(t);
  for (let round = 0; round < 3000; round++) {
    const from = randomBytes(prng, 1200);
    const to = randomBytes(prng, 1200);
    const start = prng.between(0, 60);
    const at = (prng.between(0, 14) << 2) | (start & 3);
    const end = start + lengthOf(prng, round);
    const expected = to.slice();
    expected.set(from.subarray(start, end), at);
    assert.ok(isCongruent(start, at));
    copyWords(wordsOf(from)!, start, end, wordsOf(to)!, at);
    assert.deepEqual(to, expected, `${start} to ${end} at ${at}`);
  }
});

test('masking by words agrees with masking by bytes at every start and length', (t) => {
  const prng = seededPrng(t);
  for (let round = 0; round < 3000; round++) {
    const bytes = randomBytes(prng, 1200);
    const start = prng.between(0, 60);
    const end = start + lengthOf(prng, round);
    const mask = round % 20 === 0 ? 0 : prng.nextU32();
    const expected = bytes.slice();
    maskBytes(expected, start, end, mask);
    maskWords(wordsOf(bytes)!, start, end, mask);
    assert.deepEqual(bytes, expected, `${start} to ${end}, mask ${mask}`);
  }
});

test('an array gets its words when it is seen again, over the same memory, and only where it begins and ends on a word', () => {
  const view = new WordView();
  const memory = new Uint8Array(64);
  const array = memory.subarray(8, 40);
  assert.equal(view.of(array), undefined, 'at first sight');
  const words = view.of(array)!;
  assert.equal(words.length, 8);
  memory[12] = 7;
  assert.equal(words[1], 7);
  assert.equal(view.of(array), words, 'the same view each time');
  assert.equal(view.of(memory), undefined, 'another array');
  assert.equal(view.of(array), undefined, 'and the first is forgotten');
  for (const odd of [memory.subarray(1, 41), memory.subarray(0, 5)]) {
    assert.equal(view.of(odd), undefined);
    assert.equal(view.of(odd), undefined);
  }
});
