import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GwrkError } from '../core/errors.js';
import type { LiveFigures } from './live-figures.js';
import { LIVE_PAGE, LIVE_SCRIPT, LIVE_STYLE } from './live-page.js';
import type { Verdict } from './verdict.js';

/** How a run ended, for the page. */
export interface LiveEnd {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** The page of `--live`: served on loopback while a run goes on. */
export interface LivePage {
  readonly url: string;
  /** Once a second. */
  update(figures: LiveFigures): void;
  /** Tells every page how the run ended (nothing when it could not begin) and stops serving. */
  end(end?: LiveEnd): Promise<void>;
}

/** Seconds that a page opened late still gets to draw. */
const HISTORY = 300;
const MOST_CONNECTIONS = 32;
const LONGEST_GOODBYE_MS = 500;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const SECURITY: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; script-src ${hash(LIVE_SCRIPT)}; style-src ${hash(LIVE_STYLE)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Begins to serve on 127.0.0.1; port 0 picks a free one. Throws GWRK_USAGE when the port cannot be had. */
export async function openLivePage(port: number): Promise<LivePage> {
  const page = new Page();
  await page.listen(port);
  return page;
}

class Page implements LivePage {
  url = '';
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));
  readonly #streams = new Set<ServerResponse>();
  readonly #history: LiveFigures[] = [];
  #hosts: readonly string[] = [];

  async listen(port: number): Promise<void> {
    this.#server.maxConnections = MOST_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used: ${error.message}`;
        reject(
          new GwrkError('GWRK_USAGE', `port ${port} of --live ${why}`, {
            where: '--live',
            hint: '--live=0 picks a free one',
            cause: error,
          }),
        );
      });
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    const { port: bound } = this.#server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${bound}/`;
    this.#hosts = ['127.0.0.1', 'localhost'].map((name) => (bound === 80 ? name : `${name}:${bound}`));
  }

  update(figures: LiveFigures): void {
    this.#history.push(figures);
    if (this.#history.length > HISTORY) this.#history.shift();
    // A page that does not read is left out rather than kept in memory.
    for (const stream of this.#streams) if (!stream.writableNeedDrain) stream.write(event('figures', figures));
  }

  async end(end?: LiveEnd): Promise<void> {
    for (const stream of this.#streams) stream.end(end && event('end', { verdict: end.verdict, reason: end.reason }));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#server.closeAllConnections(), LONGEST_GOODBYE_MS);
      this.#server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { host = '', origin } = request.headers;
    // A name that somebody else points at 127.0.0.1 (DNS rebinding) is not ours, and no other page has business here.
    const isOurs = this.#hosts.includes(host.toLowerCase()) && (origin === undefined || origin === `http://${host}`);
    if (!isOurs) return refuse(response, 403, 'not for this host');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'GET only', { allow: 'GET, HEAD' });
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === '/') {
      response.writeHead(200, { ...SECURITY, 'content-type': 'text/html; charset=utf-8' });
      response.end(request.method === 'HEAD' ? undefined : LIVE_PAGE);
    } else if (path === '/events' && request.method === 'GET') {
      this.#stream(response);
    } else {
      refuse(response, 404, 'nothing here');
    }
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { ...SECURITY, 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(`retry: 2000\n\n${event('history', this.#history)}`);
    this.#streams.add(response);
    response.once('close', () => this.#streams.delete(response));
  }
}

/** One server-sent event; JSON has no line break of its own. */
function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function refuse(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { ...SECURITY, ...headers, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
