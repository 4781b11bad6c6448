import { decodeBase64Url } from '../../src/protocol/base64url.js';
import { REASON_CLAIMS, REASON_EXPIRED, REASON_NOT_YET, REASON_OK } from './auth-result.js';
import { BEFORE_DFP, BEFORE_EXP, BEFORE_IAT, BEFORE_JTI, BEFORE_SID, BEFORE_UID } from './token.js';
import { isUidByte, MAX_UID_BYTES } from './uid.js';

/** What the claims of a good token say. Made once and filled again. */
export class VerifiedToken {
  readonly uid = new Uint8Array(MAX_UID_BYTES);
  uidLength = 0;
  readonly sid = new Uint8Array(16);
  readonly jti = new Uint8Array(16);
  /** The fingerprint's HMAC. */
  readonly dfpMac = new Uint8Array(32);
  /** Unix seconds. */
  expS = 0;
}

const QUOTE = 0x22;
const MAX_U32 = 0xffffffff;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Position in `text` up to which the reader below has come. */
let cursor = 0;

function skip(text: Uint8Array, end: number, expected: Uint8Array): boolean {
  if (end - cursor < expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (text[cursor + i] !== expected[i]) return false;
  cursor += expected.length;
  return true;
}

function skipBase64Url(text: Uint8Array, end: number, letters: number, into: Uint8Array): boolean {
  if (end - cursor < letters || decodeBase64Url(text, cursor, cursor + letters, into, 0) !== into.length) return false;
  cursor += letters;
  return true;
}

/** A whole number of one to ten digits as JSON writes it, or -1. */
function skipSeconds(text: Uint8Array, end: number): number {
  const from = cursor;
  let value = 0;
  while (cursor < end && cursor - from < 10 && text[cursor]! >= 0x30 && text[cursor]! <= 0x39) value = value * 10 + text[cursor++]! - 0x30;
  return cursor === from || (text[from] === 0x30 && cursor - from > 1) ? -1 : value;
}

/** Reads claims exactly as TokenSigner writes them. False: written otherwise, or bad; readAnyClaims() tells which. */
function readOurClaims(text: Uint8Array, end: number, out: VerifiedToken): boolean {
  cursor = 0;
  if (!skip(text, end, BEFORE_UID)) return false;
  let length = 0;
  while (cursor < end && text[cursor] !== QUOTE) {
    if (length === MAX_UID_BYTES || !isUidByte(text[cursor]!)) return false;
    out.uid[length++] = text[cursor++]!;
  }
  if (length === 0) return false;
  out.uidLength = length;
  if (!skip(text, end, BEFORE_SID) || !skipBase64Url(text, end, 22, out.sid)) return false;
  if (!skip(text, end, BEFORE_JTI) || !skipBase64Url(text, end, 22, out.jti)) return false;
  if (!skip(text, end, BEFORE_DFP) || !skipBase64Url(text, end, 43, out.dfpMac)) return false;
  if (!skip(text, end, BEFORE_IAT) || skipSeconds(text, end) < 0) return false;
  if (!skip(text, end, BEFORE_EXP)) return false;
  out.expS = Math.min(skipSeconds(text, end), MAX_U32);
  return out.expS >= 0 && cursor === end - 1 && text[cursor] === 0x7d;
}

/** Copies a text claim of base64url; false when it is no text or not the canonical form of as many bytes. */
function copyBase64Url(claim: unknown, into: Uint8Array): boolean {
  if (typeof claim !== 'string' || claim.length !== Math.ceil((into.length * 4) / 3) || !/^[A-Za-z0-9_-]+$/.test(claim)) return false;
  const letters = Buffer.from(claim, 'latin1');
  return decodeBase64Url(letters, 0, letters.length, into, 0) === into.length;
}

/** Reads claims in any order and spelling that JSON allows; of a claim that stands twice, the last counts. */
function readAnyClaims(text: Uint8Array, end: number, nowS: number, out: VerifiedToken): number {
  let claims: Record<string, unknown>;
  try {
    claims = JSON.parse(utf8.decode(text.subarray(0, end)));
  } catch {
    return REASON_CLAIMS;
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return REASON_CLAIMS;
  for (const name of ['iss', 'aud', 'sub', 'sid', 'jti', 'dfp', 'iat', 'exp']) if (!Object.hasOwn(claims, name)) return REASON_CLAIMS;
  const { iss, aud, sub, sid, jti, dfp, iat, exp } = claims;
  if (iss !== 'gwrk' || aud !== 'gwrk/ws' || !Number.isInteger(iat) || !Number.isInteger(exp)) return REASON_CLAIMS;
  if (typeof sub !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(sub)) return REASON_CLAIMS;
  if (!copyBase64Url(sid, out.sid) || !copyBase64Url(jti, out.jti) || !copyBase64Url(dfp, out.dfpMac)) return REASON_CLAIMS;
  out.uidLength = sub.length;
  for (let i = 0; i < sub.length; i++) out.uid[i] = sub.charCodeAt(i);
  out.expS = Math.min(exp as number, MAX_U32);
  if (!Object.hasOwn(claims, 'nbf')) return REASON_OK;
  if (typeof claims.nbf !== 'number') return REASON_CLAIMS;
  return claims.nbf > nowS ? REASON_NOT_YET : REASON_OK;
}

/** Checks the claims text[0..end) at the time nowS (Unix seconds): REASON_OK with `out` filled, or why not. */
export function readClaims(text: Uint8Array, end: number, nowS: number, out: VerifiedToken): number {
  if (!readOurClaims(text, end, out)) {
    const reason = readAnyClaims(text, end, nowS, out);
    if (reason !== REASON_OK) return reason;
  }
  return out.expS > nowS ? REASON_OK : REASON_EXPIRED;
}
