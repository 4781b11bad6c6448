import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import { deriveConnectionKeys, deriveMasterKeys, deriveSessionSecret, hkdfExpand, hkdfExtract } from '../../src/protocol/keys.js';
import { createMacTable, HmacKey } from '../../src/protocol/mac.js';
import { fromHex, fromText, hexOf, randomBytes, seededPrng } from './random-bytes.js';

/** RFC 5869, appendix A.1 to A.3. */
const RFC_5869 = [
  {
    ikm: '0b'.repeat(22),
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    prk: '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
    okm: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    ikm: Array.from({ length: 80 }, (_, i) => i.toString(16).padStart(2, '0')).join(''),
    salt: Array.from({ length: 80 }, (_, i) => (i + 0x60).toString(16)).join(''),
    info: Array.from({ length: 80 }, (_, i) => (i + 0xb0).toString(16)).join(''),
    prk: '06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244',
    okm: 'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  {
    ikm: '0b'.repeat(22),
    salt: '',
    info: '',
    prk: '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04',
    okm: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
];

test('HKDF gives the values of RFC 5869', () => {
  for (const vector of RFC_5869) {
    const salt = fromHex(vector.salt);
    const ikm = fromHex(vector.ikm);
    const prk = new Uint8Array(32);
    hkdfExtract(salt, 0, salt.length, ikm, 0, ikm.length, prk, 0);
    assert.equal(hexOf(prk), vector.prk);
    const okm = new Uint8Array(vector.okm.length / 2 + 4);
    hkdfExpand(prk, 0, fromHex(vector.info), vector.okm.length / 2, okm, 2);
    assert.equal(hexOf(okm, 2, okm.length - 2), vector.okm);
  }
});

test('HKDF-Expand refuses lengths that RFC 5869 does not have', () => {
  const prk = new Uint8Array(32);
  for (const length of [0, 8161]) assert.throws(() => hkdfExpand(prk, 0, prk, length, new Uint8Array(9000), 0), RangeError);
  assert.throws(() => hkdfExpand(prk, 0, new Uint8Array(256), 32, new Uint8Array(32), 0), RangeError);
});

test('the four master keys are HKDF with an empty salt and their own info', (t) => {
  const master = randomBytes(seededPrng(t), 32);
  const keys = deriveMasterKeys(master);
  for (const name of ['jwt', 'rt', 'sess', 'dfp'] as const) {
    assert.equal(hexOf(keys[name]), Buffer.from(hkdfSync('sha256', master, '', `gwrk/1 ${name}`, 32)).toString('hex'), name);
  }
});

test('a session secret is the HMAC of sid and kid under K_sess', (t) => {
  const prng = seededPrng(t);
  const sess = randomBytes(prng, 32);
  const key = new HmacKey(sess);
  const sid = randomBytes(prng, 20);
  for (const kid of [1, 2, 255]) {
    const out = new Uint8Array(34);
    deriveSessionSecret(key, sid, 3, kid, out, 1);
    const expected = createHmac('sha256', sess)
      .update(sid.subarray(3, 19))
      .update(new Uint8Array([kid]))
      .digest('hex');
    assert.equal(hexOf(out, 1, 33), expected);
  }
});

test('connection keys are HKDF of the secret under both nonces, one a direction', (t) => {
  const prng = seededPrng(t);
  const macs = createMacTable(10);
  for (let round = 0; round < 200; round++) {
    const secret = randomBytes(prng, 40);
    const snonce = randomBytes(prng, 20);
    const cnonce = randomBytes(prng, 20);
    deriveConnectionKeys(secret, 8, snonce, 1, cnonce, 2, macs, 3, 7);
    const salt = Buffer.concat([snonce.subarray(1, 17), cnonce.subarray(2, 18)]);
    for (const [row, info] of [
      [3, 'gwrk/1 c2s'],
      [7, 'gwrk/1 s2c'],
    ] as const) {
      const key = new Uint8Array(hkdfSync('sha256', secret.subarray(8), salt, info, 32));
      const message = fromText(`message ${round}`);
      const expected = createHmac('sha256', key).update(message).digest().subarray(0, 16);
      assert.equal(macs.verify(row, message, 0, message.length, 0, 0, null, 0, 0, expected, 0), true, info);
    }
  }
});
