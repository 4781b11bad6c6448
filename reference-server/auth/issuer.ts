import { randomFillSync } from 'node:crypto';
import type { Clock } from '../../src/core/clock.js';
import { decodeBase64Url, writeBase64Url } from '../../src/protocol/base64url.js';
import { copyBytes } from '../../src/protocol/bytes.js';
import { deriveSessionSecret, type MasterKeys } from '../../src/protocol/keys.js';
import { HmacKey, sha256 } from '../../src/protocol/mac.js';
import { ServerNonces } from '../session-nonces.js';
import type { LoginBatch } from './login-batch.js';
import { REFRESH_TOKEN_BYTES, RefreshTokens } from './refresh-token.js';
import { type AuthStore, LOGIN_OK } from './store.js';
import { ACCESS_LIFETIME_S, TokenSigner, writeDecimal } from './token.js';
import { isUid, isUidIn, MAX_UID_BYTES } from './uid.js';

/** Absolute: a session ends 24 h after its login, however often its tokens were renewed. */
export const REFRESH_LIFETIME_S = 86_400;
/** Longest reply for one session. */
const REPLY_BYTES = 768;
const DFP_LETTERS = 43;

/** Largest reply to a bulk issue of `count` sessions. */
export const bulkReplyBytes = (count: number): number => count * REPLY_BYTES + 32;

export interface IssuerOptions {
  readonly keys: MasterKeys;
  /** 1 .. 255. */
  readonly kid: number;
  readonly store: AuthStore;
  readonly clock: Clock;
}

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const ACCESS = ascii('{"access":"');
const REFRESH = ascii('","refresh":"');
const SID = ascii('","sid":"');
const SECRET = ascii('","secret":"');
const ACCESS_EXP = ascii('","accessExp":');
const REFRESH_EXP = ascii(',"refreshExp":');
const LIST = ascii('{"sessions":[');
const LIST_END = ascii(']}');

const put = (text: Uint8Array, into: Uint8Array, at: number): number => copyBytes(text, 0, text.length, into, at);

/**
 * Makes sessions and their credentials: an access token, a refresh token and the session secret, all derived from the master
 * key and random ids, so that the store holds nothing that opens a session. The replies are written as JSON text by hand:
 * a load test asks for a million of them.
 */
export class Issuer {
  readonly #signer: TokenSigner;
  readonly #refreshTokens: RefreshTokens;
  readonly #sessKey: HmacKey;
  readonly #dfpKey: HmacKey;
  readonly #kid: number;
  readonly #store: AuthStore;
  readonly #clock: Clock;
  readonly #random = new ServerNonces();
  readonly #letters = new Uint8Array(128);
  readonly #uid = new Uint8Array(MAX_UID_BYTES);
  readonly #bytes = new Uint8Array(128);
  readonly #hash = new Uint8Array(32);

  constructor(options: IssuerOptions) {
    this.#signer = new TokenSigner(options.keys.jwt, options.kid);
    this.#refreshTokens = new RefreshTokens(options.keys.rt);
    this.#sessKey = new HmacKey(options.keys.sess);
    this.#dfpKey = new HmacKey(options.keys.dfp);
    this.#kid = options.kid;
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** Adds a login to the batch; false, and nothing added, when uid or dfp (base64url of 32 bytes) is malformed. */
  add(batch: LoginBatch, uid: unknown, dfp: unknown): boolean {
    if (!isUid(uid) || typeof dfp !== 'string' || dfp.length !== DFP_LETTERS) return false;
    const letters = this.#letters;
    for (let i = 0; i < uid.length; i++) letters[i] = uid.charCodeAt(i);
    for (let i = 0; i < DFP_LETTERS; i++) {
      const letter = dfp.charCodeAt(i);
      if (letter > 0x7f) return false;
      letters[uid.length + i] = letter;
    }
    return this.addBytes(batch, letters, 0, uid.length, uid.length, uid.length + DFP_LETTERS);
  }

  /** Like add(), the uid being the letters bytes[uidAt..uidEnd) and the fingerprint bytes[dfpAt..dfpEnd). */
  addBytes(batch: LoginBatch, bytes: Uint8Array, uidAt: number, uidEnd: number, dfpAt: number, dfpEnd: number): boolean {
    if (!isUidIn(bytes, uidAt, uidEnd) || dfpEnd - dfpAt !== DFP_LETTERS) return false;
    if (decodeBase64Url(bytes, dfpAt, dfpEnd, this.#bytes, 0) !== 32) return false;
    const i = batch.count++;
    this.#dfpKey.digest(this.#bytes, 0, 32, batch.deviceMacs, i * 32);
    sha256(bytes, uidAt, uidEnd, this.#hash, 0);
    copyBytes(this.#hash, 0, 16, batch.userHashes, i * 16);
    copyBytes(bytes, uidAt, uidEnd, batch.uids, i * MAX_UID_BYTES);
    batch.uidLengths[i] = uidEnd - uidAt;
    return true;
  }

  /** The reply to one login, or undefined when the store has no room. Rejects when the store cannot be asked. */
  async issueOne(batch: LoginBatch): Promise<Buffer | undefined> {
    const issuedS = await this.#login(batch);
    if (batch.outcome[0] !== LOGIN_OK) return undefined;
    const reply = Buffer.allocUnsafe(REPLY_BYTES);
    return reply.subarray(0, this.#writeReply(batch, 0, issuedS, reply, 0));
  }

  /**
   * Writes the reply to a bulk issue, in the order of the batch, into `reply` (as large as bulkReplyBytes() says) and returns
   * that part of it; or undefined, and none issued, when the store has no room.
   */
  async issueMany(batch: LoginBatch, reply: Buffer): Promise<Buffer | undefined> {
    const issuedS = await this.#login(batch);
    if (batch.outcome.subarray(0, batch.count).some((outcome) => outcome !== LOGIN_OK)) {
      for (let i = 0; i < batch.count; i++) {
        if (batch.outcome[i] === LOGIN_OK) await this.#store.revoke(batch.uid(i), batch.sids.subarray(i * 16, i * 16 + 16));
      }
      return undefined;
    }
    let at = put(LIST, reply, 0);
    for (let i = 0; i < batch.count; i++) {
      if (i > 0) reply[at++] = 0x2c;
      at = this.#writeReply(batch, i, issuedS, reply, at);
    }
    return reply.subarray(0, put(LIST_END, reply, at));
  }

  async #login(batch: LoginBatch): Promise<number> {
    const issuedS = Math.floor(this.#clock.unixMs() / 1000);
    batch.accessExpS = issuedS + ACCESS_LIFETIME_S;
    batch.refreshExpS = issuedS + REFRESH_LIFETIME_S;
    this.#drawIds(batch);
    await this.#store.login(batch);
    return issuedS;
  }

  /** Fresh ids. One draw from the system costs more than all else in a login, so a single login takes its share of a larger one. */
  #drawIds(batch: LoginBatch): void {
    for (const ids of [batch.sids, batch.jtis, batch.families]) {
      if (batch.count === 1) this.#random.draw(ids, 0);
      else randomFillSync(ids, 0, batch.count * 16);
    }
  }

  #writeReply(batch: LoginBatch, i: number, issuedS: number, into: Uint8Array, start: number): number {
    const id = i * 16;
    const uidAt = i * MAX_UID_BYTES;
    const uidLength = batch.uidLengths[i]!;
    copyBytes(batch.uids, uidAt, uidAt + uidLength, this.#uid, 0);
    let at = put(ACCESS, into, start);
    at = this.#signer.write(this.#uid, uidLength, batch.sids, id, batch.jtis, id, batch.deviceMacs, i * 32, issuedS, into, at);
    at = put(REFRESH, into, at);
    this.#refreshTokens.write(batch.families, id, 1, this.#uid, uidLength, this.#bytes, 0);
    at = writeBase64Url(this.#bytes, 0, REFRESH_TOKEN_BYTES, into, at);
    at = put(SID, into, at);
    at = writeBase64Url(batch.sids, id, id + 16, into, at);
    at = put(SECRET, into, at);
    deriveSessionSecret(this.#sessKey, batch.sids, id, this.#kid, this.#hash, 0);
    at = writeBase64Url(this.#hash, 0, 32, into, at);
    at = put(ACCESS_EXP, into, at);
    at = writeDecimal(batch.accessExpS, into, at);
    at = put(REFRESH_EXP, into, at);
    at = writeDecimal(batch.refreshExpS, into, at);
    into[at++] = 0x7d;
    return at;
  }
}
