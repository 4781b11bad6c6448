import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { CompactMacs } from '../../src/swarm/compact-macs.js';

const SEED = 77;

function bytes(prng: Prng, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => prng.between(0, 255)));
}

test(`tags are those of HMAC-SHA-256 under the row's present key, whatever row was used before (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  const rows = 4;
  const macs = new CompactMacs(rows);
  const keys = Array.from({ length: rows }, () => bytes(prng, 32));
  for (const [row, key] of keys.entries()) macs.setKey(row, key, 0);
  for (let i = 0; i < 2_000; i++) {
    const row = prng.between(0, rows - 1);
    if (prng.next() < 0.2) {
      keys[row] = bytes(prng, 32);
      macs.setKey(row, Buffer.concat([Buffer.alloc(3), keys[row]]), 3);
    }
    const message = bytes(prng, prng.between(0, 200));
    const cut = prng.between(0, message.length);
    const extra = bytes(prng, 16);
    const out = Buffer.alloc(20);
    macs.tag(row, message, 0, cut, cut, message.length, extra, 0, 16, out, 2);
    const expected = createHmac('sha256', keys[row]!).update(message).update(extra).digest().subarray(0, 16);
    assert.deepEqual(out.subarray(2, 18), expected);
    assert.equal(macs.verify(row, message, 0, cut, cut, message.length, extra, 0, 16, out, 2), true);
    out[2 + prng.between(0, 15)]! ^= 1 << prng.between(0, 7);
    assert.equal(macs.verify(row, message, 0, cut, cut, message.length, extra, 0, 16, out, 2), false);
  }
});

test('a key that was cleared makes no more tags', () => {
  const macs = new CompactMacs(1);
  const key = Buffer.alloc(32, 9);
  const tag = Buffer.alloc(16);
  macs.setKey(0, key, 0);
  macs.tag(0, key, 0, 32, 0, 0, null, 0, 0, tag, 0);
  macs.clear(0);
  assert.equal(macs.verify(0, key, 0, 32, 0, 0, null, 0, 0, tag, 0), false);
});
