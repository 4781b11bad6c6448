import type { CounterName } from '../../src/measure/metric-names.js';
import type { Report } from '../../src/report/report.js';
import { Distribution } from './distribution.js';
import { runGwrk, type Stage, stallServer } from './processes.js';
import { exactly, ms, type Row, type RowResult, strainOf, within } from './row.js';
import { lindley, seededServicesMs } from './seeded-service.js';

const counter = (report: Report, name: CounterName): number => {
  const metric = report.metrics[name];
  return metric?.type === 'counter' ? metric.count : 0;
};

/** One client asks every `periodMs` from 2.5 s on: until then gwrk is still being compiled. */
const steady = (periodMs: number, seconds: number, graceful: string): string => `
executor: constant-clients
clients: 1
duration: ${seconds * 1000 + 2500}ms
gracefulStop: ${graceful}
flow:
  - connect: {}
  - think: 2495ms
  - every: { period: ${periodMs}ms, steps: [ { send: { text: "{{ client }}/{{ iteration }}", expect: { within: 30s } } } ] }
  - think: ${seconds * 1000 - 2}ms`;

async function overload(stage: Stage): Promise<RowResult> {
  const server = await stallServer(stage, { kind: 'queue', serviceMs: 10 });
  const run = await runGwrk(stage, { flow: steady(5, 5, '15s'), target: server.url });
  const counts = await server.stop();
  const rtt = Distribution.of(run.report, 'ws_msg_rtt');
  // Number k waits for k others of 10 ms and came 5 ms later than the one before.
  const expected = (percent: number): number => 10 + 5 * (Math.ceil((percent / 100) * rtt.count) - 1);
  return {
    checks: [
      within('asked', 1000, rtt.count, 0.005),
      ...[50, 90, 99].map((percent) => ms(`p${percent}`, expected(percent), rtt.atMs(percent), 15)),
      ms('max', expected(100), rtt.maxMs, 15),
      ms('mean', 10 + 2.5 * (rtt.count - 1), rtt.meanMs, 15),
      exactly('unfinished', 0, counter(run.report, 'messages_unfinished')),
    ],
    strain: strainOf([run], [counts]),
  };
}

async function overloadCutOff(stage: Stage): Promise<RowResult> {
  const server = await stallServer(stage, { kind: 'queue', serviceMs: 10 });
  const run = await runGwrk(stage, { flow: steady(5, 5, '0s'), target: server.url });
  const counts = await server.stop();
  const of = (name: CounterName): number => counter(run.report, name);
  const [sent, done, unfinished] = [of('ledger_sent'), of('ledger_ok'), of('messages_unfinished')];
  const accounted = done + of('ledger_fail') + of('messages_lost') + of('messages_timed_out') + unfinished;
  return {
    checks: [
      within('sent', 1000, sent, 0.01),
      within('done', 500, done, 0.01),
      within('unfinished', 500, unfinished, 0.01),
      exactly('done + errors + timeouts + unfinished', sent, accounted),
      exactly('sent, as the server counted', counts.received, sent),
      exactly('in the response time', done + unfinished, Distribution.of(run.report, 'ws_msg_rtt').count),
      ms('longest answer', 10 + 5 * (done - 1), Distribution.of(run.report, 'ws_msg_service').maxMs, 15),
    ],
    strain: strainOf([run], [counts]),
  };
}

const SEED = 20_261_123;
/** Half busy: at 80 % a single hiccup of 10 ms of the machine stays in the queue for more than the 12 messages beyond p99. */
const MEAN_MS = 5;

/** Each message by itself: its response time in the report against the queue replayed on paper. */
async function replayed(stage: Stage): Promise<RowResult> {
  const server = await stallServer(stage, { kind: 'seeded-queue', seed: SEED, meanMs: MEAN_MS, queues: 1 });
  const periodMs = 10;
  const run = await runGwrk(stage, { flow: steady(periodMs, 12, '15s'), target: server.url, keepsAll: true });
  const counts = await server.stop();
  const { operations } = run;
  const first = operations[0]?.intendedUs ?? Number.NaN;
  const offGrid = operations.filter(({ intendedUs }, k) => Math.abs(intendedUs - first - k * periodMs * 1000) > 1).length;
  const plan = operations.map((_, k) => k * periodMs);
  const expected = lindley(plan, seededServicesMs(SEED, MEAN_MS, operations.length));
  const errors = operations.map(({ intendedUs, doneUs }, k) => Math.abs((doneUs - intendedUs) / 1000 - expected[k]!));
  const ascending = errors.toSorted((a, b) => a - b);
  const at = (share: number): number => ascending[Math.ceil(share * ascending.length) - 1] ?? Number.NaN;
  const slowest = Math.max(...expected);
  const rtt = Distribution.of(run.report, 'ws_msg_rtt');
  return {
    checks: [
      exactly('operations recorded', counts.received, operations.length),
      within('asked', 1200, operations.length, 0.005),
      exactly('intended times off the plan', 0, offGrid),
      ms('error of a message, p50', 0, at(0.5), 0, 2),
      ms('error of a message, p99', 0, at(0.99), 0, 5),
      ms('longest response', slowest, rtt.maxMs, 5),
    ],
    strain: strainOf([run], [counts]),
  };
}

/** 40 queues with arrivals of 50 clients each: their rounds are moved by up to a whole period, which is close to Poisson. */
async function markovian(stage: Stage): Promise<RowResult> {
  const server = await stallServer(stage, { kind: 'seeded-queue', seed: SEED, meanMs: 5, queues: 40 });
  const flow = `
executor: constant-clients
clients: 2000
duration: 18s
gracefulStop: 5s
flow:
  - connect: {}
  - think: 3s
  - every: { period: 500ms, jitter: 50%, steps: [ { send: { json: { id: "{{ client }}/{{ iteration }}" }, match: { json: /id }, expect: { within: 5s } } } ] }
  - think: 15s`;
  const run = await runGwrk(stage, { flow, target: server.url });
  const counts = await server.stop();
  const rtt = Distribution.of(run.report, 'ws_msg_rtt');
  // -ln(1 - q) / (mu - lambda), with 200 and 100 a second.
  const expected = (percent: number): number => -Math.log(1 - percent / 100) * 10;
  return {
    checks: [
      { what: 'samples, at least', expected: 50_000, measured: rtt.count, below: 0, above: 1e9, unit: '' },
      ...[50, 90, 99].map((percent) => within(`p${percent}`, expected(percent), rtt.atMs(percent), 0.15, 'ms')),
      within('mean', 10, rtt.meanMs, 0.15, 'ms'),
    ],
    strain: strainOf([run], [counts]),
  };
}

export const QUEUE_ROWS: readonly Row[] = [
  { row: '5', title: 'one server of 10 ms, offered 200/s, drained', run: overload },
  { row: '5b', title: 'the same, cut off', run: overloadCutOff },
  { row: '9', title: 'a seeded queue, each message replayed', run: replayed },
  { row: '10', title: 'M/M/1, 200/s and 100/s', isExtra: true, run: markovian },
];
