import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { probeUring } from '../../src/uring/probe.js';

/**
 * docs/protocol.md is exact enough when a client that was written from it alone gets through every exchange. That client is
 * protocol_client.py, in another language so that it can share nothing with ours; here it meets both gateways.
 */

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const program = join(repository, 'test/conformance/protocol_client.py');
const master = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const adminToken = 'conformance-token-0123456789abcdef';
const HEARTBEAT_MS = 1_500;
const TICK_MS = 100;
const ROOMS = 1_000;
/** So many exchanges there are; fewer would mean that some were lost on the way. */
const EXCHANGES = 53;

interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

async function linesOf(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) lines.push(line);
  return lines;
}

function whyNot(gateway: string): string | false {
  const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))']);
  if (python.error || python.status !== 0) return 'python3, 3.11 or later, is not on this machine';
  if (gateway === 'ws') return false;
  const { available, reason } = probeUring();
  return available ? false : `no uring gateway here: ${reason}`;
}

describe('a client written from docs/protocol.md alone', { concurrency: 2 }, () => {
  for (const gateway of ['ws', 'uring']) {
    const skip = whyNot(gateway);
    if (skip) console.log(`# skipped: ${skip}`);
    test(`gets through every exchange with the ${gateway} gateway`, { skip, timeout: 300_000 }, async (t) => {
      const children: ChildProcess[] = [];
      const directory = mkdtempSync(join(tmpdir(), 'gwrk-conformance-'));
      t.after(() => {
        for (const child of children) child.kill('SIGKILL');
        rmSync(directory, { recursive: true });
      });

      const serve = async (...flags: string[]): Promise<unknown> => {
        const own = ['--gateway', gateway, '--heartbeat', `${HEARTBEAT_MS}ms`, '--room-tick', `${TICK_MS}ms`, '--rooms', String(ROOMS)];
        const ports = ['--port', '0', '--http-port', '0', '--admin-port', '0'];
        const child = spawn(process.execPath, [join(repository, 'dist/reference-server/main.js'), ...ports, ...own, ...flags], {
          env: { PATH: process.env.PATH ?? '', GWRK_MASTER_KEY: master, GWRK_ADMIN_TOKEN: adminToken },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        children.push(child);
        const [ready] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
        return JSON.parse(ready);
      };
      const [main, ticket, second] = await Promise.all([
        serve('--proof', 'none'),
        serve('--proof', 'ticket'),
        serve('--proof', 'none', '--max-connections', '4', '--max-sessions', '4'),
      ]);
      const servers = { master, adminToken, heartbeatMs: HEARTBEAT_MS, tickMs: TICK_MS, rooms: ROOMS, main, ticket, second };
      const file = join(directory, 'servers.json');
      writeFileSync(file, JSON.stringify(servers));

      const client = spawn('python3', [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(client);
      const exit = once(client, 'exit');
      const results = (await linesOf(client)).map((line) => JSON.parse(line) as Result);
      const [status] = await exit;
      for (const { name, ok, detail } of results) await t.test(name, () => assert.ok(ok, detail));
      assert.equal(results.length, EXCHANGES);
      assert.equal(status, 0);
    });
  }
});
