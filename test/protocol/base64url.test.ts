import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase64Url, encodeBase64Url, writeBase64, writeBase64Url } from '../../src/protocol/base64url.js';
import { fromText, randomBytes, seededPrng } from './random-bytes.js';

test('base64url and base64 agree with Buffer at every length', (t) => {
  const prng = seededPrng(t);
  for (let length = 0; length < 100; length++) {
    const bytes = randomBytes(prng, length + 2);
    const out = new Uint8Array(200);
    const part = Buffer.from(bytes.subarray(1, length + 1));
    assert.equal(encodeBase64Url(bytes, 1, length + 1), part.toString('base64url'));
    const end = writeBase64Url(bytes, 1, length + 1, out, 5);
    assert.equal(Buffer.from(out.subarray(5, end)).toString('latin1'), part.toString('base64url'));
    const paddedEnd = writeBase64(bytes, 1, length + 1, out, 5);
    assert.equal(Buffer.from(out.subarray(5, paddedEnd)).toString('latin1'), part.toString('base64'));
  }
});

test('decoding accepts exactly the text that encoding gives', (t) => {
  const prng = seededPrng(t);
  const letters = 'ABCDabcd0189-_+/= \u00ff';
  let accepted = 0;
  for (let round = 0; round < 20000; round++) {
    let text = '';
    for (let i = prng.between(0, 7); i > 0; i--) text += letters[prng.between(0, round % 2 === 0 ? letters.length - 1 : 13)];
    const out = new Uint8Array(8);
    const end = decodeBase64Url(fromText(text), 0, text.length, out, 1);
    const canonical = Buffer.from(text, 'base64url').toString('base64url') === text;
    assert.equal(end >= 0, canonical, JSON.stringify(text));
    if (!canonical) continue;
    accepted++;
    assert.deepEqual(Buffer.from(out.subarray(1, end)), Buffer.from(text, 'base64url'), JSON.stringify(text));
  }
  assert.ok(accepted > 1000);
});

test('unused bits, padding and impossible lengths are refused', () => {
  const out = new Uint8Array(16);
  for (const text of ['A', 'AB', 'AAB', 'AA==', 'AAA=', 'AAAAA', 'A+AA', 'A/AA', 'AA A', 'AAAé']) {
    assert.equal(decodeBase64Url(fromText(text), 0, text.length, out, 0), -1, text);
  }
  assert.equal(decodeBase64Url(fromText('AQ'), 0, 2, out, 0), 1);
});
