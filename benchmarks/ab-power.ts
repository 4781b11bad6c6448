/**
 * How often `gwrk ab` is right, in real runs: comparisons of a server with itself, of which none may fail, and with one whose P99
 * is 10 % longer (a delay it adds), of which nine in ten must. Ten pairs of runs of 2 s each; takes about 25 minutes.
 *
 *   node dist/benchmarks/ab-power.js [--small]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GateRecord } from '../src/gate/gate-record.js';
import { freePort } from '../test/net/free-ports.js';
import { line, start } from './gwrk.js';

const small = process.argv.includes('--small');
const PAIRS = small ? 1 : 10;
const SAME = small ? 0 : 5;
const SLOWER = small ? 1 : 10;
const SECONDS = small ? 1 : 2;
const FACTOR = '1.1';

const bin = fileURLToPath(new URL('../../bin/gwrk.js', import.meta.url));
const server = fileURLToPath(new URL('ab-power/delay-server.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'gwrk-ab-power-'));

const port = await freePort();
const command = `'${process.execPath}' '${server}' ${port}`;
const scenario = join(directory, 'power.yaml');
writeFileSync(
  scenario,
  `name: ab-power
target: ws://127.0.0.1:${port}/
serve: { command: none, ready: "http://127.0.0.1:${port}/readyz" }
scenarios:
  talkers:
    executor: constant-clients
    clients: 200
    duration: ${SECONDS}s
    gracefulStop: 1s
    flow:
      - connect: {}
      # Longer than the longest answer: answers are told apart by their order.
      - loop: { every: 100ms, steps: [{ send: { text: hello, expect: { within: 2s } } }] }
      - disconnect: {}
`,
);

async function compare(factor: string, seed: number): Promise<GateRecord> {
  const file = join(directory, `gate-${seed}.json`);
  const words = [
    ...[process.execPath, bin, 'ab', '--pairs', String(PAIRS), '--a', command, '--b', command, '--b-env', `FACTOR=${factor}`],
    ...['--metric', 'ws_msg_rtt p(99)', '--seed', String(seed), '--cool-down', '300ms', '--out', directory, '--json', file, '-q', scenario],
  ];
  const child = start(words, {}, ['ignore', 'ignore', 'inherit']);
  await new Promise((resolve) => child.once('exit', resolve));
  return JSON.parse(readFileSync(file, 'utf8')) as GateRecord;
}

/** Runs the comparisons, prints each, and returns how many failed. */
async function series(what: string, count: number, factor: string, firstSeed: number): Promise<number> {
  let failed = 0;
  for (let index = 0; index < count; index++) {
    const { verdict, metrics } = await compare(factor, firstSeed + index);
    const change = metrics[0] ? `${((metrics[0].ratio - 1) * 100).toFixed(1)} %` : 'nothing to compare';
    line(`${what} ${index + 1}`, verdict, change);
    if (verdict === 'fail') failed++;
  }
  return failed;
}

const startMs = performance.now();
try {
  const alarms = await series('the same server', SAME, '1', 1);
  const found = await series('P99 10 % longer', SLOWER, FACTOR, 101);
  line('false alarms', `${alarms} of ${SAME}`, 'asked: 0');
  line('slower servers failed', `${found} of ${SLOWER}`, 'asked: 9 of 10');
  line('time', `${Math.round((performance.now() - startMs) / 1000)} s`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
