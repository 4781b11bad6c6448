import { setTimeout as sleep } from 'node:timers/promises';
import { Distribution } from './distribution.js';
import { runGwrk, type Stage, stallServer } from './processes.js';
import { type Check, exactly, ms, type Row, type RowResult, strainOf, within } from './row.js';

/** 1,000 messages a second over 100 connections, by the plan, from 2.5 s on: until then gwrk is still being compiled. */
const open = (seconds: number, extra = ''): string => `
executor: constant-clients
clients: 100
duration: ${seconds * 1000 + 2500}ms
${extra}
flow:
  - connect: {}
  - think: 2500ms
  - every: { period: 100ms, steps: [ { send: { text: "{{ client }}/{{ iteration }}", expect: { within: 20s } } } ] }
  - think: ${seconds}s`;

/** Of a stall S that comes each T: the p-th percentile is S - (1 - p) T, the mean S * S / 2 T. */
const stallAt = (percent: number): number => Math.max(0, 100 - (1 - percent / 100) * 1000);

function periodic(kind: 'held' | 'blocked'): Row['run'] {
  return async (stage) => {
    const server = await stallServer(stage, { kind, firstMs: 500, stallMs: 100, periodMs: 1000 });
    const run = await runGwrk(stage, { flow: open(12), target: server.url });
    const counts = await server.stop();
    const rtt = Distribution.of(run.report, 'ws_msg_rtt');
    return {
      checks: [
        ms('p50', 0, rtt.atMs(50), 0, 6),
        ms('p95', stallAt(95), rtt.atMs(95), 2, 6),
        ms('p99', stallAt(99), rtt.atMs(99), 2, 6),
        ms('p99.9', stallAt(99.9), rtt.atMs(99.9), 2, 6),
        ms('mean', 5, rtt.meanMs, 1, 3),
        exactly('model is open', 1, run.report.model === 'open' ? 1 : 0),
      ],
      strain: strainOf([run], [counts]),
    };
  };
}

const closed = `
executor: constant-clients
clients: 1
duration: 14500ms
flow:
  - connect: {}
  - think: 2500ms
  - loop: { for: 12s, steps: [ { send: { text: x, expect: { within: 20s } } }, { think: 2ms } ] }`;

/** An open run and a closed one against the same server at the same time. */
async function blindToStalls(stage: Stage): Promise<RowResult> {
  const server = await stallServer(stage, { kind: 'held', firstMs: 500, stallMs: 100, periodMs: 1000 });
  const [openRun, closedRun] = await Promise.all([
    runGwrk(stage, { flow: open(12), target: server.url }),
    runGwrk(stage, { flow: closed, target: server.url }),
  ]);
  const counts = await server.stop();
  const openP99 = Distribution.of(openRun.report, 'ws_msg_rtt').atMs(99);
  const service = Distribution.of(closedRun.report, 'ws_msg_service');
  // Each round but the one in a stall takes this long.
  const cycleMs = (12_000 - 12 * 100) / service.count;
  const corrected = service.corrected(cycleMs);
  return {
    checks: [
      exactly('model is closed', 1, closedRun.report.model === 'closed' ? 1 : 0),
      { what: 'open p99 / closed p99, at least', expected: 20, measured: openP99 / service.atMs(99), below: 0, above: 1e6, unit: 'x' },
      ms('closed service p99.9', 100, service.atMs(99.9), 8, 6),
      ms('closed p95, corrected by its cycle', 50, corrected.atMs(95), 6, 8),
      ms('closed p99, corrected by its cycle', 90, corrected.atMs(99), 6, 8),
    ],
    strain: strainOf([openRun, closedRun], [counts]),
  };
}

async function twoPoints(stage: Stage): Promise<RowResult> {
  const server = await stallServer(stage, { kind: 'two-point', each: 50, slowMs: 50, fastMs: 5 });
  const flow = `
executor: constant-clients
clients: 20
duration: 12500ms
flow:
  - connect: {}
  - think: 2500ms
  - every: { period: 100ms, steps: [ { send: { json: { id: "{{ client }}-{{ iteration }}" }, match: { json: /id }, expect: { within: 2s } } } ] }
  - think: 10s`;
  const run = await runGwrk(stage, { flow, target: server.url });
  const counts = await server.stop();
  const rtt = Distribution.of(run.report, 'ws_msg_rtt');
  return {
    checks: [
      ms('p50', 5, rtt.atMs(50), 0.1, 3),
      ms('p97', 5, rtt.atMs(97), 0.1, 10),
      ms('p99', 50, rtt.atMs(99), 0.1, 3),
      within('slower than 40 ms', Math.floor(counts.received / 50), rtt.beyond(40), 0.02),
    ],
    strain: strainOf([run], [counts]),
  };
}

async function oneStall(stage: Stage): Promise<RowResult> {
  const server = await stallServer(stage, { kind: 'held', firstMs: 10_000, stallMs: 600 });
  const run = await runGwrk(stage, { flow: open(20), target: server.url });
  const counts = await server.stop();
  const rtt = Distribution.of(run.report, 'ws_msg_rtt');
  // 600 messages, a millisecond apart: the one of rank r from the top took 600 - r.
  const expected = (percent: number): number => 600 - (1 - percent / 100) * rtt.count;
  return {
    checks: [
      ...[98, 99, 99.9].map((percent): Check => ms(`p${percent}`, expected(percent), rtt.atMs(percent), 8)),
      ms('max', 600, rtt.maxMs, 8),
      within('slower than 50 ms', 550, rtt.beyond(50), 0.03),
      exactly('answered', counts.received, rtt.count),
    ],
    strain: strainOf([run], [counts]),
  };
}

/** The generator is stopped as a whole for half a second; the server is honest. */
async function stoppedGenerator(stage: Stage): Promise<RowResult> {
  const server = await stallServer(stage, { kind: 'echo' });
  let stoppedMs = 0;
  const run = await runGwrk(stage, {
    flow: open(10),
    target: server.url,
    onStart: async (child) => {
      await server.firstMessage();
      await sleep(5000);
      const startMs = performance.now();
      child.kill('SIGSTOP');
      await sleep(500);
      child.kill('SIGCONT');
      stoppedMs = performance.now() - startMs;
    },
  });
  const counts = await server.stop();
  const lag = Distribution.of(run.report, 'ws_msg_lag');
  const service = Distribution.of(run.report, 'ws_msg_service');
  const rtt = Distribution.of(run.report, 'ws_msg_rtt');
  const p99 = stoppedMs - 0.01 * lag.count;
  return {
    checks: [
      ms('lag p99', p99, lag.atMs(99), 10),
      ms('lag max', stoppedMs, lag.maxMs, 10),
      ms('response p99 is lag p99 and little more', p99, rtt.atMs(99), 10, 20),
      ms('service p99', 0, service.atMs(99), 0, 25),
      exactly('exit code', 111, run.code ?? -1),
      exactly('flag gen.lag', 1, run.report.generator.flags?.some(({ flag, level }) => flag === 'gen.lag' && level === 'invalid') ? 1 : 0),
      exactly('says generator-limited', 1, /generator-limited/u.test(run.report.reason) ? 1 : 0),
    ],
    strain: strainOf([run], [counts]),
  };
}

export const STALL_ROWS: readonly Row[] = [
  { row: '1', title: 'stalls of 100 ms each second, answers held', run: periodic('held') },
  { row: '1b', title: 'stalls of 100 ms each second, loop blocked', run: periodic('blocked') },
  { row: '2', title: 'the same in a closed loop, beside an open one', run: blindToStalls },
  { row: '3', title: 'each 50th answer takes 50 ms, else 5', run: twoPoints },
  { row: '4', title: 'one stall of 600 ms in 20 s', run: oneStall },
  { row: '8', title: 'the generator stands still for 500 ms', run: stoppedGenerator },
];
