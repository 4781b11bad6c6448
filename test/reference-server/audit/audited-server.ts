import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { KernelEvent } from '../../../reference-server/audit/kernel-event.js';
import { logFiles } from '../../../reference-server/audit/log-files.js';
import { type AuditReport, reportLog } from '../../../reference-server/audit/report-log.js';
import type { Join } from '../../../reference-server/audit/session-join.js';
import type { Credential } from '../reference-wire.js';
import { ask, BEARER, DFP, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { portOf, type Served, serveProcess } from '../server/serve-process.js';

/** In gateway threads every signed operation also opens a file, /dev/null/op-<its payload>: what a handler might do. */
const OPENING_HANDLER = `
import { isMainThread } from 'node:worker_threads';
import { openSync } from 'node:fs';
if (!isMainThread) {
  const { Operations } = await import(${JSON.stringify(new URL('../../../reference-server/operations.js', import.meta.url).href)});
  const { run } = Operations.prototype;
  Operations.prototype.run = function (slot, opcode, isSigned, bytes, start, end) {
    if (isSigned) try { openSync('/dev/null/op-' + Buffer.from(bytes.subarray(start, end)).toString('latin1')); } catch {}
    return run.call(this, slot, opcode, isSigned, bytes, start, end);
  };
}`;

export interface SessionReply {
  readonly access: string;
  readonly refresh: string;
  readonly secret: string;
  readonly sid: string;
}

/** A `gwrk serve --audit` of its own, whose signed operations open files. */
export class AuditedServer {
  readonly path: string;
  readonly served: Served;
  readonly replies: SessionReply[] = [];
  wsPort = 0;
  httpPort = 0;
  adminPort = 0;

  constructor(directory: string, flags: readonly string[]) {
    this.path = join(directory, 'audit.log');
    this.served = serveProcess([...FREE_PORTS, '--proof', 'none', '--audit', this.path, ...flags], SECRETS, OPENING_HANDLER);
  }

  async ready(): Promise<void> {
    const { ws, http, admin } = await this.served.ready;
    [this.wsPort, this.httpPort, this.adminPort] = [portOf(ws), portOf(http), portOf(admin)];
  }

  /** What tells of kernel events, once the server knows. */
  async kernel(): Promise<{ source: string; reasons: string[] }> {
    for (let tries = 0; tries < 1_200; tries++) {
      const { kernel } = (await ask(this.adminPort, '/admin/v1/causes', { headers: BEARER })).json as {
        kernel: { source: string; reasons: string[] };
      };
      if (kernel.reasons[0] !== 'kernel events are not watched') return kernel;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('no source of kernel events was tried within a minute');
  }

  /** Sessions of players whose uids begin with this. */
  async sessions(prefix: string, count: number): Promise<Credential[]> {
    const body = JSON.stringify({ sessions: Array.from({ length: count }, (_, n) => ({ uid: `${prefix}${n}`, dfp: DFP })) });
    const answer = await ask(this.adminPort, '/admin/v1/sessions', { body, headers: BEARER });
    assert.equal(answer.status, 200, answer.text);
    const replies = answer.json.sessions as SessionReply[];
    this.replies.push(...replies);
    return replies.map(({ access, secret, sid }, n) => ({
      uid: `${prefix}${n}`,
      token: access,
      secret: Buffer.from(secret, 'base64url'),
      sid: Buffer.from(sid, 'base64url'),
      dfp: Buffer.from(DFP, 'base64url'),
    }));
  }

  /** Ends the server and reads its log. */
  async report(onJoin: (event: KernelEvent, join: Join) => void = () => {}): Promise<AuditReport> {
    this.served.child.kill('SIGTERM');
    const { code, stderr } = await this.served.ended;
    assert.equal(code, 0, stderr);
    return reportLog(logFiles([this.path]), onJoin);
  }
}
