import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeBase64Url, encodeBase64Url } from '../../src/protocol/base64url.js';
import { parseJson, readBody, sendJson, sendTooLarge } from '../http-exchange.js';
import { REFRESH_TOKEN_BYTES } from './refresh-token.js';
import type { Grant, Refresher } from './refresher.js';
import type { RequestLimits } from './request-limits.js';
import type { AuthStore } from './store.js';
import { isUid } from './uid.js';

const MAX_BODY_BYTES = 4_096;
const FORM = 'a JSON object with uid: 1 to 64 of A-Z a-z 0-9 _ -, refresh: base64url of 36 bytes and dfp: base64url of 32 bytes';

export interface RefreshRoutesOptions {
  readonly refresher: Refresher;
  readonly store: AuthStore;
  readonly limits: RequestLimits;
}

/** What a client shows to go on with its session, or to end it. */
interface Shown {
  readonly uid: string;
  readonly refresh: Uint8Array;
  readonly dfp: Uint8Array;
}

/**
 * POST /v1/refresh {uid, refresh, dfp} -> {access, refresh, sid, accessExp, refreshExp}, and POST /v1/logout with the same body
 * -> {sid}: 200, 400 for a malformed body, 401 for a token that is not good whatever the reason, 413, 429 with Retry-After, 503
 * when the store has no answer.
 */
export class RefreshRoutes {
  readonly #options: RefreshRoutesOptions;

  constructor(options: RefreshRoutesOptions) {
    this.#options = options;
  }

  refresh(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#answer(request, response, async (_shown, { access, refresh, sid, accessExpS, refreshExpS }) => ({
      access: Buffer.from(access).toString('latin1'),
      refresh: encodeBase64Url(refresh),
      sid: encodeBase64Url(sid),
      accessExp: accessExpS,
      refreshExp: refreshExpS,
    }));
  }

  /**
   * Ends the session of a refresh token. The token must be as good as for a refresh, so that one which an access token or a log
   * gave away cannot put a player out; one that is not ends what a refresh with it would end.
   */
  logout(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#answer(request, response, async ({ uid }, { sid }) => {
      await this.#options.store.revoke(uid, sid);
      return { sid: encodeBase64Url(sid) };
    });
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    answerOf: (shown: Shown, grant: Grant) => Promise<object>,
  ): Promise<void> {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return sendTooLarge(response, MAX_BODY_BYTES);
    const shown = readShown(parseJson(body));
    if (shown === undefined) return sendJson(response, 400, { error: 'MALFORMED', detail: FORM });
    const { remoteAddress, remotePort } = request.socket;
    const waitMs = this.#options.limits.attempt(shown.uid, remoteAddress);
    if (waitMs > 0) return sendJson(response, 429, { error: 'RATE' }, { 'retry-after': String(Math.ceil(waitMs / 1000)) });
    let answer: object | undefined;
    try {
      const grant = await this.#options.refresher.refresh(shown.uid, shown.refresh, shown.dfp, `${remoteAddress}:${remotePort}`);
      answer = grant && (await answerOf(shown, grant));
    } catch {
      return sendJson(response, 503, { error: 'STORE_DOWN', code: '0209' });
    }
    if (answer === undefined) return sendJson(response, 401, { error: 'AUTH_FAILED' });
    sendJson(response, 200, answer);
  }
}

function readShown(given: unknown): Shown | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { uid, refresh, dfp } = given as Record<string, unknown>;
  const token = readBytes(refresh, REFRESH_TOKEN_BYTES);
  const fingerprint = readBytes(dfp, 32);
  return isUid(uid) && token && fingerprint ? { uid, refresh: token, dfp: fingerprint } : undefined;
}

/** The bytes of a text of canonical base64url, as many as asked for; undefined for anything else. */
export function readBytes(text: unknown, count: number): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length !== Math.ceil((count * 4) / 3) || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const bytes = new Uint8Array(count);
  const letters = Buffer.from(text, 'latin1');
  return decodeBase64Url(letters, 0, letters.length, bytes, 0) === count ? bytes : undefined;
}
