/** Every key of the wire and how it is derived (docs/protocol.md, "Keys"). HKDF is RFC 5869 with SHA-256. */
import { hkdfSync } from 'node:crypto';
import { copyBytes } from './bytes.js';
import { USE_NODE_CRYPTO } from './crypto-choice.js';
import {
  absorb,
  beginMac,
  deriveMidstates,
  deriveMidstatesOfDigest,
  finishMac,
  hmacSha256,
  MAC_MIDSTATE_WORDS,
  macOfBlock,
  padMessage,
  writeWords,
} from './hmac.js';
import type { HmacKey, MacTable } from './mac.js';

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

const mids = new Int32Array(MAC_MIDSTATE_WORDS);
const prk = new Uint8Array(32);
const okm = new Uint8Array(32);
const salt = new Uint8Array(32);
const step = new Uint8Array(32 + 255 + 1);
const sessionInput = new Uint8Array(17);

/** HKDF-Extract: PRK = HMAC(salt, ikm), 32 bytes to out[outAt..]. An empty salt is a salt of 32 zero bytes. */
export function hkdfExtract(
  saltBytes: Uint8Array,
  saltStart: number,
  saltEnd: number,
  ikm: Uint8Array,
  ikmStart: number,
  ikmEnd: number,
  out: Uint8Array,
  outAt: number,
): void {
  deriveMidstates(saltBytes, saltStart, saltEnd, mids, 0);
  hmacSha256(mids, 0, ikm, ikmStart, ikmEnd, out, outAt);
}

/** HKDF-Expand of the PRK at prkBytes[prkAt..prkAt + 32): `length` bytes (1 to 8160) to out[outAt..]. info is at most 255 bytes. */
export function hkdfExpand(prkBytes: Uint8Array, prkAt: number, info: Uint8Array, length: number, out: Uint8Array, outAt: number): void {
  if (info.length > 255 || length < 1 || length > 255 * 32)
    throw new RangeError('HKDF-Expand: info of at most 255 bytes, length 1 to 8160');
  deriveMidstates(prkBytes, prkAt, prkAt + 32, mids, 0);
  expand(info, length, out, outAt);
}

/** Expand under the key in `mids`. */
function expand(info: Uint8Array, length: number, out: Uint8Array, outAt: number): void {
  let previous = 0;
  for (let done = 0, counter = 1; done < length; done += 32, counter++) {
    const infoEnd = copyBytes(info, 0, info.length, step, previous);
    step[infoEnd] = counter;
    hmacSha256(mids, 0, step, 0, infoEnd + 1, okm, 0);
    copyBytes(okm, 0, Math.min(32, length - done), out, outAt + done);
    previous = copyBytes(okm, 0, 32, step, 0);
  }
}

export interface MasterKeys {
  /** Signs access tokens. */
  readonly jwt: Uint8Array;
  /** Refresh tokens. */
  readonly rt: Uint8Array;
  /** Session secrets. */
  readonly sess: Uint8Array;
  /** Device fingerprints in tokens. */
  readonly dfp: Uint8Array;
}

const NO_SALT = new Uint8Array(0);

/** The four keys of a 32-byte master key: HKDF with an empty salt and info "gwrk/1 " + name. */
export function deriveMasterKeys(master: Uint8Array): MasterKeys {
  const derive = (name: string): Uint8Array => {
    const info = ascii(`gwrk/1 ${name}`);
    if (USE_NODE_CRYPTO) return new Uint8Array(hkdfSync('sha256', master, NO_SALT, info, 32));
    const out = new Uint8Array(32);
    hkdfExtract(NO_SALT, 0, 0, master, 0, master.length, prk, 0);
    hkdfExpand(prk, 0, info, 32, out, 0);
    return out;
  };
  return { jwt: derive('jwt'), rt: derive('rt'), sess: derive('sess'), dfp: derive('dfp') };
}

/** S = HMAC(K_sess, sid16 || kid): 32 bytes to out[outAt..]. `sess` is the HmacKey of MasterKeys.sess, kid 1 to 255. */
export function deriveSessionSecret(sess: HmacKey, sid: Uint8Array, sidAt: number, kid: number, out: Uint8Array, outAt: number): void {
  copyBytes(sid, sidAt, sidAt + 16, sessionInput, 0);
  sessionInput[16] = kid;
  sess.digest(sessionInput, 0, 17, out, outAt);
}

const INFO_C2S = ascii('gwrk/1 c2s');
const INFO_S2C = ascii('gwrk/1 s2c');
/** What HKDF-Expand signs for its first 32 bytes: the info and the number 1. */
const STEP_C2S = padMessage(Uint8Array.of(...INFO_C2S, 1));
const STEP_S2C = padMessage(Uint8Array.of(...INFO_S2C, 1));

/**
 * The two keys of a connection, put into rows `rowC2s` and `rowS2c`: HKDF with salt snonce || cnonce (16 bytes each), the
 * session secret at secret[secretAt..secretAt + 32), info "gwrk/1 c2s" and "gwrk/1 s2c". 14 blocks of SHA-256, no garbage.
 */
export function deriveConnectionKeys(
  secret: Uint8Array,
  secretAt: number,
  snonce: Uint8Array,
  snonceAt: number,
  cnonce: Uint8Array,
  cnonceAt: number,
  macs: MacTable,
  rowC2s: number,
  rowS2c: number,
): void {
  copyBytes(snonce, snonceAt, snonceAt + 16, salt, 0);
  copyBytes(cnonce, cnonceAt, cnonceAt + 16, salt, 16);
  if (USE_NODE_CRYPTO) {
    const ikm = secret.subarray(secretAt, secretAt + 32);
    macs.setKey(rowC2s, new Uint8Array(hkdfSync('sha256', ikm, salt, INFO_C2S, 32)), 0);
    macs.setKey(rowS2c, new Uint8Array(hkdfSync('sha256', ikm, salt, INFO_S2C, 32)), 0);
    return;
  }
  deriveMidstates(salt, 0, 32, mids, 0);
  beginMac(mids, 0);
  absorb(secret, secretAt, secretAt + 32);
  deriveMidstatesOfDigest(finishMac(mids, 0), mids, 0);
  writeWords(macOfBlock(mids, 0, STEP_C2S), 8, okm, 0);
  macs.setKey(rowC2s, okm, 0);
  writeWords(macOfBlock(mids, 0, STEP_S2C), 8, okm, 0);
  macs.setKey(rowS2c, okm, 0);
}
