/** Where sessions live. The store decides who is evicted and which refresh token counts; the caller makes the credentials. */
import type { LoginBatch } from './login-batch.js';

/** Values of LoginBatch.outcome. */
export const LOGIN_OK = 1;
/** No room for one more session, even after ending those whose access has run out. */
export const LOGIN_FULL = 2;
/** The user has as many devices as allowed and this is another one; only with the device policy `deny`. */
export const LOGIN_DEVICE_LIMIT = 3;

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
 * the one before, shown again within the grace of 10 s (a lost reply, two tabs): the same answer as `rotated` gave. The others
 * refuse: `unknown` and `expired` families, another device (`device`), any older generation (`reuse`); the last two end the
 * session and its family at once, and so does `expired`.
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

/** Grace of the previous generation, milliseconds. */
export const REFRESH_GRACE_MS = 10_000;

/**
 * A store of sessions. Every verb is one atomic step for its user; all reject with an Error when the store cannot be asked
 * (the caller then answers 0209). Live sessions also stand in the process's SessionTable, which gateway threads read.
 */
export interface AuthStore {
  /**
   * Stores the sessions of the batch in order and sets batch.outcome[i]. A user who has as many sessions as allowed loses the
   * oldest first; one who has as many devices as allowed loses the longest unseen device with its sessions, or is refused.
   */
  login(batch: LoginBatch): Promise<void>;
  refresh(request: RefreshRequest): Promise<RefreshOutcome>;
  /** The live session of this user, or undefined. */
  find(uid: string, sid: Uint8Array): Promise<StoredSession | undefined>;
  /**
   * Makes the session known to this process's SessionTable, if the store has it with this token (16 bytes): the session may have
   * begun at another gateway. False when there is none.
   */
  admit(uid: string, sid: Uint8Array, jti: Uint8Array): Promise<boolean>;
  /** Ends a session; false when there was none. */
  revoke(uid: string, sid: Uint8Array): Promise<boolean>;
  /** Ends all sessions of a user; how many they were. */
  revokeUser(uid: string): Promise<number>;
  /** Sets who hears of sessions that ended before their time. */
  onEnded(listener: EndedListener): void;
  /** Frees what has expired; to be called about once a second. */
  sweep(): void;
  close(): Promise<void>;
}
