import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { probeUring } from '../../src/uring/probe.js';
import { type StreamServer, streamServer } from '../net/echo-server.js';
import { gwrk } from './gwrk-process.js';

const transports = probeUring().available ? ['uring', 'node'] : ['node'];
let echo: StreamServer;
before(async () => {
  echo = await streamServer();
});
after(() => echo.close());

const quick = (url: string, ...more: string[]): string[] => ['run', url, '-c', '20', '-n', '200', '--timeout', '20s', ...more];

for (const transport of transports) {
  for (const [body, framing] of [
    ['hello\\n', /^delimiter 0a \(hex\) \(not declared: an echo/u],
    ['hello', /^fixed size of 5 bytes/u],
  ] as const)
    test(`a tcp:// target is loaded by the quick command line over ${transport} with -b ${body}`, async () => {
      const { code, stdout, stderr, report } = await gwrk(quick(`tcp://127.0.0.1:${echo.port}`, '-b', body, '--transport', transport));
      assert.equal(code, 0, stderr);
      assert.deepEqual(report?.errors, []);
      assert.equal(report.transport, transport);
      assert.equal(report.ledger.ok, 200);
      assert.equal(report.clients.connected, 20);
      assert.match(String(report.environment.framing), framing);
      assert.deepEqual(report.matching, [{ scenario: 'connections', send: 1, by: 'order' }]);
      assert.match(stdout, /matching +by order, for there is no match: connections send 1/u);
    });
}

test('a tcp:// target without a port, with a path, or with a header of HTTP is refused', async () => {
  for (const [args, why] of [
    [['tcp://127.0.0.1'], /host and a port/u],
    [[`tcp://127.0.0.1:${echo.port}/path`], /host and a port/u],
    [[`tcp://127.0.0.1:${echo.port}`, '-H', 'a: b'], /headers is of WebSocket/u],
    [[`tcp://127.0.0.1:${echo.port}`, '-b', 'n{{ iteration }}'], /where the answer to this body ends/u],
  ] as const) {
    const { code, stderr } = await gwrk(['run', ...args]);
    assert.equal(code, 104, stderr);
    assert.match(stderr, why);
  }
});
