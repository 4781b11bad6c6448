import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { GwrkError } from '../../src/core/errors.js';
import { ServeChild } from '../../src/run/serve-child.js';
import { freePort } from '../net/free-ports.js';

/** A server in one line of JavaScript: ready at /ready, with what the test wants around it. */
function program(port: number, extra = ''): string {
  const ready = 'JSON.stringify({event:"ready",pid:process.pid,http:"http://h:1"})';
  const answer = '(q,r)=>{r.statusCode=q.url==="/ready"?200:404;r.end()}';
  const code = `require("http").createServer(${answer}).listen(${port},"127.0.0.1",()=>console.log(${ready}));${extra}`;
  return `${process.execPath} -e '${code}'`;
}

/** A process that has ended counts as such, even where nobody has collected it yet. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const start = (command: string, port: number, env: Record<string, string> = {}): Promise<ServeChild> =>
  ServeChild.start({ command, readyUrl: `http://127.0.0.1:${port}/ready`, env, readyTimeoutMs: 60_000, stopTimeoutMs: 300 });

const failsWith =
  (text: string) =>
  (error: unknown): boolean =>
    error instanceof GwrkError && error.code === 'GWRK_SERVE_FAILED' && `${error.message} ${error.hint}`.includes(text);

test('a server is waited for, told by its ready line, and gone after stop()', async () => {
  const port = await freePort();
  const child = await start(program(port), port);
  assert.equal(child.ready?.http, 'http://h:1');
  const pid = child.pid!;
  assert.ok(isAlive(pid));
  await child.stop();
  assert.ok(!isAlive(pid));
});

test('a server that ignores SIGTERM is killed when its time is over', async () => {
  const port = await freePort();
  const child = await start(program(port, `process.on("SIGTERM",()=>{})`), port);
  const pid = child.pid!;
  await child.stop();
  assert.ok(!isAlive(pid));
});

test('children of the server do not outlive it', async () => {
  const port = await freePort();
  const extra = `const c=require("child_process").spawn(process.execPath,["-e","setInterval(()=>{},1000)"]);require("fs").writeSync(2,"child "+c.pid)`;
  const child = await start(program(port, extra), port);
  await child.stop();
  const pid = Number(/child (\d+)/u.exec(child.stderrTail)?.[1]);
  assert.ok(pid > 0);
  for (let tries = 0; isAlive(pid) && tries < 3_000; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(!isAlive(pid));
});

test('a server that ends before it is ready is an error with the end of its stderr', async () => {
  const command = `${process.execPath} -e 'console.error("port is taken");process.exit(7)'`;
  await assert.rejects(start(command, await freePort()), failsWith('port is taken'));
});

test('a command that does not exist is an error', async () => {
  await assert.rejects(start('/nonexistent/server --port 1', await freePort()), failsWith('could not be started'));
});

test('a server that never answers is an error after its time', async () => {
  const command = `${process.execPath} -e 'setInterval(()=>{},1000)'`;
  const readyUrl = `http://127.0.0.1:${await freePort()}/ready`;
  await assert.rejects(
    ServeChild.start({ command, readyUrl, env: {}, readyTimeoutMs: 300, stopTimeoutMs: 300 }),
    failsWith('did not answer 200'),
  );
});

test('a ready URL that another server answers already is an error, and nothing is started', async () => {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  await assert.rejects(start('/nonexistent/server', (server.address() as AddressInfo).port), failsWith('answers at'));
  server.close();
});

test('the server gets an admin token and its own variables, and none of the flags of gwrk run', async () => {
  const port = await freePort();
  process.env.GWRK_THREADS = '7';
  const extra = 'require("fs").writeSync(2,[process.env.GWRK_THREADS,process.env.GWRK_ROOMS,process.env.GWRK_ADMIN_TOKEN].join("|"))';
  try {
    const child = await start(program(port, extra), port, { GWRK_ROOMS: '5' });
    await child.stop();
    assert.equal(child.stderrTail, `|5|${child.adminToken}`);
    assert.match(child.adminToken, /^[0-9a-f]{64}$/u);
  } finally {
    delete process.env.GWRK_THREADS;
  }
});
