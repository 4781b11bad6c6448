/**
 * The start-up check of our own HMAC: vectors of RFC 4231 and 1,000 random messages against node:crypto. About 50 ms.
 */
import { createHmac } from 'node:crypto';
import { Prng } from '../core/prng.js';
import { deriveMidstates, hmacSha256, MAC_MIDSTATE_WORDS } from './hmac.js';
import { MidstateMacTable } from './mac-midstates.js';

const SEED = 0x67776b;
const MESSAGES = 1000;

const repeat = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte);
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'latin1'));

/** RFC 4231, sections 4.2 to 4.4, 4.7 and 4.8: key, data, HMAC-SHA-256. */
const VECTORS: readonly (readonly [Uint8Array, Uint8Array, string])[] = [
  [repeat(0x0b, 20), text('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [text('Jefe'), text('what do ya want for nothing?'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
  [repeat(0xaa, 20), repeat(0xdd, 50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    repeat(0xaa, 131),
    text('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    repeat(0xaa, 131),
    text(
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
];

/** Returns undefined when our MAC is right, else what is wrong. */
export function macSelfTest(): string | undefined {
  const mids = new Int32Array(MAC_MIDSTATE_WORDS);
  const digest = new Uint8Array(32);
  for (const [index, [key, data, expected]] of VECTORS.entries()) {
    deriveMidstates(key, 0, key.length, mids, 0);
    hmacSha256(mids, 0, data, 0, data.length, digest, 0);
    if (Buffer.from(digest).toString('hex') !== expected) return `HMAC-SHA-256 differs from vector ${index + 1} of RFC 4231`;
  }
  const prng = new Prng(SEED);
  const table = new MidstateMacTable(1);
  const key = new Uint8Array(32);
  const message = new Uint8Array(300);
  const tag = new Uint8Array(16);
  for (let round = 0; round < MESSAGES; round++) {
    for (let i = 0; i < key.length; i++) key[i] = prng.nextU32();
    for (let i = 0; i < message.length; i++) message[i] = prng.nextU32();
    const length = prng.between(0, message.length);
    const cut = prng.between(0, length);
    const extra = prng.between(0, 16);
    table.setKey(0, key, 0);
    table.tag(0, message, 0, cut, cut, length, key, 0, extra, tag, 0);
    const expected = createHmac('sha256', key).update(message.subarray(0, length)).update(key.subarray(0, extra)).digest().subarray(0, 16);
    if (Buffer.compare(expected, tag) !== 0) return `the tag of random message ${round} (seed ${SEED}) differs from node:crypto`;
    if (!table.verify(0, message, 0, cut, cut, length, key, 0, extra, expected, 0))
      return `the tag of random message ${round} is not accepted`;
    expected[round % 16]! ^= 1;
    if (table.verify(0, message, 0, cut, cut, length, key, 0, extra, expected, 0))
      return `a wrong tag of random message ${round} is accepted`;
  }
  return undefined;
}
