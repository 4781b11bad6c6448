/** The quick command line: `gwrk run [flags] ws://host/path`. It becomes a scenario file, so both have the same checks. */
import { GwrkError } from '../core/errors.js';
import { loadScenario } from './load.js';
import type { Plan } from './plan.js';
import { quickHttpFlow } from './quick-http.js';
import { streamBody } from './quick-stream.js';
import { isHttp, isStream } from './target-kind.js';

/** What the flags said, in base units; absent means not given. */
export interface QuickOptions {
  /** -c: connections at once; 10. With fewer requests than that, as many as there are requests. */
  readonly connections?: number;
  /** -n: requests in all, shared over the connections. Without a body a request is a connection opened and closed. */
  readonly requests?: number;
  /** -d: 10 s; with requests the most that they may take, 10 minutes. Counts from the end of the ramp. */
  readonly durationUs?: number;
  /** -R: connections opened a second; as fast as maxConnecting allows. */
  readonly connectRate?: number;
  /** --message-rate: messages a second on each connection, by the plan; without it each follows the answer to the last. */
  readonly messageRate?: number;
  /** --timeout: for a connection to open and for each answer; 30 s. */
  readonly timeoutUs?: number;
  /** -b: a text message. `{{ }}` in it is filled in. For a plain stream see streamBody(). */
  readonly body?: string;
  /** -X: of http://; POST with a body, else GET. */
  readonly method?: string;
  /** -H, in order. Of one name several times, the values are joined by commas (RFC 9110 section 5.3). */
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  /** --keepalive: true; false opens a connection for each request. */
  readonly keepalive?: boolean;
  /** A driver takes over when the connection stands: `file` as `driver:` of a scenario file that is called `at`. */
  readonly driver?: { readonly file: string; readonly at: string };
  readonly threads?: number;
  readonly transport?: Plan['transport'];
  readonly sourceIps?: readonly string[];
  readonly maxConnecting?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly seed?: number;
}

const DEFAULT_CONNECTIONS = 10;
const DEFAULT_DURATION_US = 10e6;
const LONGEST_FOR_REQUESTS_US = 600e6;
const DEFAULT_TIMEOUT_US = 30e6;

/** The plan of a quick command line. Throws ScenarioProblems. */
export function planFromUrl(url: string, given: QuickOptions): Plan {
  if (given.method !== undefined && !isHttp(url))
    throw new GwrkError('GWRK_USAGE', '-X is the method of a request of HTTP', {
      given: given.method,
      hint: 'leave it out, or load an http:// target',
    });
  const stream = isStream(url) && given.body ? streamBody(given.body) : undefined;
  const options = stream === undefined ? given : { ...given, body: stream.text };
  const { connections = DEFAULT_CONNECTIONS, requests, threads, transport, sourceIps, maxConnecting, env, seed } = options;
  const scenarios = Object.fromEntries(
    shareRequests(connections, requests).map(({ name, clients, each }) => [
      name,
      {
        ...scenarioOf(options, clients, Math.min(connections, requests ?? connections), each, isHttp(url)),
        ...(given.driver === undefined ? {} : { driver: given.driver.file }),
        ...(stream === undefined ? {} : { framing: stream.framing }),
      },
    ]),
  );
  const file = {
    name: nameOf(given.driver?.file.replace(/\.\w+$/, '') ?? url),
    target: url,
    swarm: { threads, transport, sourceIps, maxConnecting },
    scenarios,
  };
  const { plan } = loadScenario(JSON.stringify(file), {
    file: given.driver?.at ?? url,
    isMade: true,
    ...(env === undefined ? {} : { env }),
    ...(seed === undefined ? {} : { seed }),
  });
  return stream === undefined ? plan : { ...plan, assumesEcho: true };
}

/** Requests that do not divide evenly make two groups, so that the total is exact. */
function shareRequests(connections: number, requests: number | undefined): { name: string; clients: number; each?: number }[] {
  if (requests === undefined) return [{ name: 'connections', clients: connections }];
  const each = Math.floor(requests / connections);
  const more = requests % connections;
  return [
    { name: 'connections', clients: connections - more, each },
    { name: 'connections-with-one-more', clients: more, each: each + 1 },
  ].filter((group) => group.clients > 0 && group.each > 0);
}

/** `total` is the number of clients over both groups: each group ramps in the time that all of them take. */
function scenarioOf(options: QuickOptions, clients: number, total: number, each: number | undefined, isRequest: boolean): object {
  const { connectRate, timeoutUs = DEFAULT_TIMEOUT_US } = options;
  const durationUs = options.durationUs ?? (each === undefined ? DEFAULT_DURATION_US : LONGEST_FOR_REQUESTS_US);
  const load =
    connectRate === undefined
      ? { executor: 'constant-clients', clients, duration: us(durationUs) }
      : {
          executor: 'ramping-clients',
          stages: [
            { duration: us((total * 1e6) / connectRate), target: clients },
            { duration: us(durationUs), target: clients },
          ],
        };
  return {
    ...load,
    gracefulStop: us(timeoutUs),
    // A client of HTTP that got no connection tries again; one that holds a connection has it or has not.
    afterFlow: each !== undefined ? 'leave' : isRequest ? 'repeat' : 'hold',
    flow: flowOf(options, us(timeoutUs), each, isRequest),
  };
}

function flowOf(
  { body = '', method, headers = [], keepalive = true, messageRate }: QuickOptions,
  timeout: string,
  count: number | undefined,
  isRequest: boolean,
): object[] {
  const connect = { connect: { timeout, ...(headers.length === 0 ? {} : { headers: joinHeaders(headers) }) } };
  const disconnect = { disconnect: {} };
  const pace = { ...(messageRate === undefined ? {} : { every: us(1e6 / messageRate) }), ...(count === undefined ? {} : { count }) };
  if (isRequest) return quickHttpFlow({ pace, body, method, headers: joinHeaders(headers), keepalive, timeout });
  const request = body === '' ? [] : [{ send: { text: body, expect: { within: timeout } } }];
  if (keepalive && request.length > 0) return [connect, { loop: { ...pace, steps: request } }, disconnect];
  if (keepalive && count === undefined) return [connect];
  return [{ loop: { ...pace, steps: [connect, ...request, disconnect] } }];
}

function joinHeaders(headers: readonly { readonly name: string; readonly value: string }[]): Record<string, string> {
  const joined = new Map<string, string>();
  for (const { name, value } of headers) joined.set(name, joined.has(name) ? `${joined.get(name)}, ${value}` : value);
  return Object.fromEntries(joined);
}

const us = (value: number): string => `${Math.max(1, Math.round(value))}us`;

/** "127-0-0-1-9000" for ws://127.0.0.1:9000/v1/ws: the name of the run's directory. */
function nameOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : url;
  return (
    host
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 64) || 'target'
  );
}
