import { Prng } from '../core/prng.js';

const BYTES = 32;
/** The last 8 bytes tell the players of a run apart; the others are the same for all of them. */
const OWN_AT = 24;

/**
 * The devices that players log in from: 32 bytes that look random, the same for the same seed and player; as base64url.
 * They identify, they protect nothing, and a ramp needs thousands a second: so a hash of a few steps a letter does.
 */
export class Fingerprints {
  readonly #bytes = Buffer.alloc(BYTES);
  readonly #seed: number;

  constructor(seed: number) {
    const prng = new Prng(seed);
    this.#seed = prng.nextU32();
    for (let at = 0; at < BYTES; at += 4) this.#bytes.writeUInt32LE(prng.nextU32(), at);
  }

  of(uid: string): string {
    let high = this.#seed | 0;
    let low = (this.#seed ^ 0x5bd1e995) | 0;
    for (let index = 0; index < uid.length; index++) {
      const letter = uid.charCodeAt(index);
      high = Math.imul(high ^ letter, 0x9e3779b1);
      high ^= high >>> 15;
      low = Math.imul(low ^ letter, 0x85ebca6b);
      low ^= low >>> 13;
    }
    high = mixed(high ^ uid.length);
    low = mixed(low ^ high);
    this.#bytes.writeInt32LE(high, OWN_AT);
    this.#bytes.writeInt32LE(low, OWN_AT + 4);
    return this.#bytes.toString('base64url');
  }
}

/** The finalizer of MurmurHash3: every bit of the result depends on every bit of the value. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
