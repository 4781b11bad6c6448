import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelEvent } from '../../../reference-server/audit/kernel-event.js';
import type { Join } from '../../../reference-server/audit/session-join.js';
import { ReferenceClient } from '../reference-client.js';
import { AuditedServer } from './audited-server.js';
import { freshDirectory } from './log-fixture.js';

const PLAYERS = 200;
/** As many as a player may in ten seconds. */
const OPS_EACH = 5;
const ECHO = 1;
const nowNs = (): number => Number(process.hrtime.bigint());

for (const source of ['bpftrace', 'tracefs'] as const) {
  test(`${source}: of 1,000 critical operations that open a file each, 99 % are joined with their session and none with another`, {
    timeout: 300_000,
  }, async (t) => {
    const server = new AuditedServer(freshDirectory(t), ['--kernel-events', source]);
    t.after(() => server.served.child.kill('SIGKILL'));
    await server.ready();
    const kernel = await server.kernel();
    if (kernel.source !== source) return t.skip(kernel.reasons.join('; '));
    const credentials = await server.sessions('join', PLAYERS);
    const clients: ReferenceClient[] = [];
    for (const credential of credentials) clients.push(await ReferenceClient.ready(server.wsPort, credential));
    /** Each operation's session, and when its client asked for it and heard the answer: one clock serves the whole machine. */
    const ops: { sid: string; askedNs: number; answeredNs: number }[] = [];
    for (let round = 0; round < OPS_EACH; round++) {
      for (const [n, client] of clients.entries()) {
        const op = { sid: credentials[n]!.sid.toString('base64url'), askedNs: nowNs(), answeredNs: Number.POSITIVE_INFINITY };
        const asked = client.op(ECHO, Buffer.from(String(ops.push(op) - 1)), true);
        // tracefs sees no paths: there one operation at a time, so that the time says which it is.
        if (source === 'bpftrace' && n % 8 < 7) continue;
        assert.equal((await asked).code, 0);
        op.answeredNs = nowNs();
      }
    }
    for (const client of clients) client.socket.terminate();

    const joined: { event: KernelEvent; join: Join }[] = [];
    const report = await server.report((event, join) => joined.push({ event, join }));
    assert.equal(report.fault, undefined);
    assert.equal(report.events['op.critical'], PLAYERS * OPS_EACH);
    assert.equal(report.events['auth.ok'], PLAYERS);
    assert.equal(report.events.close, PLAYERS);
    const found = new Set<number>();
    for (const { event, join } of joined) {
      if (join.grade !== 'unique' && join.grade !== 'exact') continue;
      const number =
        source === 'bpftrace'
          ? Number(/^\/dev\/null\/op-(\d+)$/u.exec(event.path!)?.[1])
          : ops.findIndex(({ askedNs, answeredNs }) => askedNs <= event.monoNs && event.monoNs <= answeredNs);
      assert.equal(join.sid, ops[number]?.sid, JSON.stringify(event));
      found.add(number);
    }
    t.diagnostic(`${found.size} of ${ops.length} operations joined: ${JSON.stringify(report.joins)}`);
    assert.ok(found.size >= 0.99 * ops.length, JSON.stringify(report.joins));
  });
}
