import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '../../src/protocol/mac.js';
import { sha1 } from '../../src/protocol/sha1.js';
import { fromText, hexOf, randomBytes, seededPrng } from './random-bytes.js';

const sha1Hex = (bytes: Uint8Array): string => {
  const out = new Uint8Array(20);
  sha1(bytes, 0, bytes.length, out, 0);
  return hexOf(out);
};
const sha256Hex = (bytes: Uint8Array): string => {
  const out = new Uint8Array(32);
  sha256(bytes, 0, bytes.length, out, 0);
  return hexOf(out);
};

test('SHA-1 gives the digests of RFC 3174, section 7.3', () => {
  assert.equal(sha1Hex(fromText('abc')), 'a9993e364706816aba3e25717850c26c9cd0d89d');
  assert.equal(sha1Hex(fromText('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')), '84983e441c3bd26ebaae4aa1f95129e5e54670f1');
  assert.equal(sha1Hex(fromText('a'.repeat(1000000))), '34aa973cd4c4daa4f61eeb2bdbad27316534016f');
  assert.equal(
    sha1Hex(fromText('0123456701234567012345670123456701234567012345670123456701234567'.repeat(10))),
    'dea356a2cddd90c7a7ecedc5ebb563934f460452',
  );
});

test('SHA-256 gives the digests of the FIPS 180-4 examples', () => {
  assert.equal(sha256Hex(fromText('abc')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(
    sha256Hex(fromText('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
  assert.equal(sha256Hex(fromText('a'.repeat(1000000))), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0');
});

test('both agree with node:crypto at every length around the block borders', (t) => {
  const prng = seededPrng(t);
  for (let length = 0; length < 400; length++) {
    const bytes = randomBytes(prng, length);
    assert.equal(sha1Hex(bytes), createHash('sha1').update(bytes).digest('hex'), `SHA-1 of ${length} bytes`);
    assert.equal(sha256Hex(bytes), createHash('sha256').update(bytes).digest('hex'), `SHA-256 of ${length} bytes`);
  }
});
