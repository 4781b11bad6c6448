import type { LoginRequest } from '../swarm/messages.js';
import type { JsonClient } from './http-json.js';

/** What a login yields, in the names of the wire (docs/protocol.md). */
export interface IssuedSession {
  readonly token: string;
  readonly secret: string;
  readonly sid: string;
}

/** One player's answer: a session, or the code of what went wrong ("login.401", "login.ECONNREFUSED"). */
export type Issue = IssuedSession | { readonly code: string };

/** A way to get sessions. */
export interface Issuer {
  readonly batchSize: number;
  readonly maxInFlight: number;
  /** One answer for each request, in their order; `dfps` are their devices, base64url of 32 bytes. Never rejects. */
  issue(requests: readonly LoginRequest[], dfps: readonly string[]): Promise<Issue[]>;
}

/** Thousands of sessions a request from the reference server's admin port (docs/protocol.md, POST /admin/v1/sessions). */
export function bulkIssuer(client: JsonClient): Issuer {
  const issue = async (requests: readonly LoginRequest[], dfps: readonly string[]): Promise<Issue[]> => {
    try {
      const sessions = requests.map(({ uid }, index) => ({ uid, dfp: dfps[index] }));
      const { status, body } = await client.post('/admin/v1/sessions', { sessions });
      if (status !== 200) return requests.map(() => ({ code: `login.${status}` }));
      const answers = isRecord(body) && Array.isArray(body.sessions) ? body.sessions : [];
      return requests.map((_request, index) => sessionOf(answers[index]));
    } catch (error) {
      return requests.map(() => ({ code: codeOf(error) }));
    }
  };
  return { batchSize: 5000, maxInFlight: 2, issue };
}

/** One POST /v1/login a player: what a real client does. */
export function loginIssuer(client: JsonClient): Issuer {
  const issue = async ([request]: readonly LoginRequest[], [dfp]: readonly string[]): Promise<Issue[]> => {
    const { uid, proof, secret } = request!;
    try {
      const { status, body } = await client.post('/v1/login', { uid, dfp, ...(proof === 'none' ? {} : { proof: secret ?? '' }) });
      return [status === 200 ? sessionOf(body) : { code: `login.${status}` }];
    } catch (error) {
      return [{ code: codeOf(error) }];
    }
  };
  return { batchSize: 1, maxInFlight: 64, issue };
}

function sessionOf(reply: unknown): Issue {
  if (!isRecord(reply)) return { code: 'login.bad-reply' };
  const { access, secret, sid } = reply;
  if (typeof access !== 'string' || typeof secret !== 'string' || typeof sid !== 'string') return { code: 'login.bad-reply' };
  return { token: access, secret, sid };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function codeOf(error: unknown): string {
  return `login.${isRecord(error) && typeof error.code === 'string' ? error.code : 'failed'}`;
}
