import { type IncomingHttpHeaders, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { MAX_RULES_BYTES, type SourceTimers } from './rule-source.js';

export interface RequestPlan {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the start to the last byte of the answer. */
  readonly limitMs: number;
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * One request on a connection of its own, with a limit on time and on the size of the answer (1 MiB). Follows nothing. Rejects
 * when there is no whole answer, also when `signal` aborts it.
 */
export function boundedRequest(url: URL, plan: RequestPlan, timers: SourceTimers, signal: AbortSignal): Promise<Response> {
  const { method = 'GET', headers = {}, body, limitMs } = plan;
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestTls : requestPlain;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    // No agent: an idle connection that is kept would outlive stop(), and one request in 30 s gains nothing by it.
    const outgoing = send(url, { method, headers: { ...headers, ...length }, agent: false, maxHeaderSize: 16_384 });
    const settle = (error: Error | undefined, response?: Response): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      if (error === undefined) resolve(response!);
      else reject(error);
      outgoing.destroy();
    };
    const onAbort = (): void => settle(new Error('stopped'));
    const cancel = timers.after(limitMs, () => settle(new Error(`no whole answer within ${limitMs / 1_000} s`)));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    outgoing.on('error', (error) => settle(error));
    outgoing.on('response', (incoming) => gather(incoming, settle));
    outgoing.end(body);
  });
}

function gather(incoming: IncomingMessage, settle: (error: Error | undefined, response?: Response) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_RULES_BYTES) settle(new Error(`the answer is larger than ${MAX_RULES_BYTES} bytes`));
    else chunks.push(chunk);
  });
  incoming.on('error', () => settle(new Error('the connection ended in the middle of the answer')));
  incoming.on('close', () => {
    // Once settled, as after 'end', this has no effect.
    settle(new Error('the connection ended in the middle of the answer'));
  });
  incoming.on('end', () => {
    if (incoming.complete) settle(undefined, { status: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(chunks) });
  });
}

/** The body as text. Throws when it is not UTF-8: half a character must not become a rule. A leading byte order mark is dropped. */
export function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new Error('the text is not UTF-8');
  }
}
