import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echoAfter, runVirtual, START_US } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

const sinceStart = (run: Awaited<ReturnType<typeof runVirtual>>): number[] => run.transport.connects.map(({ atUs }) => atUs - START_US);

test('ramping clients connect when the line reaches them, worker by worker every other one', async () => {
  const flow = `
executor: ramping-clients
stages: [ { duration: 1s, target: 10 }, { duration: 1s, target: 10 } ]
flow: [ { connect: {} } ]`;
  const first = await runVirtual(flow, {}, { index: 0, count: 2 });
  const second = await runVirtual(flow, {}, { index: 1, count: 2 });
  // A client comes each time the line reaches the next whole number: at 100, 200, ... ms.
  assert.deepEqual(sinceStart(first), [100_000, 300_000, 500_000, 700_000, 900_000]);
  assert.deepEqual(sinceStart(second), [200_000, 400_000, 600_000, 800_000, 1_000_000]);
  assert.equal(first.counter('sessions_ready'), 5);
  assert.equal(first.gauge('clients_peak_open'), 5);
});

test('a falling stage takes the newest clients away in order, and their rows serve the next rise', async () => {
  const closes: number[] = [];
  const script: Script = {
    onMessage: (server, row, message) => server.send(row, message.toString()),
    onClose(server, row, code) {
      closes.push(server.nowUs - START_US);
      server.close(row, code);
      server.end(row, 0, 50);
    },
  };
  const flow = `
executor: ramping-clients
stages: [ { duration: 1s, target: 10 }, { duration: 500ms, target: 5 }, { duration: 500ms, target: 10 }, { duration: 1s, target: 10 } ]
flow:
  - connect: {}
  - loop: { every: 50ms, steps: [ { send: { text: "{{ client }}", expect: { within: 1s } } } ] }`;
  const run = await runVirtual(flow, script);
  assert.deepEqual(
    closes.slice(0, 5).map((us) => Math.round(us / 1_000)),
    [1_100, 1_200, 1_300, 1_400, 1_500],
  );
  assert.equal(run.transport.connects.length, 15);
  assert.equal(run.transport.capacity, 10);
  assert.equal(run.counter('sessions_ready'), 15);
  assert.equal(run.counter('connections_lost'), 0);
  assert.equal(run.ledgerGap(), 0);
  assert.equal(run.counter('messages_missed'), 0);
});

test('arrivals of an open model come by the plan, reuse rows, and have numbers of their own', async () => {
  const seen = new Set<string>();
  const script: Script = {
    onMessage(server, row, message) {
      seen.add(message.toString());
      server.send(row, message.toString(), 50_000);
    },
  };
  const flow = `
executor: constant-arrival-rate
rate: 100
duration: 2s
maxClients: 10
flow:
  - connect: {}
  - send: { text: "{{ client }}", expect: { within: 1s } }`;
  const run = await runVirtual(flow, script);
  assert.equal(run.transport.capacity, 10);
  assert.deepEqual(
    sinceStart(run),
    Array.from({ length: 200 }, (_, k) => k * 10_000),
  );
  assert.deepEqual(
    [...seen],
    Array.from({ length: 200 }, (_, k) => String(k)),
  );
  assert.equal(run.counter('dropped_iterations'), 0);
  assert.equal(run.counter('sessions_ready'), 200);
  assert.equal(run.counter('iterations'), 200);
  assert.equal(run.trend('session_ready').max, 300);
  assert.equal(run.trend('pacing_lag').count, 200); // here the arrivals are what the plan paces
});

test('arrivals beyond maxClients are dropped and counted, late or not', async () => {
  const flow = `
executor: constant-arrival-rate
rate: 100
duration: 1s
maxClients: 4
flow:
  - connect: {}
  - send: { text: "x", expect: { within: 1s } }`;
  const run = await runVirtual(flow, echoAfter(99_000));
  assert.ok(run.counter('dropped_iterations') > 50);
  assert.equal(run.counter('dropped_iterations') + run.counter('sessions_ready'), 100);
  assert.equal(run.counter('sessions_failed'), 0);
  assert.ok(run.transport.peakConnections <= 4);
});

test('at most maxConnecting connections are being opened, and who waits keeps the start that was planned', async () => {
  let connecting = 0;
  let most = 0;
  const script: Script = {
    connectUs() {
      connecting++;
      most = Math.max(most, connecting);
      return 100;
    },
    upgradeUs: () => 900,
    onOpen: () => connecting--,
  };
  const flow = `
executor: constant-clients
clients: 100
duration: 1s
flow: [ { connect: {} } ]`;
  const run = await runVirtual(flow, script, { maxConnecting: 5 });
  assert.equal(most, 5);
  assert.equal(run.trend('session_ready').count, 100);
  assert.equal(run.trend('session_ready').min, 1_000);
  assert.equal(run.trend('session_ready').max, 20_000);
  assert.equal(run.trend('ws_connecting').max, 1_000);
  // Waiting for a place is the server's slowness, not the generator's.
  assert.equal(run.trend('scheduling_lag').max, 1);
  assert.equal(run.trend('pacing_lag').count, 0);
});

test('the parts of a connect add up for every client', async () => {
  const script: Script = { connectUs: (row) => 100 + row * 10, upgradeUs: (row) => 1_000 + row };
  const run = await runVirtual('executor: constant-clients\nclients: 50\nduration: 1s\nflow: [ { connect: {} } ]', script);
  assert.equal(run.trend('tcp_connecting').sum + run.trend('ws_upgrading').sum, run.trend('ws_connecting').sum);
  assert.equal(run.trend('ws_connecting').sum, run.trend('session_ready').sum);
  assert.deepEqual(
    run.values('tcp_connecting'),
    Array.from({ length: 50 }, (_, row) => 100 + row * 10),
  );
});

test('source addresses are used in turn', async () => {
  const sources = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
  const run = await runVirtual('executor: constant-clients\nclients: 6\nduration: 100ms\nflow: [ { connect: {} } ]', {}, { sources });
  assert.deepEqual(
    run.transport.connects.map(({ source }) => source),
    [0, 1, 2, 0, 1, 2],
  );
});

const talking =
  'executor: constant-clients\nclients: 3\nduration: 5s\nafterFlow: repeat\nflow:\n  - connect: {}\n  - send: { text: "{{ iteration }}", expect: { within: 1s } }\n  - disconnect: {}';

test('each client runs its flow as often as it shall, and its sessions count once for the client', async () => {
  const run = await runVirtual(talking, echoAfter(10_000), {
    executor: { kind: 'per-client-iterations', clients: 3, iterations: 4, maxDurationUs: 60e6 },
  });
  assert.equal(run.counter('iterations'), 12);
  assert.equal(run.counter('connects_established'), 12);
  assert.equal(run.counter('sessions_ready'), 3);
  assert.equal(run.trend('session_ready').count, 12);
  assert.ok(run.nowUs < 1e6, 'it ends when all is done');
});

test('shared iterations are run that often in all, over all workers', async () => {
  const executor = { kind: 'shared-iterations', clients: 3, iterations: 11, maxDurationUs: 60e6 } as const;
  const first = await runVirtual(talking, echoAfter(10_000), { executor, index: 0, count: 2 });
  const second = await runVirtual(talking, echoAfter(10_000), { executor, index: 1, count: 2 });
  assert.equal(first.counter('iterations'), 6);
  assert.equal(second.counter('iterations'), 5);
});

test('a scenario of clients that have all failed is over before its time', async () => {
  const run = await runVirtual('executor: constant-clients\nclients: 2\nduration: 1h\nflow: [ { connect: {} } ]', {
    connectUs: () => -111,
  });
  assert.ok(run.nowUs < 1e6);
  assert.equal(run.counter('sessions_failed'), 2);
});

test('several scenarios run side by side, each with its own rows, steps and times', async () => {
  const seen: [string, number][] = [];
  const script: Script = {
    onMessage(server, row, message) {
      seen.push([message.toString(), Math.floor((server.nowUs - START_US) / 100_000)]);
      server.send(row, message.toString(), 1_000);
    },
  };
  const scenarios = `scenarios:
  early:
    executor: constant-clients
    clients: 3
    duration: 1s
    flow:
      - connect: {}
      - loop: { every: 300ms, steps: [ { send: { text: "early {{ client }}", expect: { within: 1s, text: "early {{ client }}" } } } ] }
  late:
    executor: constant-clients
    startTime: 2s
    clients: 2
    duration: 1s
    flow:
      - connect: {}
      - send: { text: "once", expect: { within: 1s } }
      - loop: { every: 500ms, steps: [ { send: { text: "late {{ client }}", expect: { within: 1s, text: "late {{ client }}" } } } ] }
`;
  const run = await runVirtual(scenarios, script);
  assert.equal(run.transport.capacity, 5);
  assert.equal(run.counter('ledger_ok'), seen.length);
  assert.deepEqual(run.errors(), {});
  const of = (text: string): number[] => seen.filter(([said]) => said === text).map(([, at]) => at);
  assert.deepEqual(of('early 1'), [1, 4, 7]);
  assert.deepEqual(of('early 2'), [2, 5, 8]);
  assert.deepEqual(of('once'), [20, 20]);
  assert.deepEqual(of('late 0'), [25]);
  assert.deepEqual(of('late 1'), [22, 27]);
});
