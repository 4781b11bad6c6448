import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, readBody, sendJson, sendTooLarge } from '../http-exchange.js';
import { bulkReplyBytes, type Issuer } from './issuer.js';
import { LoginBatch } from './login-batch.js';

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
 * entry: 400 and none is issued. The caller has checked the bearer.
 */
export class BulkLogin {
  readonly #issuer: Issuer;
  /** Kept from call to call: megabytes of new memory a call would make the garbage collector run for each. */
  #spare: Work | undefined;

  constructor(issuer: Issuer) {
    this.#issuer = issuer;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return sendTooLarge(response, MAX_BODY_BYTES);
    const given = parseJson(body) as { sessions?: unknown } | null | undefined;
    const entries = given?.sessions;
    if (!Array.isArray(entries) || entries.length > MAX_BULK_SESSIONS) {
      return sendJson(response, 400, { error: 'MALFORMED', detail: `{"sessions": [at most ${MAX_BULK_SESSIONS} of {uid, dfp}]}` });
    }
    const work = this.#spare ?? new Work();
    this.#spare = undefined;
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    await this.#answer(entries, work, response);
    await closed; // until then the reply is being read from this memory
    this.#spare = work;
  }

  async #answer(entries: readonly { uid?: unknown; dfp?: unknown }[], { batch, reply }: Work, response: ServerResponse): Promise<void> {
    batch.count = 0;
    for (const [index, entry] of entries.entries()) {
      if (!this.#issuer.add(batch, entry?.uid, entry?.dfp)) {
        const detail = `sessions[${index}]: uid is 1 to 64 of A-Z a-z 0-9 _ -, dfp base64url of 32 bytes`;
        return sendJson(response, 400, { error: 'MALFORMED', detail });
      }
    }
    let issued: Buffer | undefined;
    try {
      issued = await this.#issuer.issueMany(batch, reply);
    } catch {
      return sendJson(response, 503, { error: 'STORE_DOWN', code: '0209' });
    }
    if (issued === undefined) return sendJson(response, 503, { error: 'FULL', code: '0304' });
    sendJson(response, 200, issued);
  }
}
