import * as P from '../src/protocol/packet.js';
import type { Authenticator } from './auth/authenticator.js';
import { generationOf } from './auth/refresh-token.js';
import { MAX_TOKEN_BYTES } from './auth/token.js';
import { MAC_FAILURES } from './counters.js';
import type { RefreshAnswerMessage, RefreshAskMessage } from './gateway-messages.js';
import type { SessionCore } from './session-core.js';
import { ASKED_TO_LEAVE, DRAINING, READY } from './session-states.js';
import type { TokenBuckets } from './token-bucket.js';

/** Sends a question to the main thread, which alone may ask the store. */
export type AskRefresh = (question: RefreshAskMessage) => void;

/**
 * REFRESH: a new access token for a connection that stands. The store is asked on the main thread, so the answer comes later,
 * behind answers to later packets; the question's number, which no other question has, keeps it from any other connection.
 */
export class RefreshPackets {
  readonly #core: SessionCore;
  readonly #buckets: TokenBuckets;
  readonly #authenticator: Authenticator;
  readonly #ask: AskRefresh | undefined;
  /** By slot: the number of the question that waits for its answer; 0: none. */
  readonly #waiting: Uint32Array;
  #questions = 0;
  readonly #answer = new Uint8Array(P.REFRESH_OK_TOKEN + MAX_TOKEN_BYTES);

  /** Without `ask` there is nobody to ask, and a REFRESH is answered 0209. */
  constructor(core: SessionCore, buckets: TokenBuckets, authenticator: Authenticator, ask: AskRefresh | undefined) {
    this.#core = core;
    this.#buckets = buckets;
    this.#authenticator = authenticator;
    this.#ask = ask;
    this.#waiting = new Uint32Array(core.columns.capacity);
  }

  /** Runs the REFRESH at bytes[at..end) of a message that begins at `start`. False when the connection is being closed. */
  run(slot: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number): boolean {
    const core = this.#core;
    const { columns } = core;
    const seq = P.packetSeq(bytes, at);
    if (this.#waiting[slot] !== 0) return core.fault(slot, P.CODE_STATE, P.REFRESH, seq, at - start);
    this.#buckets.charge(slot, end - at, nowUs);
    if (!P.verifyPacket(bytes, at, end, P.REFRESH_TAG, core.macs, 2 * slot)) {
      core.counters.values[MAC_FAILURES]!++;
      core.audit('mac.bad', slot, P.CODE_BAD_MAC, `REFRESH seq ${seq}`);
      return core.fault(slot, P.CODE_BAD_MAC, P.REFRESH, seq, at + P.REFRESH_TAG - start);
    }
    if (!this.#authenticator.isOnDevice(columns.identity, slot * 16, bytes, at + P.REFRESH_DFP)) {
      core.audit('refresh.fail', slot, P.CODE_AUTH_FAILED, 'fingerprint');
      return this.#refuse(slot, seq, P.CODE_AUTH_FAILED, 0);
    }
    if (this.#ask === undefined) return this.#refuse(slot, seq, P.CODE_STORE_DOWN, 0);
    this.#questions = (this.#questions % 0xffff_ffff) + 1;
    this.#waiting[slot] = this.#questions;
    this.#ask({
      type: 'refresh',
      slot,
      number: this.#questions,
      seq,
      uid: columns.uids.get(slot),
      sid: columns.identity.slice(slot * 16, slot * 16 + 16),
      peer: core.gateway.peer(slot),
      token: new Uint8Array(bytes.subarray(at + P.REFRESH_TOKEN, at + P.REFRESH_DFP)),
      dfp: new Uint8Array(bytes.subarray(at + P.REFRESH_DFP, at + P.REFRESH_TAG)),
    });
    return true;
  }

  /** The main thread's answer. It is dropped when the connection that asked is gone, or has said that it leaves. */
  receive({ slot, number, seq, code, retryAfterMs, grant }: RefreshAnswerMessage): void {
    if (this.#waiting[slot] !== number) return;
    this.#waiting[slot] = 0;
    const core = this.#core;
    const { columns } = core;
    const state = columns.state[slot];
    if (state !== READY && state !== ASKED_TO_LEAVE && state !== DRAINING) return;
    if (grant === undefined) {
      this.#refuse(slot, seq, code, retryAfterMs);
      return;
    }
    const { access, refresh, accessExpS } = grant;
    const generation = generationOf(refresh);
    const out = this.#answer;
    const end = P.writeRefreshOk(out, 0, seq, generation, refresh, 20, accessExpS, access, 0, access.length, core.macs, 2 * slot + 1);
    // The wheel is not touched: it looks at this column when it fires and goes on waiting.
    columns.sessionExpS[slot] = accessExpS;
    columns.expiresUs[slot] = core.clock.monotonicUs(accessExpS);
    core.sendAlone(slot, out, end, P.REFRESH_OK);
  }

  /** The slot's connection is gone: an answer that still comes is nobody's. */
  forget(slot: number): void {
    if (this.#waiting[slot] !== 0) this.#waiting[slot] = 0;
  }

  /** The access of the slot's connection runs out, unless its session was refreshed over HTTP meanwhile. */
  expire(slot: number, nowUs: number): void {
    const core = this.#core;
    const { columns, wheel } = core;
    const expS = this.#authenticator.accessExpS(columns.identity, slot * 16);
    // Only another second than was seen before means new access: the same one may lie ahead after a step of the clock.
    const untilUs = expS === columns.sessionExpS[slot] ? 0 : core.clock.monotonicUs(expS);
    if (untilUs <= nowUs) {
      core.fault(slot, P.CODE_TOKEN_EXPIRED, 0, 0, 0);
      return;
    }
    columns.sessionExpS[slot] = expS;
    columns.expiresUs[slot] = untilUs;
    wheel.set(slot, Math.max(nowUs, Math.min(untilUs, columns.deadlineUs[slot]!)));
  }

  #refuse(slot: number, seq: number, code: number, retryAfterMs: number): false {
    const core = this.#core;
    core.farewell(slot, this.#answer, P.writeAuthErr(this.#answer, 0, seq, code, retryAfterMs), P.AUTH_ERR, P.closeCodeOf(code));
    return false;
  }
}
