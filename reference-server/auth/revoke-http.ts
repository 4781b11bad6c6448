import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, readBody, sendJson, sendTooLarge } from '../http-exchange.js';
import { readBytes } from './refresh-http.js';
import type { AuthStore } from './store.js';
import { isUid } from './uid.js';

const MAX_BODY_BYTES = 4_096;
const FORM = 'a JSON object with uid: 1 to 64 of A-Z a-z 0-9 _ - and, for one session only, sid: base64url of 16 bytes';

/**
 * POST /admin/v1/revoke {uid, sid?} -> {"revoked": how many}: ends one session of a user, or all of them, and their live
 * connections. 400 for a malformed body, 413, 503 when the store has no answer. The caller has checked the bearer.
 */
export async function answerRevoke(store: AuthStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return sendTooLarge(response, MAX_BODY_BYTES);
  const given = parseJson(body);
  const { uid, sid } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const one = sid === undefined ? undefined : readBytes(sid, 16);
  if (!isUid(uid) || (sid !== undefined && one === undefined)) return sendJson(response, 400, { error: 'MALFORMED', detail: FORM });
  let revoked: number;
  try {
    revoked = one === undefined ? await store.revokeUser(uid) : Number(await store.revoke(uid, one));
  } catch {
    return sendJson(response, 503, { error: 'STORE_DOWN', code: '0209' });
  }
  sendJson(response, 200, { revoked });
}
