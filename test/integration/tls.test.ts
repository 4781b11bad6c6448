import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { errorOf, gwrk, repository } from './gwrk-process.js';
import { referenceServer } from './reference-server-process.js';

const certificate = join(repository, 'test/net/fixtures/localhost.cert.pem');
const key = join(repository, 'test/net/fixtures/localhost.key.pem');
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
const echo = new WebSocketServer({ server });
echo.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
let url = '';

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  url = `wss://localhost:${(server.address() as AddressInfo).port}/`;
});
after(() => {
  for (const socket of echo.clients) socket.terminate();
  server.close();
});

const quick = (...more: string[]): string[] => ['run', url, '-c', '2', '-n', '10', '-b', 'hello', '--timeout', '20s', ...more];

for (const flags of [['--cacert', certificate], ['--insecure'], ['-k']])
  test(`a wss:// target is loaded over sockets of Node with ${flags[0]}`, async () => {
    const { stderr, report } = await gwrk(quick(...flags));
    assert.deepEqual(report?.errors, [], stderr);
    assert.equal(report.clients.connected, 2);
    assert.equal(report.transport, 'node');
    assert.match(report.transportReason, /TLS/u);
    assert.equal(report.ledger.ok, 10);
  });

test('a certificate that nobody vouches for is an error, told in words', async () => {
  const { code, report, stderr } = await gwrk(quick());
  assert.equal(code, 111, stderr);
  assert.equal(report?.clients.connected, 0);
  const error = errorOf(report, 'EPROTO');
  assert.ok(error, JSON.stringify(report?.errors));
  assert.match(error.first, /certificate/iu);
});

test('io_uring asked for by name cannot speak TLS, and says so', async () => {
  const { code, reason, stderr } = await gwrk(quick('--transport', 'uring'));
  assert.equal(code, 104, stderr);
  assert.match(reason, /GWRK_TRANSPORT_UNAVAILABLE .*TLS/u);
});

test('both factors go over TLS to the reference server, whose certificate is checked at login and socket alike', async () => {
  const game = await referenceServer('--proof', 'none', '--tls-cert', certificate, '--tls-key', key);
  const named = (address: string): string => address.replace('127.0.0.1', 'localhost');
  try {
    const stages = 'scenarios.players.stages=[{duration: 500ms, target: 5}, {duration: 2s, target: 5}]';
    const words = ['run', 'scenarios/quickstart.yaml', '--set', 'serve=null', '--set', `target=${named(game.ws)}`, '--set', stages];
    const run = (...more: string[]) => gwrk([...words, '--login-url', named(game.http), '--no-thresholds', ...more]);
    const { report, stderr } = await run('--cacert', certificate);
    assert.deepEqual(report?.errors, [], stderr);
    assert.equal(report.clients.ready, 5);
    const untrusting = await run();
    assert.equal(untrusting.report?.clients.ready, 0, untrusting.stderr);
  } finally {
    await game.stop();
  }
});
