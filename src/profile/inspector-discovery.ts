import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { GwrkError } from '../core/errors.js';

/** Answers of an inspector's HTTP side are a few hundred bytes; more is another server. */
const MOST_BYTES = 1 << 20;
/** An inspector answers from a thread of its own, so it answers also when its program is busy. */
const PROBE_TIMEOUT_MS = 1500;
const CLOSE_WAIT_MS = 2000;

/** Whether an inspector answers at "http://127.0.0.1:9229": only it knows /json/version with a protocol. */
export async function isInspector(base: string): Promise<boolean> {
  const version = await getJson(`${base}/json/version`).catch(() => undefined);
  return typeof version === 'object' && version !== null && 'Protocol-Version' in version;
}

/**
 * The WebSocket of the first target behind an inspector's HTTP address. Host and port are those that were asked: the
 * answer's own would be wrong behind a tunnel, and could lead elsewhere. Throws GWRK_INSPECTOR_NO_PORT.
 */
export async function webSocketOf(base: string): Promise<string> {
  const list = await getJson(`${base}/json/list`).catch((cause: unknown) => {
    throw new GwrkError('GWRK_INSPECTOR_NO_PORT', `no inspector answers at ${base}`, { cause });
  });
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  const told = typeof first === 'object' && first !== null ? (first as Record<string, unknown>).webSocketDebuggerUrl : undefined;
  const id = typeof told === 'string' ? /^wss?:\/\/[^/]+(\/[\w./-]+)$/u.exec(told)?.[1] : undefined;
  if (id === undefined) throw new GwrkError('GWRK_INSPECTOR_NO_PORT', `what answers at ${base} is no inspector`);
  return `${base.replace(/^http/u, 'ws')}${id}`;
}

/** Resolves when nobody listens at this URL any more, or after two seconds: a busy program closes its inspector late. */
export async function untilClosed(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/gu, '');
  for (const deadline = Date.now() + CLOSE_WAIT_MS; Date.now() < deadline; await sleep(10)) if (!(await isOpen(host, Number(port)))) return;
}

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CLOSE_WAIT_MS });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => finish(true));
    socket.once('timeout', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

function getJson(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_BYTES) request.destroy(new Error(`more than ${MOST_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        try {
          if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
          resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    request.on('error', reject);
  });
}
