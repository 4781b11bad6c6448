import { MAX_UID_BYTES } from './uid.js';

/**
 * Why a token, a fingerprint or a session was refused. The client hears AUTH_FAILED (0x0201) for every one of them but
 * REASON_STORE_DOWN (0x0209); the reason goes to the audit and the metrics only.
 */
export const REASON_OK = 0;
/** The header is not, letter for letter, the one that this server writes. */
export const REASON_HEADER = 1;
/** Not three parts of base64url, or a signature that is not the canonical 43 letters. */
export const REASON_FORM = 2;
export const REASON_SIGNATURE = 3;
/** A claim is missing, has another type, or is not ours (iss, aud). */
export const REASON_CLAIMS = 4;
export const REASON_EXPIRED = 5;
/** nbf lies in the future. */
export const REASON_NOT_YET = 6;
/** The fingerprint is not the one that the token was issued to. */
export const REASON_FINGERPRINT = 7;
/** No such session: it ended, was evicted, or its token was replaced. */
export const REASON_NO_SESSION = 8;
/** The store cannot be asked. */
export const REASON_STORE_DOWN = 9;

/** The reason's name in the audit log, by number. */
export const REASON_NAMES = [
  'ok',
  'header',
  'form',
  'signature',
  'claims',
  'expired',
  'not-yet',
  'fingerprint',
  'no-session',
  'store-down',
] as const;

/** What a good token says, and what follows from it. Made once and filled again for each AUTH. */
export class AuthResult {
  readonly sid = new Uint8Array(16);
  readonly jti = new Uint8Array(16);
  /** The session secret S, of which the keys of a connection are derived. */
  readonly secret = new Uint8Array(32);
  /** The user id: ASCII, of which the first uidLength bytes count. */
  readonly uid = new Uint8Array(MAX_UID_BYTES);
  uidLength = 0;
  /** First 16 bytes of SHA-256 of the user id: the same for every session of one user. */
  readonly userHash = new Uint8Array(16);
  /** First 16 bytes of the fingerprint's HMAC. */
  readonly deviceHash = new Uint8Array(16);
  /** Unix seconds. */
  accessExpS = 0;
  /** Unix seconds at which the session's access ends as the table says, set by lookup(): changed by each refresh. */
  sessionExpS = 0;
  /** Row of the session table, set by lookup(); -1 before. */
  sessionRow = -1;
}
