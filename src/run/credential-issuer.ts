import type { LoginColumns, ToWorker } from '../swarm/messages.js';
import { DFP_BYTES, type Fingerprints } from './fingerprint.js';
import type { JsonClient } from './http-json.js';

/** What became of clients that were asked for. */
export interface Issued {
  /** What their worker is told. */
  readonly messages: readonly ToWorker[];
  /** Those that are still to be asked for, in another company. */
  readonly again?: LoginColumns;
}

/** A way to get sessions. */
export interface Issuer {
  readonly batchSize: number;
  readonly maxInFlight: number;
  /** Asks for one to `batchSize` clients; each of them is in a message or to be asked for again. Never rejects. */
  issue(logins: LoginColumns): Promise<Issued>;
}

/** One POST /v1/login a player: what a real client does. */
export function loginIssuer(client: JsonClient, devices: Fingerprints): Issuer {
  const issue = async ({ rows, generations, uids, proofs }: LoginColumns): Promise<Issued> => {
    const row = rows[0]!;
    const device = Buffer.alloc(DFP_BYTES);
    devices.write(uids, 0, uids.length, device, 0);
    const dfp = device.toString('base64url');
    const proof = proofs?.[0];
    try {
      const uid = Buffer.from(uids).toString('utf8');
      const { status, body } = await client.post('/v1/login', { uid, dfp, ...(proof !== undefined && { proof }) });
      const session = status === 200 ? sessionOf(body) : undefined;
      if (session === undefined) return { messages: [failed([row], status === 200 ? 'login.bad-reply' : `login.${status}`)] };
      return { messages: [{ type: 'credentials', entries: [{ row, generation: generations[0]!, ...session, dfp }] }] };
    } catch (error) {
      return { messages: [failed([row], codeOf(error))] };
    }
  };
  return { batchSize: 1, maxInFlight: 64, issue };
}

export function failed(clients: readonly number[], code: string): ToWorker {
  return { type: 'login-failed', clients, code };
}

/** "login.ECONNREFUSED" and the like. */
export function codeOf(error: unknown): string {
  return `login.${isRecord(error) && typeof error.code === 'string' ? error.code : 'failed'}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The answer to a login in the names of the wire (docs/protocol.md); undefined when it lacks a text. */
function sessionOf(reply: unknown): { token: string; secret: string; sid: string } | undefined {
  if (!isRecord(reply)) return undefined;
  const { access, secret, sid } = reply;
  if (typeof access !== 'string' || typeof secret !== 'string' || typeof sid !== 'string') return undefined;
  return { token: access, secret, sid };
}
