/** Where sessions live. The store decides who is evicted; the caller makes the credentials. */
import type { LoginBatch } from './login-batch.js';

/** Values of LoginBatch.outcome. */
export const LOGIN_OK = 1;
/** No room for one more session, even after ending those whose access has run out. */
export const LOGIN_FULL = 2;

/** Why sessions ended, as the code that their live connections are told. */
export type EndCode = 0x0204 | 0x0205;
/** Revoked: by an administrator, or because a token was stolen. */
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

/**
 * A store of sessions. Every verb is one atomic step for its user; all reject with an Error when the store cannot be asked
 * (the caller then answers 0209).
 */
export interface AuthStore {
  /**
   * Stores the sessions of the batch in order and sets batch.outcome[i]. A user who has as many sessions as allowed loses the
   * oldest first.
   */
  login(batch: LoginBatch): Promise<void>;
  /** The live session of this user, or undefined. */
  find(uid: string, sid: Uint8Array): Promise<StoredSession | undefined>;
  /** Ends a session; false when there was none. */
  revoke(uid: string, sid: Uint8Array): Promise<boolean>;
  /** Sets who hears of sessions that ended before their time. */
  onEnded(listener: EndedListener): void;
  /** Frees what has expired; to be called about once a second. */
  sweep(): void;
  close(): Promise<void>;
}
