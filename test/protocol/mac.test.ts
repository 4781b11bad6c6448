import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createMacTable, deriveMidstates, HmacKey, hmacSha256, MAC_MIDSTATE_WORDS, type MacTable } from '../../src/protocol/mac.js';
import { MidstateMacTable } from '../../src/protocol/mac-midstates.js';
import { NodeMacTable } from '../../src/protocol/mac-node.js';
import { macSelfTest } from '../../src/protocol/mac-self-test.js';
import { fromHex, fromText, hexOf, randomBytes, seededPrng } from './random-bytes.js';

const filled = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte);

/** RFC 4231, sections 4.2 to 4.8; 4.6 is cut to 128 bits there, as on our wire. */
const RFC_4231: readonly [key: Uint8Array, data: Uint8Array, mac: string][] = [
  [filled(0x0b, 20), fromText('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [fromText('Jefe'), fromText('what do ya want for nothing?'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
  [filled(0xaa, 20), filled(0xdd, 50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    fromHex('0102030405060708090a0b0c0d0e0f10111213141516171819'),
    filled(0xcd, 50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [filled(0x0c, 20), fromText('Test With Truncation'), 'a3b6167473100ee06e0c796c2955552b'],
  [
    filled(0xaa, 131),
    fromText('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    filled(0xaa, 131),
    fromText(
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
];

test('HMAC-SHA-256 over midstates gives the values of RFC 4231', () => {
  const mids = new Int32Array(2 * MAC_MIDSTATE_WORDS);
  const out = new Uint8Array(40);
  for (const [key, data, mac] of RFC_4231) {
    deriveMidstates(key, 0, key.length, mids, MAC_MIDSTATE_WORDS);
    hmacSha256(mids, MAC_MIDSTATE_WORDS, data, 0, data.length, out, 3);
    assert.equal(hexOf(out, 3, 3 + mac.length / 2), mac);
  }
});

test('HmacKey agrees with node:crypto', (t) => {
  const prng = seededPrng(t);
  for (let length = 0; length < 200; length += 3) {
    const key = randomBytes(prng, length);
    const message = randomBytes(prng, 200 - length);
    const out = new Uint8Array(32);
    new HmacKey(key).digest(message, 0, message.length, out, 0);
    assert.equal(hexOf(out), createHmac('sha256', key).update(message).digest('hex'));
  }
});

const TABLES: readonly [name: string, create: (rows: number) => MacTable][] = [
  ['stored midstates', (rows) => new MidstateMacTable(rows)],
  ['node:crypto', (rows) => new NodeMacTable(rows)],
];

for (const [name, create] of TABLES) {
  test(`tags of three segments agree with node:crypto, cut to 128 bits (${name})`, (t) => {
    const prng = seededPrng(t);
    const table = create(8);
    const keys = Array.from({ length: 8 }, () => randomBytes(prng, 40));
    for (const [row, key] of keys.entries()) table.setKey(row, key, 5);
    for (let round = 0; round < 1500; round++) {
      const row = prng.between(0, 7);
      const bytes = randomBytes(prng, prng.between(0, round % 50 === 0 ? 5000 : 150));
      const [s1, e1, s2, e2] = Array.from({ length: 4 }, () => prng.between(0, bytes.length)).sort((a, b) => a - b) as [
        number,
        number,
        number,
        number,
      ];
      const extra = round % 3 === 0 ? null : randomBytes(prng, 30);
      const s3 = prng.between(0, 10);
      const e3 = prng.between(s3, 30);
      const hmac = createHmac('sha256', keys[row]!.subarray(5, 37)).update(bytes.subarray(s1, e1)).update(bytes.subarray(s2, e2));
      if (extra !== null) hmac.update(extra.subarray(s3, e3));
      const out = new Uint8Array(20);
      table.tag(row, bytes, s1, e1, s2, e2, extra, s3, e3, out, 2);
      assert.equal(hexOf(out, 2, 18), hmac.digest('hex').slice(0, 32));
      assert.equal(hexOf(out, 0, 2) + hexOf(out, 18, 20), '00000000', 'bytes beside the tag are left alone');
      assert.equal(table.verify(row, bytes, s1, e1, s2, e2, extra, s3, e3, out, 2), true);
      assert.equal(table.verify((row + 1) % 8, bytes, s1, e1, s2, e2, extra, s3, e3, out, 2), false, "another row's key");
      out[2 + (round % 16)]! ^= 1 << (round % 8);
      assert.equal(table.verify(row, bytes, s1, e1, s2, e2, extra, s3, e3, out, 2), false, 'one bit of the tag');
    }
  });

  test(`a cleared row accepts no tag of its old key (${name})`, () => {
    const table = create(2);
    const tag = new Uint8Array(16);
    table.setKey(1, filled(7, 32), 0);
    table.tag(1, tag, 0, 0, 0, 0, null, 0, 0, tag, 0);
    assert.equal(table.verify(1, tag, 0, 0, 0, 0, null, 0, 0, tag, 0), true);
    table.clear(1);
    assert.equal(table.verify(1, tag, 0, 0, 0, 0, null, 0, 0, tag, 0), false);
  });
}

test('the table in use is the one over midstates unless GWRK_CRYPTO says node', () => {
  assert.ok(createMacTable(1) instanceof (process.env.GWRK_CRYPTO === 'node' ? NodeMacTable : MidstateMacTable));
});

test('the start-up self-test finds nothing wrong', () => {
  assert.equal(macSelfTest(), undefined);
});

test('tagging many times allocates nothing', () => {
  const table = new MidstateMacTable(4);
  const bytes = new Uint8Array(64);
  const out = new Uint8Array(16);
  table.setKey(0, filled(1, 32), 0);
  const tagMany = (count: number): void => {
    for (let i = 0; i < count; i++) table.tag(i & 3, bytes, 0, 24, 40, 40, null, 0, 0, out, 0);
  };
  tagMany(50000);
  const before = process.memoryUsage().heapUsed;
  tagMany(200000);
  // One object a call would be 3 MB at least; a collection in between can only make the figure smaller.
  assert.ok(process.memoryUsage().heapUsed - before < 1_000_000);
});
