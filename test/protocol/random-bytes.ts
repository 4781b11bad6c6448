/** Seeded bytes for the tests of this room. GWRK_SEED=n replays a run; each test prints its seed. */
import type { TestContext } from 'node:test';
import { Prng } from '../../src/core/prng.js';

export function seededPrng(t: TestContext): Prng {
  const seed = process.env.GWRK_SEED === undefined ? (Date.now() ^ (process.pid << 12)) >>> 0 : Number(process.env.GWRK_SEED);
  t.diagnostic(`GWRK_SEED=${seed}`);
  return new Prng(seed);
}

export function randomBytes(prng: Prng, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = prng.nextU32();
  return bytes;
}

export const hexOf = (bytes: Uint8Array, start = 0, end = bytes.length): string => Buffer.from(bytes.subarray(start, end)).toString('hex');

export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));

export const fromText = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
