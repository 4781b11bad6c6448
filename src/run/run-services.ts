import type { RunCauses } from '../report/causes.js';
import type { Plan } from '../scenario/plan.js';
import type { ToWorker } from '../swarm/messages.js';
import { bulkIssuer } from './bulk-issuer.js';
import { loginIssuer } from './credential-issuer.js';
import { Credentials } from './credentials.js';
import { Fingerprints } from './fingerprint.js';
import { JsonClient } from './http-json.js';
import { logsIn, mayIssueInBulk } from './plan-facts.js';
import type { RunOptions } from './run-options.js';
import type { ServeChild } from './serve-child.js';
import { askCauses } from './server-causes.js';
import { serviceAddresses } from './service-addresses.js';
import type { Target } from './target-address.js';
import { TargetWatch } from './target-watch.js';

const HTTP_TIMEOUT_MS = 30_000;
const STATS_TIMEOUT_MS = 2_000;
const BULK_SOCKETS = 4;
const LOGIN_SOCKETS = 64;

/** What speaks HTTP with the target's side beside the load: logins and the look at its counters. */
export class RunServices {
  readonly watch: TargetWatch;
  /** Undefined when no flow logs in. */
  readonly credentials: Credentials | undefined;
  /** How players are logged in, for the terminal and the report. */
  readonly logins: string | undefined;
  readonly #clients: JsonClient[] = [];
  readonly #admin: JsonClient | undefined;

  constructor(
    plan: Plan,
    options: RunOptions,
    target: Target,
    server: ServeChild | undefined,
    deliver: (worker: number, message: ToWorker) => void,
  ) {
    const { login, admin } = serviceAddresses(target, options, server?.ready);
    const token = server?.adminToken ?? options.adminToken;
    const { tls } = options;
    this.#admin = token === undefined ? undefined : this.#client(admin, { maxSockets: 1, timeoutMs: STATS_TIMEOUT_MS, token, tls });
    this.watch = new TargetWatch(options.targetPid ?? server?.pid, this.#admin);
    if (!logsIn(plan)) return;
    const isBulk = token !== undefined && mayIssueInBulk(plan);
    const devices = new Fingerprints(plan.seed);
    const issuer = isBulk
      ? bulkIssuer(this.#client(admin, { maxSockets: BULK_SOCKETS, timeoutMs: HTTP_TIMEOUT_MS, token, tls }), devices)
      : loginIssuer(this.#client(login, { maxSockets: LOGIN_SOCKETS, timeoutMs: HTTP_TIMEOUT_MS, tls }), devices);
    this.logins = isBulk ? `in bulk at ${admin}/admin/v1/sessions` : `one by one at ${login}/v1/login`;
    this.credentials = new Credentials(issuer, deliver);
  }

  /** What held the target up since `sinceUs` of our clock, as far as it says so. */
  causes(sinceUs: number): Promise<RunCauses> {
    return askCauses(this.#admin, sinceUs);
  }

  close(): void {
    this.credentials?.stop();
    for (const client of this.#clients) client.close();
  }

  #client(base: string, options: ConstructorParameters<typeof JsonClient>[1]): JsonClient {
    const client = new JsonClient(base, options);
    this.#clients.push(client);
    return client;
  }
}
