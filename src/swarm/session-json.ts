/** The credentials of one session, in the names of the wire (docs/protocol.md). */
export interface SessionText {
  readonly token: string;
  readonly secret: string;
  readonly sid: string;
}

/**
 * The sessions of a reply {"sessions":[...]} however it is written, one for each of `count`; undefined where there is none
 * with its three texts, for all of them when the reply is not JSON.
 */
export function parseSessions(json: Uint8Array, count: number): (SessionText | undefined)[] {
  const reply = parsed(json);
  const sessions: readonly unknown[] = isRecord(reply) && Array.isArray(reply.sessions) ? reply.sessions : [];
  return Array.from({ length: count }, (_, index) => sessionOf(sessions[index]));
}

function sessionOf(reply: unknown): SessionText | undefined {
  if (!isRecord(reply)) return undefined;
  const { access, secret, sid } = reply;
  if (typeof access !== 'string' || typeof secret !== 'string' || typeof sid !== 'string') return undefined;
  return { token: access, secret, sid };
}

function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
