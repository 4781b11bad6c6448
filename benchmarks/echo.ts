/**
 * Echo round trips a second with 256 connections, side by side in one run: gwrk against its own uring gateway, the best
 * client that can be written with npm ws against the same gateway, and a bare epoll pair in C without WebSocket.
 *
 *   node dist/benchmarks/echo.js [--small]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CLIENT_CORE, counter, line, pinned, runGwrk, SERVER_CORE, start, startServer } from './gwrk.js';

const small = process.argv.includes('--small');
const clients = small ? 8 : 256;
const seconds = small ? 1 : 4;
const rounds = small ? 1 : 3;
const source = fileURLToPath(new URL('../../benchmarks/echo/epoll-pair.c', import.meta.url));
const wsClient = fileURLToPath(new URL('./echo/ws-client.js', import.meta.url));
/** 32 bytes, as in the C pair and the ws client. */
const BODY = 'x'.repeat(32);

async function withGwrk(url: string): Promise<number> {
  const report = await runGwrk(['-c', String(clients), '-d', `${seconds}s`, '-b', BODY, '--threads', '1', url]);
  return counter(report, 'ws_msgs_received') / seconds;
}

async function firstNumber(words: readonly string[]): Promise<number> {
  const child = start(words, {}, ['ignore', 'pipe', 'inherit']);
  return new Promise((resolve) => createInterface(child.stdout!).once('line', (text) => resolve(Number(text))));
}

function compile(directory: string): string | undefined {
  const program = join(directory, 'epoll-pair');
  try {
    execFileSync('cc', ['-O2', '-o', program, source], { stdio: 'ignore' });
    return program;
  } catch {
    return undefined;
  }
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en')} /s`;

const directory = mkdtempSync(join(tmpdir(), 'gwrk-echo-'));
const program = compile(directory);
const server = await startServer(['--echo']);
const rates: Record<'gwrk' | 'ws' | 'epoll', number[]> = { gwrk: [], ws: [], epoll: [] };
for (let round = 0; round < rounds; round++) {
  rates.gwrk.push(await withGwrk(server.ws));
  rates.ws.push(await firstNumber(pinned(CLIENT_CORE, [process.execPath, wsClient, server.ws, String(clients), String(seconds)])));
  if (!program) continue;
  const port = String(20_000 + Math.floor(Math.random() * 10_000));
  const peer = start(pinned(SERVER_CORE, [program, 'server', port]), {}, ['ignore', 'ignore', 'inherit']);
  await new Promise((resolve) => setTimeout(resolve, 300));
  rates.epoll.push(await firstNumber(pinned(CLIENT_CORE, [program, 'client', port, String(clients), String(seconds)])));
  peer.kill('SIGKILL');
}
await server.stop();
rmSync(directory, { recursive: true, force: true });

process.stdout.write(
  `echo, ${clients} connections, 32 bytes, ${rounds} rounds of ${seconds} s, medians; server and client on one core each\n`,
);
line('gwrk run, uring on both sides', perSecond(median(rates.gwrk)));
line('npm ws client, same server', perSecond(median(rates.ws)));
if (program) line('C epoll pair, no WebSocket', perSecond(median(rates.epoll)));
else line('C epoll pair', 'skipped', 'no C compiler (cc) here');
line('gwrk : ws client', `${(median(rates.gwrk) / median(rates.ws)).toFixed(2)} x`, 'must 3, stretch 5');
if (program) line('gwrk : C epoll pair', `${(median(rates.gwrk) / median(rates.epoll)).toFixed(2)} x`, 'must 1.0, stretch 1.5');
