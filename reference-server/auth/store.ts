/** Where sessions live. The store decides who is evicted and which refresh token counts; the caller makes the credentials. */
import type { LoginBatch } from './login-batch.js';

/** Values of LoginBatch.outcome. */
export const LOGIN_OK = 1;
/** No room for one more session, even after ending those whose access has run out. */
export const LOGIN_FULL = 2;
/** The user has as many devices as allowed and this is another one; only with the device policy `deny`. Nothing was ended for it. */
export const LOGIN_DEVICE_LIMIT = 3;

/** What to do with a login from one device too many: drop the device that logged in longest ago with its sessions, or refuse. */
export type DevicePolicy = 'evict' | 'deny';

export interface StoreLimits {
  /** Sessions that one user may have at once, 1 or more. */
  readonly maxSessionsPerUser: number;
  /** Devices that are remembered of one user, 1 or more, with a session or without. */
  readonly maxDevicesPerUser: number;
  readonly devicePolicy: DevicePolicy;
}

/** Why sessions ended, as the code that their live connections are told. */
export type EndCode = 0x0204 | 0x0205;
/** Revoked: by an administrator, a logout, or because a token was stolen. */
export const REVOKED = 0x0204;
/** Replaced: the user logged in once too often, and this was the oldest session. */
export const REPLACED = 0x0205;

/** Hears of sessions that ended before their time: sids, 16 bytes each, valid during the call only. */
export type EndedListener = (sids: Uint8Array, code: EndCode) => void;

export interface StoredSession {
  /** 16 bytes. */
  readonly family: Uint8Array;
  /** Unix seconds. */
  readonly accessExpS: number;
  /** Unix seconds; absolute, whatever happens meanwhile. */
  readonly refreshExpS: number;
}

/** A refresh token whose own MAC held, shown by a device. */
export interface RefreshRequest {
  readonly uid: string;
  /** 16 bytes. */
  readonly family: Uint8Array;
  /** Generation of the token shown, 1 .. 2^32 - 1. */
  readonly generation: number;
  /** The fingerprint's HMAC, 32 bytes. */
  readonly deviceMac: Uint8Array;
  /** 16 fresh random bytes: the id of the access token, if this call rotates. */
  readonly newJti: Uint8Array;
  /** Unix seconds that the new access token shall live to; cut to the session's absolute end. */
  readonly accessExpS: number;
}

/**
 * What became of a refresh. `rotated`: the generation shown was the current one, and the next one counts now. `repeated`: it was
 * the one before, shown again within the grace (a lost reply, two tabs): the same answer as `rotated` gave, to the letter. The
 * others refuse, judged in this order: `unknown` families, `expired` ones, another device (`device`), any other generation, older
 * or newer (`reuse`). The last two end the session and its family and tell so as REVOKED; `expired` ends them silently, as their
 * time was over. A store may forget a family at any moment after its absolute end and then says `unknown`: callers must not tell
 * the two apart. A session of a user is unknown to every other user.
 */
export type RefreshOutcome =
  | {
      readonly kind: 'rotated' | 'repeated';
      /** The generation that counts now. */
      readonly generation: number;
      /** 16 bytes each. */
      readonly sid: Uint8Array;
      readonly jti: Uint8Array;
      readonly accessExpS: number;
      readonly refreshExpS: number;
    }
  | { readonly kind: 'unknown' | 'expired' | 'device' | 'reuse' };

/** Grace of the previous generation, milliseconds since the rotation that replaced it; at exactly this age it is still good. */
export const REFRESH_GRACE_MS = 10_000;

/**
 * A store of sessions. Every verb is one atomic step for its user; all reject with an Error when the store cannot be asked
 * (the caller then answers 0209). Live sessions also stand in the process's SessionTable, which gateway threads read.
 *
 * A session lives from its login until its absolute end (refreshExpS * 1000 <= now: it is over), whether its access token
 * still counts or not: an idle session holds its place among the user's sessions, for it may be refreshed. There is one time
 * for all comparisons: the store's.
 */
export interface AuthStore {
  /**
   * Stores the sessions of the batch in order and sets batch.outcome[i], each entry by itself:
   * 1. what is over of this user is dropped: sessions, and devices whose last login is 30 days ago or more;
   * 2. a device that is not remembered needs room: while the user has maxDevicesPerUser or more, the policy `deny` refuses
   *    (LOGIN_DEVICE_LIMIT, and nothing changes), `evict` forgets the device whose last login was first and ends its sessions;
   * 3. while the user has maxSessionsPerUser or more, the session that logged in first is ended, refreshed since or not;
   * 4. the session is stored, and its device is remembered as of now.
   * "First" is the order of the logins, also within one millisecond and one batch. Sessions that ended are told as REPLACED, at
   * the latest when the verb is done. Only logins count as seeing a device; a refresh, a logout or a revocation changes nothing.
   */
  login(batch: LoginBatch): Promise<void>;
  /**
   * Rotates, repeats or refuses. A rotation sets the session's token to newJti and its access to min(accessExpS, the absolute
   * end), which the SessionTable of this process then shows; the token before is good for no AUTH from that moment on, while a
   * connection that stands already goes on. A repetition changes nothing: newJti is not used.
   */
  refresh(request: RefreshRequest): Promise<RefreshOutcome>;
  /** The live session of this user, or undefined. */
  find(uid: string, sid: Uint8Array): Promise<StoredSession | undefined>;
  /**
   * Makes the session known to this process's SessionTable, if the store has it with this token (16 bytes) and the token's access
   * is not over: the session may have begun at another gateway. False otherwise, and then nothing changes.
   */
  admit(uid: string, sid: Uint8Array, jti: Uint8Array): Promise<boolean>;
  /** Ends a session, told as REVOKED; false, and nothing told, when this user has none with this sid. Its device stays remembered. */
  revoke(uid: string, sid: Uint8Array): Promise<boolean>;
  /** Ends all sessions of a user, told as REVOKED; how many they were. Their devices stay remembered. */
  revokeUser(uid: string): Promise<number>;
  /** Sets who hears of sessions that ended before their time. */
  onEnded(listener: EndedListener): void;
  /** Frees what has expired; to be called about once a second. Changes no answer but `expired` to `unknown`. */
  sweep(): void;
  close(): Promise<void>;
}
