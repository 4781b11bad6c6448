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

for (const source of ['bpftrace', 'tracefs'] as const) {
  test(`${source}: of 1,000 critical operations that open a file each, 99 % are joined with their session and none with another`, {
    timeout: 60_000,
  }, async (t) => {
    const server = new AuditedServer(freshDirectory(t), ['--kernel-events', source]);
    t.after(() => server.served.child.kill('SIGKILL'));
    await server.ready();
    const kernel = await server.kernel();
    if (kernel.source !== source) return t.skip(kernel.reasons.join('; '));
    const credentials = await server.sessions('join', PLAYERS);
    const clients: ReferenceClient[] = [];
    for (const credential of credentials) clients.push(await ReferenceClient.ready(server.wsPort, credential));
    /** The session of each operation, in the order in which they were asked for. */
    const sids: string[] = [];
    for (let round = 0; round < OPS_EACH; round++) {
      for (const [n, client] of clients.entries()) {
        const name = String(sids.push(credentials[n]!.sid.toString('base64url')) - 1);
        const asked = client.op(ECHO, Buffer.from(name), true);
        // tracefs sees no paths: there one at a time, so that the order says which it is.
        if (source === 'tracefs' || n % 8 === 7) assert.equal((await asked).code, 0);
      }
    }
    for (const client of clients) client.socket.terminate();

    const joined: { event: KernelEvent; join: Join }[] = [];
    const report = await server.report((event, join) => joined.push({ event, join }));
    assert.equal(report.fault, undefined);
    assert.equal(report.events['op.critical'], PLAYERS * OPS_EACH);
    assert.equal(report.events['auth.ok'], PLAYERS);
    assert.equal(report.events.close, PLAYERS);
    const found = joined
      .filter(({ join }) => join.grade === 'unique' || join.grade === 'exact')
      .sort((a, b) => a.event.monoNs - b.event.monoNs);
    assert.ok(found.length >= 0.99 * sids.length, JSON.stringify(report.joins));
    t.diagnostic(`${found.length} of ${sids.length} joined: ${JSON.stringify(report.joins)}`);
    if (source === 'bpftrace') {
      for (const { event, join } of found)
        assert.equal(join.sid, sids[Number(/^\/dev\/null\/op-(\d+)$/u.exec(event.path!)?.[1])], event.path);
    } else {
      assert.deepEqual(
        found.map(({ join }) => join.sid),
        sids,
      );
    }
  });
}
