import { decodeBase64Url } from '../../src/protocol/base64url.js';
import { HmacKey } from '../../src/protocol/mac.js';
import { REASON_FORM, REASON_HEADER, REASON_SIGNATURE } from './auth-result.js';
import { DOT, firstBlock, headerLetters, MAX_TOKEN_BYTES, SIGNATURE_LETTERS } from './token.js';
import { readClaims, type VerifiedToken } from './token-claims.js';

/** Checks access tokens in place, from cheap to dear; a token that we wrote costs no garbage. */
export class TokenVerifier {
  readonly #key: HmacKey;
  readonly #header: Uint8Array;
  readonly #firstBlock: Uint8Array;
  readonly #claims = new Uint8Array(MAX_TOKEN_BYTES);
  readonly #given = new Uint8Array(32);
  readonly #mac = new Uint8Array(32);

  /** `key` is K_jwt (32 bytes), `kid` 1 .. 255. */
  constructor(key: Uint8Array, kid: number) {
    this.#firstBlock = firstBlock(kid);
    this.#key = new HmacKey(key, this.#firstBlock);
    this.#header = headerLetters(kid);
  }

  /**
   * Verifies the token bytes[start..end) at the time nowS (Unix seconds). Returns REASON_OK with `out` filled, or why not:
   * header, form, signature, then claims. Nothing of a token is read before its signature holds.
   */
  verify(bytes: Uint8Array, start: number, end: number, nowS: number, out: VerifiedToken): number {
    const header = this.#header;
    const claimsAt = start + header.length + 1;
    const signatureAt = end - SIGNATURE_LETTERS;
    for (let i = 0; i < header.length; i++) {
      if (start + i >= end || bytes[start + i] !== header[i]) return REASON_HEADER;
    }
    if (claimsAt > end || bytes[claimsAt - 1] !== DOT) return REASON_HEADER;
    if (end - start > MAX_TOKEN_BYTES || signatureAt - 1 < claimsAt || bytes[signatureAt - 1] !== DOT) return REASON_FORM;
    if (decodeBase64Url(bytes, signatureAt, end, this.#given, 0) !== 32) return REASON_FORM;

    // One block of the signature is known beforehand for a token that begins as ours do.
    if (this.#beginsAsOurs(bytes, start, signatureAt - 1)) this.#key.digestBehind(bytes, start, signatureAt - 1, this.#mac, 0);
    else this.#key.digest(bytes, start, signatureAt - 1, this.#mac, 0);
    let difference = 0;
    for (let i = 0; i < 32; i++) difference |= this.#given[i]! ^ this.#mac[i]!;
    if (difference !== 0) return REASON_SIGNATURE;

    const claimsEnd = decodeBase64Url(bytes, claimsAt, signatureAt - 1, this.#claims, 0);
    return claimsEnd < 0 ? REASON_FORM : readClaims(this.#claims, claimsEnd, nowS, out);
  }

  #beginsAsOurs(bytes: Uint8Array, start: number, end: number): boolean {
    const known = this.#firstBlock;
    if (end - start < known.length) return false;
    for (let i = this.#header.length; i < known.length; i++) if (bytes[start + i] !== known[i]) return false;
    return true;
  }
}
