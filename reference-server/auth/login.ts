import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../src/core/clock.js';
import { isLoopback, parseJson, readBody, sendJson, sendTooLarge } from '../http-exchange.js';
import type { Issuer } from './issuer.js';
import { LoginBatch } from './login-batch.js';
import type { Proof } from './proof.js';
import { RequestLimits } from './request-limits.js';
import { LOGIN_DEVICE_LIMIT } from './store.js';

const MAX_BODY_BYTES = 4_096;
const NONCE = /^[A-Za-z0-9_-]{21}[AQgw]$/;

/** What became of logins, for the metrics. */
export const LOGIN_OUTCOMES = ['ok', 'malformed', 'refused', 'limited', 'unavailable'] as const;
export type LoginOutcome = (typeof LOGIN_OUTCOMES)[number];

/** Who a login was for, as far as it came, for the audit. */
export interface LoginTold {
  readonly peer: string;
  uid?: string;
  /** Valid during the call only: sids and deviceMacs of entry 0. */
  batch?: LoginBatch;
}

export interface LoginOptions {
  readonly issuer: Issuer;
  readonly proof: Proof;
  readonly clock: Clock;
  /** Called once a request. */
  readonly onOutcome: (outcome: LoginOutcome, told: LoginTold) => void;
}

/**
 * POST /v1/login {uid, proof, dfp, loginNonce?} -> {access, refresh, sid, secret, accessExp, refreshExp}: 200, 400 for a
 * malformed body, 401 for a wrong proof whoever the user, 403 for one device too many, 413, 429 with Retry-After, 503 when the
 * store has no answer.
 */
export class Login {
  readonly #options: LoginOptions;
  readonly #limits: RequestLimits;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#limits = new RequestLimits(options.clock, options.proof.kind === 'none');
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const told: LoginTold = { peer: `${request.socket.remoteAddress}:${request.socket.remotePort}` };
    this.#options.onOutcome(await this.#answer(request, response, told), told);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, told: LoginTold): Promise<LoginOutcome> {
    const { issuer, proof } = this.#options;
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) {
      sendTooLarge(response, MAX_BODY_BYTES);
      return 'malformed';
    }
    const given = parseJson(body);
    const login = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
    const { uid, dfp, proof: shown = '', loginNonce } = login;
    const batch = new LoginBatch(1);
    const fault = this.#faultOf(batch, uid, dfp, shown, loginNonce);
    if (fault !== undefined) {
      sendJson(response, 400, { error: 'MALFORMED', detail: fault });
      return 'malformed';
    }

    told.uid = uid as string;
    told.batch = batch;
    const address = request.socket.remoteAddress;
    const waitMs = this.#limits.attempt(uid as string, address);
    if (waitMs > 0) {
      sendJson(response, 429, { error: 'RATE' }, { 'retry-after': String(Math.ceil(waitMs / 1000)) });
      return 'limited';
    }
    const isAllowed = proof.kind !== 'none' || isLoopback(address);
    if (!isAllowed || !(await proof.check(uid as string, shown as string))) {
      sendJson(response, 401, { error: 'AUTH_FAILED' });
      return 'refused';
    }
    return this.#issue(issuer, batch, response);
  }

  async #issue(issuer: Issuer, batch: LoginBatch, response: ServerResponse): Promise<LoginOutcome> {
    let reply: Buffer | undefined;
    try {
      reply = await issuer.issueOne(batch);
    } catch {
      sendJson(response, 503, { error: 'STORE_DOWN', code: '0209' });
      return 'unavailable';
    }
    if (batch.outcome[0] === LOGIN_DEVICE_LIMIT) {
      sendJson(response, 403, { error: 'DEVICE_LIMIT', code: '0304' });
      return 'refused';
    }
    if (reply === undefined) {
      sendJson(response, 503, { error: 'FULL', code: '0304' });
      return 'unavailable';
    }
    sendJson(response, 200, reply);
    return 'ok';
  }

  /** Fills the batch; what is malformed, or undefined. */
  #faultOf(batch: LoginBatch, uid: unknown, dfp: unknown, shown: unknown, loginNonce: unknown): string | undefined {
    if (typeof shown !== 'string') return 'proof: text';
    if (loginNonce !== undefined && (typeof loginNonce !== 'string' || !NONCE.test(loginNonce))) {
      return 'loginNonce: base64url of 16 bytes';
    }
    const fits = this.#options.issuer.add(batch, uid, dfp);
    return fits ? undefined : 'a JSON object with uid: 1 to 64 of A-Z a-z 0-9 _ - and dfp: base64url of 32 bytes';
  }
}
