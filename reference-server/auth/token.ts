/**
 * The access token: a JWT (RFC 7519) with one header and one algorithm, HS256 under K_jwt. There is nothing to negotiate, so
 * the header is a constant text. Claims, all required: iss, aud, sub (the uid), sid and jti (base64url of 16 bytes), dfp
 * (base64url of the fingerprint's HMAC), iat and exp (whole Unix seconds).
 */

import { writeBase64Url } from '../../src/protocol/base64url.js';
import { copyBytes } from '../../src/protocol/bytes.js';
import { FIRST_BLOCK_BYTES, HmacKey } from '../../src/protocol/mac.js';

export const ACCESS_LIFETIME_S = 900;
/** Longest token that AUTH carries. */
export const MAX_TOKEN_BYTES = 1024;
export const SIGNATURE_LETTERS = 43;
export const DOT = 0x2e;

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** The letters of the header of tokens with this key id, without the dot. */
export function headerLetters(kid: number): Uint8Array {
  return ascii(Buffer.from(`{"alg":"HS256","typ":"at+jwt","kid":"${kid}"}`).toString('base64url'));
}

/** The texts between the values of the claims, in the order in which we write them. */
export const BEFORE_UID = ascii('{"iss":"gwrk","aud":"gwrk/ws","sub":"');
export const BEFORE_SID = ascii('","sid":"');
export const BEFORE_JTI = ascii('","jti":"');
export const BEFORE_DFP = ascii('","dfp":"');
export const BEFORE_IAT = ascii('","iat":');
export const BEFORE_EXP = ascii(',"exp":');

/** With what every token that we write begins: its header, the dot and the letters of the claims up to the uid, cut to a block. */
export function firstBlock(kid: number): Uint8Array {
  const claims = Buffer.from(BEFORE_UID).toString('base64url');
  return Uint8Array.of(...headerLetters(kid), DOT, ...ascii(claims)).slice(0, FIRST_BLOCK_BYTES);
}

const put = (text: Uint8Array, into: Uint8Array, at: number): number => copyBytes(text, 0, text.length, into, at);

/** Writes a whole number, 0 .. 2^53 - 1, in decimal; returns the position after it. */
export function writeDecimal(value: number, into: Uint8Array, at: number): number {
  let end = at + 1;
  for (let rest = Math.floor(value / 10); rest > 0; rest = Math.floor(rest / 10)) end += 1;
  for (let to = end - 1, rest = value; to >= at; to--, rest = Math.floor(rest / 10)) into[to] = 0x30 + (rest % 10);
  return end;
}

/** Makes tokens, a few microseconds each, without garbage. */
export class TokenSigner {
  readonly #key: HmacKey;
  readonly #header: Uint8Array;
  readonly #claims = new Uint8Array(384);
  readonly #mac = new Uint8Array(32);

  /** `key` is K_jwt (32 bytes), `kid` 1 .. 255. */
  constructor(key: Uint8Array, kid: number) {
    this.#key = new HmacKey(key, firstBlock(kid));
    this.#header = headerLetters(kid);
  }

  /**
   * Writes the token of a session to into[at..] (up to 512 bytes) and returns the position after it. uid is ASCII of the uid
   * pattern, sid and jti are 16 bytes, dfpMac 32; issuedS is in Unix seconds.
   */
  write(
    uid: Uint8Array,
    uidLength: number,
    sid: Uint8Array,
    sidAt: number,
    jti: Uint8Array,
    jtiAt: number,
    dfpMac: Uint8Array,
    dfpMacAt: number,
    issuedS: number,
    into: Uint8Array,
    at: number,
  ): number {
    const claims = this.#claims;
    let end = put(BEFORE_UID, claims, 0);
    end = copyBytes(uid, 0, uidLength, claims, end);
    end = put(BEFORE_SID, claims, end);
    end = writeBase64Url(sid, sidAt, sidAt + 16, claims, end);
    end = put(BEFORE_JTI, claims, end);
    end = writeBase64Url(jti, jtiAt, jtiAt + 16, claims, end);
    end = put(BEFORE_DFP, claims, end);
    end = writeBase64Url(dfpMac, dfpMacAt, dfpMacAt + 32, claims, end);
    end = put(BEFORE_IAT, claims, end);
    end = writeDecimal(issuedS, claims, end);
    end = put(BEFORE_EXP, claims, end);
    end = writeDecimal(issuedS + ACCESS_LIFETIME_S, claims, end);
    claims[end++] = 0x7d;

    let to = put(this.#header, into, at);
    into[to++] = DOT;
    to = writeBase64Url(claims, 0, end, into, to);
    this.#key.digestBehind(into, at, to, this.#mac, 0);
    into[to++] = DOT;
    return writeBase64Url(this.#mac, 0, 32, into, to);
  }
}
