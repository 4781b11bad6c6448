import { Prng } from '../core/prng.js';

/** Bytes of a fingerprint, and letters of its base64url without padding. */
export const DFP_BYTES = 32;
export const DFP_LETTERS = 43;
/** The last 8 bytes tell the players of a run apart; the others, and so the first 32 letters, are the same for all of them. */
const OWN_AT = 24;
const OWN_LETTERS_AT = 32;
const LETTERS = new Uint8Array(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 'latin1'));

/**
 * The devices that players log in from: 32 bytes that look random, the same for the same seed and player. They identify,
 * they protect nothing, and a ramp needs thousands a second: so a hash of a few steps a letter does.
 */
export class Fingerprints {
  readonly #bytes = Buffer.alloc(DFP_BYTES);
  readonly #letters: Buffer;
  readonly #seed: number;

  constructor(seed: number) {
    const prng = new Prng(seed);
    this.#seed = prng.nextU32();
    for (let at = 0; at < DFP_BYTES; at += 4) this.#bytes.writeUInt32LE(prng.nextU32(), at);
    this.#letters = Buffer.from(this.#bytes.toString('base64url'), 'latin1');
  }

  /** Writes the device of the player whose uid is uids[start..end) to out[at..at + 32). */
  write(uids: Uint8Array, start: number, end: number, out: Uint8Array, at: number): void {
    let high = this.#seed | 0;
    let low = (this.#seed ^ 0x5bd1e995) | 0;
    for (let index = start; index < end; index++) {
      const letter = uids[index]!;
      high = Math.imul(high ^ letter, 0x9e3779b1);
      high ^= high >>> 15;
      low = Math.imul(low ^ letter, 0x85ebca6b);
      low ^= low >>> 13;
    }
    high = mixed(high ^ (end - start));
    low = mixed(low ^ high);
    for (let i = 0; i < OWN_AT; i++) out[at + i] = this.#bytes[i]!;
    writeI32(out, at + OWN_AT, high);
    writeI32(out, at + OWN_AT + 4, low);
  }

  /** Writes the letters of the device dfps[from..from + 32), which write() has made, to out[at..]; returns their end. The byte behind it may be written too. */
  writeLetters(dfps: Uint8Array, from: number, out: Uint8Array, at: number): number {
    for (let i = 0; i < OWN_LETTERS_AT; i++) out[at + i] = this.#letters[i]!;
    let to = at + OWN_LETTERS_AT;
    for (let own = from + OWN_AT; own < from + DFP_BYTES; own += 3) {
      // The last group has two bytes, so three letters, the third of them with two bits of nothing.
      const group = (dfps[own]! << 16) | (dfps[own + 1]! << 8) | (own + 2 < from + DFP_BYTES ? dfps[own + 2]! : 0);
      out[to] = LETTERS[group >>> 18]!;
      out[to + 1] = LETTERS[(group >>> 12) & 63]!;
      out[to + 2] = LETTERS[(group >>> 6) & 63]!;
      out[to + 3] = LETTERS[group & 63]!;
      to += 4;
    }
    return at + DFP_LETTERS;
  }
}

function writeI32(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >>> 8;
  out[at + 2] = value >>> 16;
  out[at + 3] = value >>> 24;
}

/** The finalizer of MurmurHash3: every bit of the result depends on every bit of the value. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
