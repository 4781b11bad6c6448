import { Agent, request } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { GwrkError } from '../core/errors.js';
import type { Endpoint } from '../net/transport.js';
import type { Plan } from '../scenario/plan.js';
import { isHttp } from '../scenario/target-kind.js';
import type { RunOptions } from './run-options.js';
import { parseTarget, resolveTarget, type Target } from './target-address.js';

/** Where the target's metrics are scraped, its address pinned. */
export interface MetricsAddress {
  readonly target: Target;
  readonly endpoint: Endpoint;
}

/** A server with 20,000 series sends about 2 MB. */
const MOST_BYTES = 8 << 20;
/** A busy server answers late; the next look does not wait for it. */
const TIMEOUT_MS = 5000;

/**
 * The address of --target-metrics, or of targetMetrics: in the file, judged like the target itself: what was typed is
 * consent, what only a file names must be loopback, private or allowed. Throws as parseTarget() and resolveTarget() do.
 */
export async function resolveMetrics(plan: Plan, options: RunOptions): Promise<MetricsAddress | undefined> {
  const url = options.targetMetrics ?? plan.targetMetrics;
  if (url === undefined) return undefined;
  const isTyped = options.targetMetrics !== undefined;
  const where = isTyped ? '--target-metrics' : 'targetMetrics';
  const target = parseTarget(url, where);
  if (!isHttp(target.url)) {
    throw new GwrkError('GWRK_USAGE', 'metrics are scraped over HTTP', { where, given: target.url, allowed: 'http:// or https://' });
  }
  const [endpoint] = await resolveTarget(target, { typed: isTyped, allow: options.allowTargets });
  return { target, endpoint: endpoint! };
}

/** Fetches the text of a scrape each time it is called, over one kept connection to the pinned address. No redirect is followed. */
export function scraper({ target, endpoint }: MetricsAddress, tls: RunOptions['tls']): { scrape(): Promise<string>; close(): void } {
  const { verify, ...files } = tls;
  const agent = target.secure
    ? new TlsAgent({ keepAlive: true, maxSockets: 1, ...files, rejectUnauthorized: verify })
    : new Agent({ keepAlive: true, maxSockets: 1 });
  const send = target.secure ? requestTls : request;
  const scrape = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const outgoing = send({
        host: endpoint.address,
        port: endpoint.port,
        path: target.path,
        agent,
        headers: { host: target.host, accept: 'text/plain;version=0.0.4' },
        ...(target.secure && { servername: target.hostname }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      outgoing.on('error', (error) => reject(error.name === 'AbortError' ? new Error(`no answer within ${TIMEOUT_MS / 1000} s`) : error));
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('error', reject);
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MOST_BYTES) response.destroy(new Error(`more than ${MOST_BYTES >> 20} MiB`));
          else chunks.push(chunk);
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
          else reject(new Error(`status ${response.statusCode}`));
        });
      });
      outgoing.end();
    });
  return { scrape, close: () => agent.destroy() };
}
