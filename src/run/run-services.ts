import type { RunCauses } from '../report/causes.js';
import type { Plan } from '../scenario/plan.js';
import type { ToWorker } from '../swarm/messages.js';
import { attachTarget } from '../target/attach.js';
import type { TargetSource } from '../target/figures.js';
import { InspectorSource } from '../target/inspector-source.js';
import { MetricsSource } from '../target/metrics-source.js';
import { ProcessSource } from '../target/process-source.js';
import { ServerSource } from '../target/server-source.js';
import { TargetWatch } from '../target/target-watch.js';
import { bulkIssuer } from './bulk-issuer.js';
import { loginIssuer } from './credential-issuer.js';
import { Credentials } from './credentials.js';
import { Fingerprints } from './fingerprint.js';
import { JsonClient } from './http-json.js';
import { type MetricsAddress, scraper } from './metrics-address.js';
import { logsIn, mayIssueInBulk } from './plan-facts.js';
import type { Preparation } from './prepare.js';
import type { RunOptions } from './run-options.js';
import type { ServeChild } from './serve-child.js';
import { askCauses } from './server-causes.js';
import { serviceAddresses } from './service-addresses.js';

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
  /** Processes of the target, as far as they are known. */
  readonly pids: readonly number[];
  readonly #clients: { close(): void }[] = [];
  readonly #admin: JsonClient | undefined;

  constructor(
    plan: Plan,
    options: RunOptions,
    { target, metrics }: Pick<Preparation, 'target' | 'metrics'>,
    server: ServeChild | undefined,
    deliver: (worker: number, message: ToWorker) => void,
  ) {
    const { login, admin } = serviceAddresses(target, options, server?.ready);
    const token = server?.adminToken ?? options.adminToken;
    const { tls } = options;
    this.#admin = token === undefined ? undefined : this.#client(admin, { maxSockets: 1, timeoutMs: STATS_TIMEOUT_MS, token, tls });
    this.pids = options.targetPids && options.targetPids.length > 0 ? options.targetPids : server?.pid !== undefined ? [server.pid] : [];
    this.watch = new TargetWatch(this.#sources(options, metrics));
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

  #sources({ targetInspect, tls }: RunOptions, metrics: MetricsAddress | undefined): TargetSource[] {
    const sources: TargetSource[] = [new ProcessSource(this.pids)];
    const admin = this.#admin;
    if (admin) {
      const ask = async (): Promise<unknown> => {
        const { status, body } = await admin.get('/admin/v1/stats');
        return status === 200 ? body : undefined;
      };
      sources.push(new ServerSource(ask));
    }
    if (metrics) {
      const scraped = scraper(metrics, tls);
      this.#clients.push(scraped);
      sources.push(new MetricsSource(scraped.scrape));
    }
    if (targetInspect !== undefined) sources.push(new InspectorSource(() => attachTarget(targetInspect, this.pids)));
    return sources;
  }

  #client(base: string, options: ConstructorParameters<typeof JsonClient>[1]): JsonClient {
    const client = new JsonClient(base, options);
    this.#clients.push(client);
    return client;
  }
}
