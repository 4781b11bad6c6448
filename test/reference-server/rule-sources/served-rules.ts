import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ask, BEARER, DFP, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { portOf, serveProcess } from '../server/serve-process.js';

const LONGEST_MS = 60_000;
/** What a login is answered that the rules refuse. */
export const REFUSED = 503;

const started: ReturnType<typeof serveProcess>[] = [];

/** Ends what a test that failed has left. */
export function killServers(): void {
  for (const { child } of started) child.kill('SIGKILL');
}

/** A process of `gwrk serve --rules`. */
export class ServedRules {
  readonly served: ReturnType<typeof serveProcess>;
  ready: Record<string, unknown> = {};

  constructor(rules: string, env: Record<string, string> = {}) {
    this.served = serveProcess([...FREE_PORTS, '--proof', 'none', '--rules', rules], { ...SECRETS, ...env });
    started.push(this.served);
  }

  async start(): Promise<this> {
    this.ready = await this.served.ready;
    return this;
  }

  async login(): Promise<number> {
    const answer = await ask(portOf(this.ready.http), '/v1/login', { body: JSON.stringify({ uid: 'p1', dfp: DFP }) });
    return answer.status;
  }

  rules(): Promise<Answer> {
    return ask(portOf(this.ready.admin), '/admin/rules', { headers: BEARER });
  }

  /** Waits until GET /admin/rules is as wanted. */
  async until(what: string, holds: (json: Record<string, unknown>) => boolean): Promise<void> {
    const endMs = performance.now() + LONGEST_MS;
    while (!holds((await this.rules()).json)) {
      if (performance.now() > endMs) throw new Error(`in vain: ${what}`);
      await sleep(5);
    }
  }

  async stop(): Promise<string> {
    this.served.child.kill('SIGTERM');
    const { code, stderr } = await this.served.ended;
    assert.equal(code, 0, stderr);
    return stderr;
  }
}

/** Why the source's latest is not in force, by GET /admin/rules. */
export const errorKind = (json: Record<string, unknown>): unknown => (json.error as { kind: string } | null)?.kind;
