import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../net/free-ports.js';
import { repository } from './gwrk-process.js';

/** A process that has ended counts as such, even where nobody has collected it yet. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function goes(pid: number): Promise<boolean> {
  for (let look = 0; look < 1_200 && isAlive(pid); look++) await sleep(50);
  return !isAlive(pid);
}

const start = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [join(repository, 'bin/gwrk.js'), ...args], {
    cwd: repository,
    env: { PATH: process.env.PATH ?? '', HOME: tmpdir() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** What the pattern finds in what a process writes. */
function told(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    stream.on('end', () => reject(new Error(text)));
  });
}

test('gwrk serve that is killed outright leaves no server behind', async () => {
  const serve = start(['serve', '--port', '0', '--http-port', '0', '--admin-port', '0']);
  const pid = Number(await told(serve.stdout!, /"pid":(\d+)/u));
  try {
    assert.notEqual(pid, serve.pid);
    serve.kill('SIGKILL');
    assert.ok(await goes(pid), `server ${pid} is still there`);
  } finally {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
});

/** In one line, because the command of a scenario has no shell. */
const deafServer = (port: number): string =>
  `${process.execPath} -e 'process.on("SIGTERM",()=>{});require("http").createServer((q,r)=>r.end()).listen(${port},"127.0.0.1")'`;

for (const [what, isDeaf] of [
  ['', false],
  [' that does not hear SIGTERM', true],
] as const)
  test(`gwrk run that is killed outright leaves no server of its scenario behind${isDeaf ? ', not even one' : ''}${what}`, async () => {
    const port = await freePort();
    const command = deafServer(port).replace(isDeaf ? '' : 'process.on("SIGTERM",()=>{});', '');
    const run = start([
      ...['run', 'scenarios/quickstart.yaml', '--set', `serve.command=${command}`, '--set', `serve.ready=http://127.0.0.1:${port}/`],
      ...['--set', `target=ws://127.0.0.1:${port}/`, '--out', join(tmpdir(), 'gwrk-orphans')],
    ]);
    const pid = Number(await told(run.stderr!, /is ready \(pid (\d+)\)/u));
    try {
      assert.ok(isAlive(pid));
      run.kill('SIGKILL');
      assert.ok(await goes(pid), `server ${pid} is still there`);
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
  });
