import { Counter, type Registry } from 'prom-client';
import type { Clock } from '../../src/core/clock.js';
import type { MasterKeys } from '../../src/protocol/keys.js';
import { CODE_AUTH_FAILED, CODE_OK, CODE_RATE, CODE_STORE_DOWN } from '../../src/protocol/packet.js';
import type { RefreshAnswerMessage, RefreshAskMessage } from '../gateway-messages.js';
import { RefreshRoutes } from './refresh-http.js';
import { type Grant, REFRESH_OUTCOMES, Refresher, type RefreshKind } from './refresher.js';
import { RequestLimits } from './request-limits.js';
import type { AuthStore } from './store.js';

/** What the audit is told of a refresh; never a token. */
export interface RefreshEvent {
  /** "refresh" for one that was granted, "reuse" for an old token (it is stolen, or was), "refresh.fail" for any other. */
  readonly event: 'refresh' | 'reuse' | 'refresh.fail';
  readonly uid: string;
  /** What became of it, one of REFRESH_OUTCOMES. */
  readonly detail: RefreshKind;
  /** "ip:port" of whoever showed the token. */
  readonly peer: string;
  /** 16 bytes, of a refresh that was granted. */
  readonly sid?: Uint8Array;
}

export interface RenewalOptions {
  readonly keys: MasterKeys;
  /** 1 .. 255. */
  readonly kid: number;
  readonly store: AuthStore;
  readonly clock: Clock;
  /** Callers of this machine are not counted by their address. */
  readonly isLoopbackExempt: boolean;
  readonly registry: Registry;
  readonly onEvent: (event: RefreshEvent) => void;
}

/** How sessions go on and end beside a login: over HTTP and, for gateway threads, on their sockets. Both count as one. */
export class Renewal {
  /** POST /v1/refresh and /v1/logout. */
  readonly routes: RefreshRoutes;
  readonly #refresher: Refresher;
  readonly #limits: RequestLimits;

  constructor({ keys, kid, store, clock, isLoopbackExempt, registry, onEvent }: RenewalOptions) {
    const counter = new Counter({
      name: 'gwrk_refreshes_total',
      help: 'What became of refresh tokens that were shown',
      labelNames: ['outcome'],
      registers: [registry],
    });
    for (const outcome of REFRESH_OUTCOMES) counter.inc({ outcome }, 0);
    const onOutcome = (detail: RefreshKind, uid: string, peer: string, sid?: Uint8Array): void => {
      counter.inc({ outcome: detail });
      const isGranted = detail === 'rotated' || detail === 'repeated';
      const event = isGranted ? 'refresh' : detail === 'reuse' ? 'reuse' : 'refresh.fail';
      onEvent({ event, uid, detail, peer, ...(sid === undefined ? {} : { sid }) });
    };
    this.#refresher = new Refresher({ keys, kid, store, clock, onOutcome });
    this.#limits = new RequestLimits(clock, isLoopbackExempt);
    this.routes = new RefreshRoutes({ refresher: this.#refresher, store, limits: this.#limits });
  }

  /** The answer to a REFRESH packet; never rejects. */
  async answer({ slot, number, seq, uid, sid, peer, token, dfp }: RefreshAskMessage): Promise<RefreshAnswerMessage> {
    const refusal = (code: number, retryAfterMs = 0): RefreshAnswerMessage => {
      return { type: 'refreshed', slot, number, seq, code, retryAfterMs };
    };
    const waitMs = this.#limits.attemptOfUser(uid);
    if (waitMs > 0) return refusal(CODE_RATE, Math.ceil(waitMs));
    let grant: Grant | undefined;
    try {
      grant = await this.#refresher.refresh(uid, token, dfp, peer);
    } catch {
      return refusal(CODE_STORE_DOWN);
    }
    // A connection renews its own session, not another one of its user.
    if (grant === undefined || Buffer.compare(grant.sid, sid) !== 0) return refusal(CODE_AUTH_FAILED);
    const { access, refresh, accessExpS } = grant;
    return { type: 'refreshed', slot, number, seq, code: CODE_OK, retryAfterMs: 0, grant: { access, refresh, accessExpS } };
  }
}
