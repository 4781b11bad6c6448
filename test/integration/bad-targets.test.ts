import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EXIT } from '../../src/core/exit-codes.js';
import { probeUring } from '../../src/uring/probe.js';
import { errorOf, gwrk } from './gwrk-process.js';
import { type Behaviour, hostileServer } from './hostile-server.js';

const CLIENTS = 3;
const uring = probeUring();

/** What a bad target does, the code that the report has for it, and what its text says. */
const rows: readonly [behaviour: Behaviour, code: string, text: RegExp][] = [
  ['resets', 'ECONNRESET', /ECONNRESET/u],
  ['silent', 'timeout.upgrade', /upgrade/u],
  ['answers-401', 'upgrade.401', /401/u],
  ['answers-404', 'upgrade.404', /404/u],
  ['garbage', 'upgrade.garbage', /./u],
  ['wrong-accept', 'upgrade.accept', /Sec-WebSocket-Accept/u],
  ['closes-mid-frame', 'closed.1006', /./u],
  ['claims-2^60', 'ws.1009', /./u],
  ['closes-4000', 'closed.4000', /./u],
];

/** What never comes is waited for so shortly; what does come must come within a time that a busy machine needs as well. */
const timeoutOf = (code: string): string => (code.startsWith('timeout.') ? '300ms' : '20s');

const quick = (url: string, transport: string, timeout: string): string[] => [
  ...['run', url, '-c', String(CLIENTS), '-d', '1500ms', '--timeout', timeout, '-b', 'hello', '--transport', transport],
];

for (const transport of ['node', 'uring'] as const)
  describe(`bad targets over ${transport}`, { concurrency: 4 }, () => {
    const skip = transport === 'uring' && !uring.available ? `io_uring: ${uring.reason}` : false;

    for (const [behaviour, code, text] of rows)
      test(`a target that ${behaviour} makes the run invalid, told as ${code}`, { skip }, async () => {
        const server = await hostileServer(behaviour);
        const { code: exitCode, stderr, reason, report } = await gwrk(quick(server.url, transport, timeoutOf(code)));
        await server.close();
        assert.equal(exitCode, EXIT.invalid, stderr);
        assert.match(reason, /^exit 111: /u);
        assert.equal(report?.verdict, 'invalid');
        assert.equal(report?.exitCode, EXIT.invalid);
        const error = errorOf(report, code);
        assert.ok(error, `the report has ${JSON.stringify(report?.errors)}`);
        assert.ok(error.count >= CLIENTS, `${error.count} of ${code}`);
        assert.match(error.first, text);
      });

    test(`a target where nobody listens makes the run invalid, told as ECONNREFUSED`, { skip }, async () => {
      const server = await hostileServer('silent');
      await server.close();
      const { code, reason, report } = await gwrk(quick(server.url, transport, '20s'));
      assert.equal(code, EXIT.invalid);
      assert.match(reason, /^exit 111: only 0 of 3 planned clients connected/u);
      assert.ok(errorOf(report, 'ECONNREFUSED')!.count >= CLIENTS);
      assert.equal(report?.clients.connected, 0);
    });
  });
