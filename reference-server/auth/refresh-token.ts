import { copyBytes, readU32, writeU32 } from '../../src/protocol/bytes.js';
import { HmacKey } from '../../src/protocol/mac.js';
import { MAX_UID_BYTES } from './uid.js';

/** A refresh token: fam[16], gen u32 little-endian, mac[16]. */
export const REFRESH_TOKEN_BYTES = 36;
const GENERATION = 16;
const MAC = 20;
const MAC_BYTES = 16;

export function generationOf(token: Uint8Array): number {
  return readU32(token, GENERATION);
}

/**
 * Makes and checks refresh tokens. The mac is the first 16 bytes of HMAC-SHA-256(K_rt, fam || gen || uid): whoever cannot make it
 * is refused before the store is asked, and whoever reads the store cannot make it.
 */
export class RefreshTokens {
  readonly #key: HmacKey;
  readonly #signed = new Uint8Array(MAC + MAX_UID_BYTES);
  readonly #mac = new Uint8Array(32);

  /** `key` is K_rt, 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = new HmacKey(key);
  }

  /** Writes the 36 bytes of a token to into[at..]. The uid is uid[0..uidLength), ASCII. */
  write(family: Uint8Array, familyAt: number, generation: number, uid: Uint8Array, uidLength: number, into: Uint8Array, at: number): void {
    copyBytes(family, familyAt, familyAt + 16, into, at);
    writeU32(into, at + GENERATION, generation);
    this.#sign(into, at, uid, uidLength);
    copyBytes(this.#mac, 0, MAC_BYTES, into, at + MAC);
  }

  /** True when the token was made for this user: of some generation from 1 on, which the store then judges. */
  isGenuine(token: Uint8Array, uid: Uint8Array, uidLength: number): boolean {
    this.#sign(token, 0, uid, uidLength);
    let difference = 0;
    for (let i = 0; i < MAC_BYTES; i++) difference |= token[MAC + i]! ^ this.#mac[i]!;
    return difference === 0 && generationOf(token) > 0;
  }

  #sign(token: Uint8Array, at: number, uid: Uint8Array, uidLength: number): void {
    copyBytes(token, at, at + MAC, this.#signed, 0);
    this.#key.digest(this.#signed, 0, copyBytes(uid, 0, uidLength, this.#signed, MAC), this.#mac, 0);
  }
}
