import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { responseUs, type SlowOperation } from '../../src/measure/slow-operation.js';
import * as P from '../../src/scenario/program.js';
import type { Flow } from '../../src/swarm/flow.js';
import { RequestTable } from '../../src/swarm/request-table.js';
import { SlowOperationLog } from '../../src/swarm/slow-operations.js';
import { echoAfter, runVirtual, START_US } from './virtual-run.js';

/** All that the log asks of a flow: its one step sends a message of the scenario's own. */
const SENDS = { firstStep: 0, opcode: () => P.OP_SEND } as unknown as Flow;

/** Notes requests that took so long, in this order; request i was sent at i * 10 us on row i % 100. */
function logOf(durationsUs: readonly number[], localAddress: (row: number) => string | undefined, seed = 7): SlowOperationLog {
  const log = new SlowOperationLog({ thresholdUs: 1, worker: 0, seed, flows: [SENDS], localAddress, longestWaitUs: 5_000 });
  const requests = new RequestTable(100, 1);
  for (const [i, us] of durationsUs.entries()) {
    const request = requests.open(i % 100, 0, 0, 0, i * 10, i * 10, 0);
    log.note(requests, request, i * 10 + us, 'ok');
    requests.close(request);
  }
  return log;
}

test('the worst of many slow requests are all kept, and each request once', () => {
  const prng = new Prng(11);
  const durations = Array.from({ length: 20_000 }, () => prng.between(1, 1_000_000));
  const { kept, total } = logOf(durations, () => undefined).result();
  assert.equal(total, 20_000);
  assert.equal(new Set(kept.map(({ sentUs }) => sentUs)).size, kept.length);
  const bar = durations.toSorted((a, b) => b - a)[2_047]!;
  const worst = durations.flatMap((us, i) => (us > bar ? [i * 10] : []));
  const keptAt = new Set(kept.map(({ sentUs }) => sentUs));
  assert.deepEqual(
    worst.filter((at) => !keptAt.has(at)),
    [],
  );
});

test('the others that are kept are a uniform sample of all', () => {
  // All equally slow but the first 2,048, which are the worst: what else is kept is the sample.
  const durations = Array.from({ length: 20_000 }, (_, i) => (i < 2_048 ? 1_000 : 5));
  const { kept } = logOf(durations, () => undefined).result();
  const places = kept.filter((operation) => responseUs(operation) === 5).map(({ sentUs }) => sentUs / 10);
  const expected = 2_048 * (17_952 / 20_000);
  assert.ok(Math.abs(places.length - expected) < 5 * Math.sqrt(2_048 * 0.1024 * 0.8976), `${places.length} of about ${expected}`);
  const mean = places.reduce((sum, place) => sum + place, 0) / places.length;
  const sigma = 17_952 / Math.sqrt(12 * places.length);
  assert.ok(Math.abs(mean - (2_048 + 20_000) / 2) < 5 * sigma, `mean place ${mean}`);
});

test('addresses are asked for 2,000 times a second at most, however much is slow', () => {
  let asked = 0;
  const rising = Array.from({ length: 50_000 }, (_, i) => i + 1); // each is worse than all before it: all are kept for a while
  logOf(rising, () => `10.0.0.1:${++asked}`);
  const seconds = (50_000 * 10 + 50_000) / 1e6;
  assert.ok(asked >= 2_000 && asked <= 2_000 * Math.ceil(seconds), `${asked} in ${seconds} s`);
});

test('a worker that comes 20 ms later than it was due has stalled', () => {
  const log = logOf([], () => undefined);
  for (const [nowUs, dueUs] of [
    [0, 1_000],
    [20_999, 99_000],
    [45_999, 46_000],
    [46_000, 99_000],
    [71_000, 0],
    [91_000, 91_000],
  ] as const)
    log.looked(nowUs, dueUs);
  assert.deepEqual(log.result().stalls, [
    { worker: 0, startUs: 25_999, endUs: 45_999 },
    { worker: 0, startUs: 51_000, endUs: 71_000 },
    { worker: 0, startUs: 71_000, endUs: 91_000 },
  ]);
});

test('a run keeps what took longer than its threshold, time-outs too, with the times that its histograms have', async () => {
  const flow = `
executor: constant-clients
clients: 2
duration: 1s
gracefulStop: 2s
flow:
  - connect: {}
  - loop:
      every: 100ms
      steps:
        - send: { text: "x", expect: { within: 80ms } }`;
  // Client 0 is answered in time: quickly, and each fourth time slowly. Client 1 never is.
  let answers = 0;
  const script = echoAfter((row) => (row === 1 ? 10_000_000 : answers++ % 4 === 3 ? 50_000 : 1_000));
  const run = await runVirtual(flow, script, { slowUs: 30_000 });
  const { total, kept, thresholdUs } = run.slow.result();
  assert.equal(thresholdUs, 30_000);
  assert.equal(total, run.values('ws_msg_rtt').filter((us) => us >= 30_000).length);
  const outcomes = (row: number): SlowOperation['outcome'][] => [
    ...new Set(kept.filter((one) => one.row === row).map(({ outcome }) => outcome)),
  ];
  assert.deepEqual(outcomes(0), ['ok']);
  assert.deepEqual(outcomes(1), ['timeout']);
  for (const operation of kept) {
    assert.ok(operation.intendedUs >= START_US && operation.sentUs >= operation.intendedUs && operation.doneUs > operation.sentUs);
    assert.equal(operation.name, 'send');
    const us = responseUs(operation);
    assert.ok(us >= 50_000 && us < 52_000 + 30_000, String(us));
  }
});
