import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import WebSocket from 'ws';
import { probeUring } from '../../../src/uring/probe.js';
import { ask, FREE_PORTS, SECRETS } from './http-client.js';
import { portOf, serveProcess } from './serve-process.js';

test('the first line says where everything is, and tells no secret that was given', async () => {
  const { child, ready, ended } = serveProcess(FREE_PORTS, SECRETS);
  const line = await ready;
  assert.deepEqual(Object.keys(line), ['event', 'ws', 'http', 'admin', 'gateway', 'pid']);
  assert.equal(line.event, 'ready');
  assert.match(String(line.ws), /^ws:\/\/127\.0\.0\.1:\d+\/v1\/ws$/);
  assert.equal(line.gateway, 'ws');
  assert.equal(line.pid, child.pid);
  assert.equal((await ask(portOf(line.http), '/readyz')).status, 200);
  assert.equal((await ask(portOf(line.admin), '/healthz')).status, 200);
  child.kill('SIGTERM');
  const { code, stdout } = await ended;
  assert.equal(code, 0);
  assert.equal(stdout.trim().split('\n').length, 1);
});

test('fresh secrets: the admin token is told and works, the master key is not', async () => {
  const { child, ready, ended } = serveProcess(FREE_PORTS);
  const line = await ready;
  assert.deepEqual(Object.keys(line), ['event', 'ws', 'http', 'admin', 'gateway', 'pid', 'freshKeys', 'adminToken']);
  const headers = { authorization: `Bearer ${line.adminToken}` };
  assert.equal((await ask(portOf(line.admin), '/admin/v1/stats', { headers })).status, 200);
  child.kill('SIGINT');
  assert.equal((await ended).code, 0);
});

test('while it drains it is not ready and takes no logins; a second signal ends it at once', async () => {
  const { child, ready, ended } = serveProcess([...FREE_PORTS, '--echo'], SECRETS);
  const line = await ready;
  // A client that never answers a close frame holds the drain up.
  const client = new WebSocket(String(line.ws));
  await new Promise((resolve) => client.once('open', resolve));
  client.on('error', () => {});
  client.pause();
  const port = portOf(line.http);
  assert.equal((await ask(port, '/readyz')).text, 'ready\n');
  child.kill('SIGTERM');
  let readiness = await ask(port, '/readyz');
  while (readiness.status === 200) readiness = await ask(port, '/readyz');
  assert.equal(readiness.status, 503);
  assert.equal(readiness.text, 'draining\n');
  assert.equal((await ask(port, '/healthz')).status, 200);
  child.kill('SIGTERM');
  assert.equal((await ended).code, 128 + 15);
  client.terminate();
});

test('a port in use is a bad flag, said with the port', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const attempts = ['--http-port', '--admin-port', '--port'].map((flag) => {
    const flags = FREE_PORTS.map((value, i) => (FREE_PORTS[i - 1] === flag ? String(port) : value));
    return { flag, ended: serveProcess(flags, SECRETS).ended };
  });
  for (const { flag, ended } of attempts) {
    const { code, stderr, stdout } = await ended;
    assert.equal(code, 104, stderr);
    assert.ok(stderr.includes(flag) && stderr.includes(`127.0.0.1:${port}`) && stderr.includes('GWRK_USAGE'), stderr);
    assert.equal(stdout, '');
  }
  taken.close();
});

const uring = probeUring();
test('a second server on the port of a first one is refused, where the kernel would let them share it', {
  skip: uring.available ? false : uring.reason,
}, async () => {
  const flags = [...FREE_PORTS.slice(0, -1), 'uring'];
  const first = serveProcess(flags, SECRETS);
  const port = String(portOf((await first.ready).ws));
  const second = serveProcess(['--port', port, ...flags.slice(2)], SECRETS);
  const { code, stderr } = await second.ended;
  assert.equal(code, 104, stderr);
  assert.ok(stderr.includes('--port') && stderr.includes(port), stderr);
  first.child.kill('SIGTERM');
  assert.equal((await first.ended).code, 0);
});

test('an unknown flag is refused, --help is answered', async () => {
  const refused = await serveProcess(['--redsi', 'redis://127.0.0.1']).ended;
  assert.equal(refused.code, 104);
  assert.match(refused.stderr, /unknown option '--redsi'/);
  const helped = await serveProcess(['--help']).ended;
  assert.equal(helped.code, 0);
  assert.match(helped.stdout, /--http-port/);
});

test('a fault of its own ends the server with 70 after taking leave, and is told in one line', async () => {
  const preload = `import { isMainThread } from 'node:worker_threads'; if (isMainThread) process.once('SIGUSR2', () => { throw new Error('line one\\nline two'); });`;
  const { child, ready, ended } = serveProcess(FREE_PORTS, SECRETS, preload);
  await ready;
  child.kill('SIGUSR2');
  const { code, stderr } = await ended;
  assert.equal(code, 70, stderr);
  assert.equal(JSON.parse(stderr.trim()).message, 'line one\nline two');
});

test('a gateway thread that dies ends the server with a clear error', async () => {
  // A timer alone might fire before the thread listens; a server that cannot start says so in another way.
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-break-'));
  const order = join(directory, 'now');
  const look = `() => { if (existsSync(${JSON.stringify(order)})) throw new Error('the thread broke'); }`;
  const preload = `import { existsSync } from 'node:fs'; import { isMainThread } from 'node:worker_threads'; if (!isMainThread) setInterval(${look}, 20);`;
  const { ready, ended } = serveProcess(FREE_PORTS, SECRETS, preload);
  await ready;
  writeFileSync(order, '');
  const { code, stderr } = await ended;
  rmSync(directory, { recursive: true });
  assert.equal(code, 1, stderr);
  assert.equal(JSON.parse(stderr.trim()).message, 'the thread broke');
});
