import { Agent, request } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';

/** Largest answer that is read: 10,000 sessions take about 7 MB. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface JsonAnswer {
  readonly status: number;
  /** Undefined when the body was not JSON. */
  readonly body: unknown;
}

export interface JsonClientOptions {
  readonly maxSockets: number;
  readonly timeoutMs: number;
  /** Bearer of every request. */
  readonly token?: string;
  /** Whether the certificate of an https server is checked. */
  readonly verify: boolean;
}

/** Speaks JSON with one HTTP server over connections that are kept and reused. */
export class JsonClient {
  readonly #base: URL;
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;

  constructor(base: string, { maxSockets, timeoutMs, token, verify }: JsonClientOptions) {
    this.#base = new URL(base);
    const kept = { keepAlive: true, maxSockets };
    this.#agent = this.#base.protocol === 'https:' ? new TlsAgent({ ...kept, rejectUnauthorized: verify }) : new Agent(kept);
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves with any answer; rejects with the system's error (`code` is ECONNREFUSED, ETIMEDOUT, ...) when there is none. */
  post(path: string, value: unknown): Promise<JsonAnswer> {
    return this.#ask('POST', path, Buffer.from(JSON.stringify(value)));
  }

  get(path: string): Promise<JsonAnswer> {
    return this.#ask('GET', path, undefined);
  }

  /** Closes the kept connections. */
  close(): void {
    this.#agent.destroy();
  }

  #ask(method: string, path: string, body: Buffer | undefined): Promise<JsonAnswer> {
    const headers = { ...this.#headers, ...(body ? { 'content-type': 'application/json', 'content-length': body.length } : {}) };
    return new Promise((resolve, reject) => {
      const send = this.#base.protocol === 'https:' ? requestTls : request;
      const outgoing = send(new URL(path, this.#base), { method, agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_ANSWER_BYTES) response.destroy(systemError('EMSGSIZE', 'the answer is too large'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks)) }));
      });
      outgoing.setTimeout(this.#timeoutMs, () => outgoing.destroy(systemError('ETIMEDOUT', `no answer within ${this.#timeoutMs} ms`)));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
