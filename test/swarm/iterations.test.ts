import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echoAfter, runVirtual } from './virtual-run.js';

const rounds = (executor: string, clients: number, iterations: number, rest = ''): string => `
executor: ${executor}
clients: ${clients}
iterations: ${iterations}
${rest}
flow:
  - connect: {}
  - send: { text: "{{ client }} {{ iteration }}", expect: { text: "{{ client }} {{ iteration }}", within: 1s } }
  - disconnect: {}`;

test('each client runs its flow that often and the run is over when the last has', async () => {
  const run = await runVirtual(rounds('per-client-iterations', 7, 5), echoAfter(1_000));
  assert.equal(run.counter('iterations'), 35);
  assert.equal(run.counter('checks_passed'), 35);
  assert.equal(run.counter('sessions_ready'), 7);
  assert.equal(run.counter('sessions_failed'), 0);
  assert.equal(run.counter('dropped_iterations'), 0);
  assert.ok(run.nowUs < 50_000, `${run.nowUs}`);
});

test('clients share the runs of a flow exactly, over one worker or three', async () => {
  for (const count of [1, 3]) {
    let iterations = 0;
    for (let index = 0; index < count; index++) {
      const slow = (row: number): number => (row === 0 ? 100_000 : 1_000);
      const run = await runVirtual(rounds('shared-iterations', 6, 100), echoAfter(slow), { index, count });
      iterations += run.counter('iterations');
      assert.equal(run.counter('sessions_failed'), 0);
    }
    assert.equal(iterations, 100);
  }
});

test('rounds that have not begun when maxDuration is over are counted as dropped', async () => {
  const run = await runVirtual(rounds('shared-iterations', 2, 1_000, 'maxDuration: 1s'), echoAfter(100_000));
  assert.ok(run.nowUs < 1_300_000, `${run.nowUs}`);
  assert.equal(run.counter('iterations') + run.counter('dropped_iterations'), 1_000);
  const each = await runVirtual(rounds('per-client-iterations', 2, 1_000, 'maxDuration: 1s'), echoAfter(100_000));
  assert.equal(each.counter('iterations') + each.counter('dropped_iterations'), 2_000);
});

test('a scenario that starts behind another has nobody before, and its own end', async () => {
  const scenarios = `scenarios:
  first:
    executor: per-client-iterations
    clients: 3
    iterations: 2
    maxDuration: 5s
    flow: [ { connect: { path: /first } }, { think: 1s }, { disconnect: {} } ]
  second:
    executor: constant-clients
    clients: 2
    duration: 3s
    startTime: 5s
    flow: [ { connect: { path: /second } }, { loop: { every: 500ms, steps: [ { send: { text: x, expect: { within: 1s } } } ] } } ]
`;
  const run = await runVirtual(scenarios, echoAfter(500));
  const at = (path: string): number[] =>
    run.transport.connects
      .filter(({ request }) => request.startsWith(`GET ${path} `))
      .map(({ atUs }) => Math.floor((atUs - 2_000_000) / 1e6));
  assert.deepEqual(at('/first'), [0, 0, 0, 1, 1, 1]);
  assert.deepEqual(at('/second'), [5, 5]);
  assert.equal(run.counter('iterations'), 6);
  // Ticks of the second at 5.0 (client 0) and 5.25 s, every half second until 8 s; client 0 connects at its first one.
  assert.equal(run.counter('messages_planned'), 11);
  assert.equal(run.counter('ledger_ok'), 11);
  assert.ok(Math.abs(run.nowUs - 8_000_000) < 5_000, `${run.nowUs}`);
});
