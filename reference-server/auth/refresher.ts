import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/core/clock.js';
import type { MasterKeys } from '../../src/protocol/keys.js';
import { HmacKey } from '../../src/protocol/mac.js';
import { generationOf, REFRESH_TOKEN_BYTES, RefreshTokens } from './refresh-token.js';
import type { AuthStore, RefreshOutcome } from './store.js';
import { ACCESS_LIFETIME_S, MAX_TOKEN_BYTES, TokenSigner } from './token.js';

/** What became of refreshes; `forged` ones never reached the store. */
export const REFRESH_OUTCOMES = ['rotated', 'repeated', 'forged', 'unknown', 'expired', 'device', 'reuse', 'unavailable'] as const;
export type RefreshKind = (typeof REFRESH_OUTCOMES)[number];

/** New credentials of a session that goes on. */
export interface Grant {
  /** 16 bytes. */
  readonly sid: Uint8Array;
  /** The access token, ASCII. */
  readonly access: Uint8Array;
  /** The refresh token, 36 bytes. */
  readonly refresh: Uint8Array;
  /** Unix seconds. */
  readonly accessExpS: number;
  readonly refreshExpS: number;
}

export interface RefresherOptions {
  readonly keys: MasterKeys;
  /** 1 .. 255. */
  readonly kid: number;
  readonly store: AuthStore;
  readonly clock: Clock;
  /** Called once a refresh with what became of it, and the sid where there is one: for the metrics and the audit, never for the client. */
  readonly onOutcome: (kind: RefreshKind, uid: string, peer: string, sid?: Uint8Array) => void;
}

/**
 * Gives sessions new tokens for their refresh token. Everything in the answer follows from what the store says, so that the
 * answer to a repeated request is, to the letter, the one that got lost.
 */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #tokens: RefreshTokens;
  readonly #signer: TokenSigner;
  readonly #dfpKey: HmacKey;

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#tokens = new RefreshTokens(options.keys.rt);
    this.#signer = new TokenSigner(options.keys.jwt, options.kid);
    this.#dfpKey = new HmacKey(options.keys.dfp);
  }

  /**
   * New tokens for the refresh token (36 bytes) of this user on the device with this fingerprint (32 bytes), or undefined for
   * one that is not good, whatever the reason. `peer` ("ip:port") showed it. Rejects when the store cannot be asked.
   */
  async refresh(uid: string, token: Uint8Array, dfp: Uint8Array, peer: string): Promise<Grant | undefined> {
    const { store, clock, onOutcome } = this.#options;
    const letters = Buffer.from(uid, 'latin1');
    if (!this.#tokens.isGenuine(token, letters, letters.length)) {
      onOutcome('forged', uid, peer);
      return undefined;
    }
    const deviceMac = new Uint8Array(32);
    this.#dfpKey.digest(dfp, 0, 32, deviceMac, 0);
    const family = token.slice(0, 16);
    const accessExpS = Math.floor(clock.unixMs() / 1000) + ACCESS_LIFETIME_S;
    let outcome: RefreshOutcome;
    try {
      outcome = await store.refresh({ uid, family, generation: generationOf(token), deviceMac, newJti: randomBytes(16), accessExpS });
    } catch (error) {
      onOutcome('unavailable', uid, peer);
      throw error;
    }
    if (!('sid' in outcome)) {
      onOutcome(outcome.kind, uid, peer);
      return undefined;
    }
    onOutcome(outcome.kind, uid, peer, outcome.sid);
    return this.#grant(letters, family, deviceMac, outcome);
  }

  #grant(uid: Uint8Array, family: Uint8Array, deviceMac: Uint8Array, outcome: Extract<RefreshOutcome, { sid: Uint8Array }>): Grant {
    const { sid, jti, generation, accessExpS, refreshExpS } = outcome;
    const refresh = new Uint8Array(REFRESH_TOKEN_BYTES);
    this.#tokens.write(family, 0, generation, uid, uid.length, refresh, 0);
    const access = new Uint8Array(MAX_TOKEN_BYTES);
    // A token lives 900 s to the letter of the claims; one that the session's end cuts short was issued that much earlier.
    const issuedS = accessExpS - ACCESS_LIFETIME_S;
    const end = this.#signer.write(uid, uid.length, sid, 0, jti, 0, deviceMac, 0, issuedS, access, 0);
    return { sid, access: access.subarray(0, end), refresh, accessExpS, refreshExpS };
  }
}
