import { Agent, request } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';

/** Largest answer that is read: 10,000 sessions take about 7 MB. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface JsonAnswer {
  readonly status: number;
  /** Undefined when the body was not JSON. */
  readonly body: unknown;
}

export interface BytesAnswer {
  readonly status: number;
  /** The body as it came, in memory of its own. */
  readonly bytes: Uint8Array;
}

export interface JsonClientOptions {
  readonly maxSockets: number;
  readonly timeoutMs: number;
  /** Bearer of every request. */
  readonly token?: string;
  /** Of an https server: whether its certificate is checked, against whose, and what is shown to it (PEM texts). */
  readonly tls: { readonly verify: boolean; readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** Speaks JSON with one HTTP server over connections that are kept and reused. */
export class JsonClient {
  readonly #base: URL;
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;

  constructor(base: string, { maxSockets, timeoutMs, token, tls }: JsonClientOptions) {
    this.#base = new URL(base);
    const kept = { keepAlive: true, maxSockets };
    const { verify, ...files } = tls;
    this.#agent = this.#base.protocol === 'https:' ? new TlsAgent({ ...kept, ...files, rejectUnauthorized: verify }) : new Agent(kept);
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves with any answer; rejects with the system's error (`code` is ECONNREFUSED, ETIMEDOUT, ...) when there is none. */
  async post(path: string, value: unknown): Promise<JsonAnswer> {
    return read(await this.#ask('POST', path, Buffer.from(JSON.stringify(value))));
  }

  async get(path: string): Promise<JsonAnswer> {
    return read(await this.#ask('GET', path, undefined));
  }

  /** As post(), with JSON that has been written already, and the answer not read. */
  postBytes(path: string, json: Uint8Array): Promise<BytesAnswer> {
    return this.#ask('POST', path, json);
  }

  /** Closes the kept connections. */
  close(): void {
    this.#agent.destroy();
  }

  #ask(method: string, path: string, body: Uint8Array | undefined): Promise<BytesAnswer> {
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
        response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: joined(chunks, length) }));
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

/** The chunks in an ArrayBuffer that holds nothing else, so that it may go over to another thread. */
function joined(chunks: readonly Buffer[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function read({ status, bytes }: BytesAnswer): JsonAnswer {
  return { status, body: parseJson(bytes) };
}

/** What the JSON says; undefined when it is none. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
