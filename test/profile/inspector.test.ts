import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { ErrorCode } from '../../src/core/error-table.js';
import { GwrkError } from '../../src/core/errors.js';
import { Inspector } from '../../src/profile/inspector.js';
import { listeningPorts } from '../../src/profile/listening-ports.js';
import { goesOn, startChild, startNode } from './node-child.js';

// By signal the inspector opens at --inspect-port, 9229 by default, which other tests of this machine may hold.
const ANY_PORT = { NODE_OPTIONS: '--inspect-port=0' };

const fails = (promise: Promise<unknown>, code: ErrorCode): Promise<void> =>
  assert.rejects(promise, (error) => error instanceof GwrkError && error.code === code && error.hint.length > 0);

test('a running Node process is attached to, asked, and left with its port closed', async (t) => {
  const { pid } = await startNode(t, [], 'globalThis.answer = { n: 42 }', ANY_PORT);
  assert.deepEqual(listeningPorts(pid), []);
  const inspector = await Inspector.attachPid(pid);
  assert.equal(inspector.isOurs, true);
  assert.equal(listeningPorts(pid).length, 1);
  assert.equal(await inspector.evaluate('process.pid'), pid);
  assert.deepEqual(await inspector.evaluate('Promise.resolve(answer)'), { n: 42 });
  await inspector.close();
  assert.deepEqual(listeningPorts(pid), []);
});

test('after a session another one is possible, and the process still runs', async (t) => {
  const child = await startNode(t, [], '', ANY_PORT);
  for (let round = 0; round < 3; round++) {
    const inspector = await Inspector.attachPid(child.pid);
    assert.equal(await inspector.evaluate('1 + 1'), 2);
    await inspector.close();
  }
  await goesOn(child);
  assert.deepEqual(listeningPorts(child.pid), []);
});

test('of two sessions with one process the last one closes the port', async (t) => {
  const { pid } = await startNode(t, [], '', ANY_PORT);
  const first = await Inspector.attachPid(pid);
  const second = await Inspector.attachPid(pid);
  await first.close();
  assert.equal(await second.evaluate('"still here"'), 'still here');
  await second.close();
  assert.deepEqual(listeningPorts(pid), []);
});

test('an inspector that was open before stays open', async (t) => {
  const { pid, stderr } = await startNode(t, ['--inspect=0']);
  const byPid = await Inspector.attachPid(pid);
  assert.equal(byPid.isOurs, false);
  await byPid.close();
  const [, host] = /ws:\/\/([^/]+)\//u.exec(stderr())!;
  const byUrl = await Inspector.attachUrl(`http://${host}`);
  assert.equal(await byUrl.evaluate('process.pid'), pid);
  await byUrl.close();
  const byWebSocket = await Inspector.attachUrl(byUrl.url);
  await byWebSocket.close();
  assert.equal(listeningPorts(pid).length, 1);
});

test('events arrive and a profile can be taken', async (t) => {
  const { pid } = await startNode(t, [], '', ANY_PORT);
  const inspector = await Inspector.attachPid(pid);
  const logged: unknown[] = [];
  inspector.on('Runtime.consoleAPICalled', ({ type }) => logged.push(type));
  await inspector.send('Runtime.enable');
  await inspector.send('Profiler.enable');
  await inspector.send('Profiler.start');
  await inspector.evaluate('console.warn("hello")');
  const { profile } = await inspector.send('Profiler.stop');
  assert.ok(logged.includes('warning'));
  assert.ok((profile as { nodes: unknown[] }).nodes.length > 0);
  await inspector.close();
});

test('a program that is not Node is never signalled', async (t) => {
  const child = await startChild(t, 'bash', ['-c', 'while :; do echo up; sleep 0.05; done']);
  await fails(Inspector.attachPid(child.pid), 'GWRK_INSPECTOR_NOT_NODE');
  await goesOn(child);
});

test('a Node process that does not catch SIGUSR1 is never signalled', async (t) => {
  const taken = "const f = () => {}; process.on('SIGUSR1', f); process.off('SIGUSR1', f)";
  const child = await startNode(t, [], taken);
  await fails(Inspector.attachPid(child.pid), 'GWRK_INSPECTOR_NO_SIGNAL_HANDLER');
  await goesOn(child);
});

test('a Node process with --disable-sigusr1 is never signalled', {
  skip: !process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') && `Node ${process.version} has no such option`,
}, async (t) => {
  const { process: child, pid } = await startNode(t, ['--disable-sigusr1']);
  await fails(Inspector.attachPid(pid), 'GWRK_INSPECTOR_NO_SIGNAL_HANDLER');
  assert.equal(child.signalCode, null);
});

test('a pid that nobody has, a server that is no inspector and other hosts are refused with a hint', async (t) => {
  await fails(Inspector.attachPid(2 ** 22 + 1), 'GWRK_INSPECTOR_NO_PROCESS');
  const deaf = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]'));
  deaf.listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  t.after(() => deaf.close());
  const { port } = deaf.address() as { port: number };
  await fails(Inspector.attachUrl(`http://127.0.0.1:${port}`), 'GWRK_INSPECTOR_NO_PORT');
  await fails(Inspector.attachUrl(`ws://127.0.0.1:${port}/id`), 'GWRK_INSPECTOR_NO_PORT');
  for (const url of [
    'http://10.0.0.1:9229',
    'ws://example.com:9229/x',
    'ftp://127.0.0.1:1',
    '9229',
    'http://127.0.0.1',
    'http://[::2]:9229',
  ])
    await fails(Inspector.attachUrl(url), 'GWRK_INSPECTOR_REFUSED');
});

test('a session whose process ends says so to who waits, and closes without a throw', async (t) => {
  const { process: child, pid } = await startNode(t, [], '', ANY_PORT);
  const inspector = await Inspector.attachPid(pid);
  const waiting = fails(inspector.evaluate('new Promise(() => {})'), 'GWRK_INSPECTOR_LOST');
  child.kill('SIGKILL');
  await waiting;
  await fails(inspector.evaluate('1'), 'GWRK_INSPECTOR_LOST');
  await inspector.close();
});

test('a program that never comes back to its loop is given up on', async (t) => {
  const { pid } = await startNode(t, [], '', ANY_PORT);
  const inspector = await Inspector.attachPid(pid, { timeoutMs: 300 });
  await fails(inspector.evaluate('while (true);'), 'GWRK_INSPECTOR_LOST');
});

test('what the process throws is told', async (t) => {
  const { pid } = await startNode(t, [], '', ANY_PORT);
  const inspector = await Inspector.attachPid(pid);
  await assert.rejects(inspector.evaluate('missing()'), /missing is not defined/u);
  await inspector.close();
});
