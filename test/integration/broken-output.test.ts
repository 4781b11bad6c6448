import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { repository } from './gwrk-process.js';

const bin = join(repository, 'bin/gwrk.js');
const directory = mkdtempSync(join(tmpdir(), 'gwrk-broken-'));
const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
after(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

/** A short run with stdout and stderr where the test wants them; resolves with its exit code and what it said on a piped stderr. */
async function run(args: readonly string[], stdout: number | 'ignore', stderr: number | 'pipe'): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [bin, 'run', url, '-c', '2', '-n', '4', ...args], { stdio: ['ignore', stdout, stderr] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

const reportsIn = (out: string): string[] => readdirSync(out).filter((name) => existsSync(join(out, name, 'report.json')));
const noFull = existsSync('/dev/full') ? false : 'this system has no /dev/full';

test('a run whose stdout cannot be written keeps its results, and says so with exit code 1', { skip: noFull }, async () => {
  const out = join(directory, 'full-stdout');
  const { code, said } = await run(['--out', out], openSync('/dev/full', 'w'), 'pipe');
  assert.equal(code, 1, said);
  assert.match(said, /exit 1: GWRK_OUTPUT_UNWRITABLE stdout could not be written\n$/u);
  assert.equal(reportsIn(out).length, 1);
});

test('a run whose stderr cannot be written ends as it would have', { skip: noFull }, async () => {
  const out = join(directory, 'full-stderr');
  assert.equal((await run(['--out', out], 'ignore', openSync('/dev/full', 'w'))).code, 0);
  assert.equal(reportsIn(out).length, 1);
});

test('a rendering for a pipe or a device is written into it, and does not take its place', {
  skip: process.platform === 'win32',
}, async () => {
  const fifo = join(directory, 'fifo');
  assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
  const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  reader.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [{ code, said }] = await Promise.all([run(['--out', directory, '--json', fifo], 'ignore', 'pipe'), once(reader, 'close')]);
  assert.equal(code, 0, said);
  assert.equal((JSON.parse(text) as { schema: string }).schema, 'gwrk/report/1');
});

test('a place that cannot hold results is refused before the run, with the flag that named it', async () => {
  const file = await run(['--out', directory, '--html', tmpdir()], 'ignore', 'pipe');
  assert.equal(file.code, 1);
  assert.match(file.said, /is a directory\n {2}hint: {4}choose another file for --html\n/u);
  assert.doesNotMatch(file.said, /ready \d+ of/u);
  if (process.platform !== 'linux') return;
  // Where mkdir with `recursive` would try for ever.
  const { code, said } = await run(['--out', '/proc/gwrk'], 'ignore', 'pipe');
  assert.equal(code, 1);
  assert.match(said, /choose another directory with --out/u);
});

test('what stdout gets through its own file name is appended there', {
  skip: existsSync('/dev/stdout') ? false : 'no /dev/stdout',
}, async () => {
  const path = join(directory, 'stdout.json');
  assert.equal((await run(['--out', directory, '-q', '--json', '/dev/stdout'], openSync(path, 'w'), 'pipe')).code, 0);
  assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { schema: string }).schema, 'gwrk/report/1');
});
