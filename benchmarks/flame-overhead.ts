/**
 * node dist/benchmarks/flame-overhead.js [--small]: what profiling costs the process that is profiled: its CPU time a request, at
 * one and the same rate of requests, without a profiler and with each. Rounds are interleaved; the median of them counts.
 */
import { spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Profiling } from '../src/profile/profiling.js';
import { startProfiling } from '../src/profile/start-profiling.js';
import { readProcess } from '../src/target/process-sample.js';
import { line } from './gwrk.js';

const small = process.argv.includes('--small');
const ROUNDS = small ? 1 : 5;
const ROUND_MS = small ? 1000 : 6000;
const REQUESTS_PER_SECOND = 400;

/** Answers with what JSON, a map and a sort make of a request: much JavaScript, few system calls. */
const SERVER = `
const { createServer } = require('node:http');
const rows = Array.from({ length: 60 }, (_, id) => ({ id, name: 'player ' + id, score: (id * 7919) % 1009 }));
createServer((request, response) => {
  const ranks = new Map(rows.map((row) => [row.id, { ...row, score: (row.score * 31) % 997 }]));
  response.end(JSON.stringify([...ranks.values()].sort((a, b) => a.score - b.score)));
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

const SIDES: readonly (readonly [name: string, start: ((pid: number) => Promise<Profiling>) | undefined])[] = [
  ['no profiler', undefined],
  ['inspector, 1 ms', (pid) => startProfiling({ tool: 'inspector', pid, intervalUs: 1000, subject: 'server' })],
  ['inspector, 10 ms', (pid) => startProfiling({ tool: 'inspector', pid, intervalUs: 10_000, subject: 'server' })],
  ['perf, 199 Hz', (pid) => startProfiling({ tool: 'perf', pid, intervalUs: 0, subject: 'server' })],
];

const child = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'ignore'] });
process.on('exit', () => child.kill('SIGKILL'));
const port = Number(await new Promise<string>((resolve) => createInterface({ input: child.stdout! }).once('line', resolve)));
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const pid = child.pid!;

/** Sends at the planned times for one round; microseconds of CPU of the server a request. */
async function round(): Promise<number> {
  const cpuBefore = readProcess(pid)!.cpuSeconds;
  const count = Math.round((REQUESTS_PER_SECOND * ROUND_MS) / 1000);
  const start = performance.now();
  const answers: Promise<void>[] = [];
  while (answers.length < count) {
    for (const due = ((performance.now() - start) * REQUESTS_PER_SECOND) / 1000; answers.length < Math.min(due, count); )
      answers.push(ask());
    await sleep(2);
  }
  await Promise.all(answers);
  return ((readProcess(pid)!.cpuSeconds - cpuBefore) / count) * 1e6;
}

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent }, (response) => response.resume().once('end', resolve)).once('error', reject);
  });
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

await round(); // the optimiser has its turn first
const costs = new Map<string, number[]>(SIDES.map(([name]) => [name, []]));
const refused = new Map<string, string>();
for (let index = 0; index < ROUNDS; index++)
  for (const [name, start] of SIDES) {
    if (refused.has(name)) continue;
    let profiling: Profiling | undefined;
    try {
      profiling = await start?.(pid);
    } catch (error) {
      refused.set(name, (error as Error).message); // perf is not everywhere
      continue;
    }
    costs.get(name)!.push(await round());
    await profiling?.stop();
  }
const base = median(costs.get('no profiler')!);
line('rounds of each, seconds', `${ROUNDS}, ${ROUND_MS / 1000}`);
for (const [name, values] of costs) {
  const cost = values.length === 0 ? undefined : median(values);
  line(
    name,
    cost === undefined
      ? `not here: ${refused.get(name)}`
      : `${cost.toFixed(0)} us of CPU a request (${cost >= base ? '+' : ''}${((cost / base - 1) * 100).toFixed(0)} %)`,
  );
}
agent.destroy();
child.kill('SIGKILL');
