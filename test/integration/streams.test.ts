import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { probeUring } from '../../src/uring/probe.js';
import { type StreamServer, streamServer } from '../net/echo-server.js';
import { errorOf, gwrk, repository } from './gwrk-process.js';

const certificate = join(repository, 'test/net/fixtures/localhost.cert.pem');
const key = join(repository, 'test/net/fixtures/localhost.key.pem');
const pem = { cert: readFileSync(certificate), key: readFileSync(key) };
const transports = probeUring().available ? ['uring', 'node'] : ['node'];

let echo: StreamServer;
let secure: StreamServer;
let picky: StreamServer;
before(async () => {
  echo = await streamServer();
  secure = await streamServer(undefined, { tls: pem });
  picky = await streamServer(undefined, { tls: { ...pem, requestCert: true, rejectUnauthorized: true, ca: [pem.cert] } });
});
after(() => Promise.all([echo.close(), secure.close(), picky.close()]));

const quick = (url: string, ...more: string[]): string[] => ['run', url, '-c', '20', '-n', '200', '--timeout', '3s', ...more];

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

for (const transport of transports)
  test(`a client over ${transport} that is silent until the server has spoken hears its greeting`, async () => {
    const greeter = await streamServer((socket) => socket.write('bye\n'), { onConnection: (socket) => socket.write('welcome\n') });
    const directory = mkdtempSync(join(tmpdir(), 'gwrk-greeting-'));
    try {
      const file = join(directory, 'greeting.yaml');
      const flow = '[connect: {}, expect: { text: welcome }, send: { text: hi, expect: { text: bye } }, disconnect: {}]';
      const load = 'executor: per-client-iterations, clients: 5, iterations: 2, framing: { delimiter: "\\n" }';
      writeFileSync(file, `name: greeting\ntarget: tcp://127.0.0.1:${greeter.port}\nscenarios: { s: { ${load}, flow: ${flow} } }\n`);
      const { code, stderr, report } = await gwrk(['run', file, '--transport', transport]);
      assert.equal(code, 0, stderr);
      assert.equal(report?.ledger.ok, 10);
      assert.deepEqual(report.metrics.checks, { type: 'rate', rate: 1, passes: 20, fails: 0 });
    } finally {
      rmSync(directory, { recursive: true, force: true });
      await greeter.close();
    }
  });

for (const flags of [['--cacert', certificate], ['-k']])
  test(`a tls:// target is loaded over sockets of Node with ${flags[0]}, and the reason is printed`, async () => {
    const { code, stderr, report } = await gwrk(quick(`tls://localhost:${secure.port}`, '-b', 'hello\\n', ...flags));
    assert.equal(code, 0, stderr);
    assert.equal(report?.transport, 'node');
    assert.equal(report.ledger.ok, 200);
    assert.match(stderr, /transport: node \(TLS needs the node transport\)/u);
  });

test('a tls:// target that wants a certificate of ours gets it, and without one nobody is let in', async () => {
  const url = `tls://localhost:${picky.port}`;
  const shown = await gwrk(quick(url, '-b', 'hello\\n', '--cacert', certificate, '--cert', certificate, '--key', key));
  assert.equal(shown.report?.ledger.ok, 200, shown.stderr);
  const hidden = await gwrk(quick(url, '-b', 'hello\\n', '--cacert', certificate));
  assert.equal(hidden.report?.ledger.ok, 0, hidden.stderr);
});

test('a certificate that nobody vouches for is an error, told in words', async () => {
  const { code, report, stderr } = await gwrk(quick(`tls://localhost:${secure.port}`, '-b', 'hello\\n'));
  assert.equal(code, 111, stderr);
  assert.match(errorOf(report, 'EPROTO')?.first ?? '', /certificate/iu);
});

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
