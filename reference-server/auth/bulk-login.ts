import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, readBody, sendJson, sendTooLarge } from '../http-exchange.js';
import { bulkReplyBytes, type Issuer } from './issuer.js';
import { LoginBatch } from './login-batch.js';
import { addPlainLogins } from './plain-logins.js';
import { LOGIN_DEVICE_LIMIT } from './store.js';

export const MAX_BULK_SESSIONS = 10_000;
/** The largest request is 10,000 entries of some 150 bytes, with room for blanks. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The memory of one call, 9 MB, of which only what a call needs is ever touched. */
class Work {
  readonly batch = new LoginBatch(MAX_BULK_SESSIONS);
  readonly reply = Buffer.allocUnsafeSlow(bulkReplyBytes(MAX_BULK_SESSIONS));
}

/**
 * POST /admin/v1/sessions {"sessions": [{uid, dfp}, ...]} -> {"sessions": [a login reply each, in the same order]}. One bad
 * entry: 400 and none is issued; likewise 403 where a login is refused for its device, 503 where there is no room. The caller has checked the bearer.
 */
export class BulkLogin {
  readonly #issuer: Issuer;
  readonly #onIssued: (count: number) => void;
  /** Kept from call to call: megabytes of new memory a call would make the garbage collector run for each. */
  #spare: Work | undefined;

  /** `onIssued` hears how many sessions a call that was answered had. */
  constructor(issuer: Issuer, onIssued: (count: number) => void = () => {}) {
    this.#issuer = issuer;
    this.#onIssued = onIssued;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return sendTooLarge(response, MAX_BODY_BYTES);
    const work = this.#spare ?? new Work();
    this.#spare = undefined;
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    work.batch.count = 0;
    const fault = addPlainLogins(body, this.#issuer, work.batch) ? undefined : this.#addParsed(body, work.batch);
    if (fault === undefined) await this.#answer(work, response);
    else sendJson(response, 400, { error: 'MALFORMED', detail: fault });
    await closed; // until then the reply is being read from this memory
    this.#spare = work;
  }

  /** Adds the logins of a body of JSON to the batch; what is wrong with the body, or undefined. */
  #addParsed(body: Buffer, batch: LoginBatch): string | undefined {
    const given = parseJson(body) as { sessions?: unknown } | null | undefined;
    const entries = given?.sessions;
    if (!Array.isArray(entries) || entries.length > MAX_BULK_SESSIONS) return `{"sessions": [at most ${MAX_BULK_SESSIONS} of {uid, dfp}]}`;
    const bad = entries.findIndex((entry) => !this.#issuer.add(batch, entry?.uid, entry?.dfp));
    return bad < 0 ? undefined : `sessions[${bad}]: uid is 1 to 64 of A-Z a-z 0-9 _ -, dfp base64url of 32 bytes`;
  }

  async #answer({ batch, reply }: Work, response: ServerResponse): Promise<void> {
    let issued: Buffer | undefined;
    try {
      issued = await this.#issuer.issueMany(batch, reply);
    } catch {
      return sendJson(response, 503, { error: 'STORE_DOWN', code: '0209' });
    }
    if (batch.outcome.subarray(0, batch.count).includes(LOGIN_DEVICE_LIMIT)) {
      return sendJson(response, 403, { error: 'DEVICE_LIMIT', code: '0304' });
    }
    if (issued === undefined) return sendJson(response, 503, { error: 'FULL', code: '0304' });
    this.#onIssued(batch.count);
    sendJson(response, 200, issued);
  }
}
