import { type IncomingHttpHeaders, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  readonly json: Record<string, unknown>;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly localAddress?: string;
}

/** One request on a connection of its own. */
export function ask(port: number, path: string, { method, headers = {}, body, localAddress }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method: method ?? (body === undefined ? 'GET' : 'POST'), headers, agent: false, localAddress },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            text,
            get json() {
              return JSON.parse(text);
            },
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export const DFP = Buffer.alloc(32, 0xd5).toString('base64url');
export const ADMIN_TOKEN = 'the-admin-token';
export const BEARER = { authorization: `Bearer ${ADMIN_TOKEN}` };
export const MASTER_KEY = '5a'.repeat(32);
export const SECRETS = { GWRK_MASTER_KEY: MASTER_KEY, GWRK_ADMIN_TOKEN: ADMIN_TOKEN };
/** Any free ports, and the gateway that works everywhere. */
export const FREE_PORTS = ['--port', '0', '--http-port', '0', '--admin-port', '0', '--gateway', 'ws'];
