import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogramOf } from '../../src/measure/histogram.js';
import { COUNTER, COUNTER_NAMES, type CounterName, TREND, type TrendName } from '../../src/measure/metric-names.js';
import { runVirtual, START_US, type VirtualRun } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

const TWO = `scenarios:
  chat:
    executor: constant-clients
    clients: 3
    duration: 1s
    flow:
      - connect: {}
      - loop: { every: 100ms, steps: [ { send: { text: "chat {{ iteration }}", expect: { within: 50ms } } } ] }
  fight:
    executor: constant-arrival-rate
    rate: 20
    maxClients: 4
    duration: 1s
    flow:
      - connect: {}
      - every: { period: 20ms, steps: [ { send: { text: "fight {{ iteration }}", expect: { within: 50ms } } } ] }
      - think: 150ms
      - disconnect: {}
`;

/** Answers the fight after 2 ms, and the chat after 1 ms but for every fifth message, which gets no answer. */
const server: Script = {
  onMessage(to, row, message) {
    const text = message.toString();
    if (text.startsWith('fight')) to.send(row, text, 2_000);
    else if (!/[05]$/.test(text)) to.send(row, text, 1_000);
  },
};

const count = (run: VirtualRun, scenario: number, name: CounterName): number => run.recorders[scenario]!.counters[COUNTER[name]]!;
const trend = (run: VirtualRun, scenario: number, name: TrendName) => histogramOf([run.recorders[scenario]!], TREND[name]);

test('what the clients of a scenario do is recorded in its own recorder', async () => {
  const run = await runVirtual(TWO, server, { isApart: true });
  assert.equal(run.recorders.length, 2);
  assert.equal(count(run, 0, 'sessions_ready'), 3);
  assert.equal(count(run, 1, 'sessions_ready') + count(run, 1, 'dropped_iterations'), 20);
  assert.ok(count(run, 0, 'timeouts') > 0);
  assert.equal(count(run, 1, 'timeouts'), 0);
  assert.equal(count(run, 0, 'errors'), count(run, 0, 'timeouts'));
  assert.equal(trend(run, 0, 'ws_msg_service').minUs, 1_000);
  assert.equal(trend(run, 0, 'ws_msg_service').maxUs, 1_000);
  assert.equal(trend(run, 1, 'ws_msg_service').minUs, 2_000);
  assert.equal(trend(run, 1, 'ws_msg_service').maxUs, 2_000);
  for (const scenario of [0, 1]) {
    const of = (name: CounterName): number => count(run, scenario, name);
    assert.ok(of('ledger_sent') > 0);
    assert.equal(of('ledger_sent'), of('ledger_ok') + of('ledger_fail') + of('ledger_indeterminate'));
    assert.equal(of('ws_msgs_sent'), of('ledger_sent'));
    assert.equal(of('connects_established'), of('connects_started'));
  }
});

test('the scenarios together are what one recorder would have taken in', async () => {
  const apart = await runVirtual(TWO, server, { isApart: true, prepare: ({ transport }) => transport.stall(START_US + 400_000, 80_000) });
  const one = await runVirtual(TWO, server, { prepare: ({ transport }) => transport.stall(START_US + 400_000, 80_000) });
  assert.equal(one.recorders.length, 1);
  for (const name of COUNTER_NAMES) assert.equal(count(apart, 0, name) + count(apart, 1, name), count(one, 0, name), name);
  for (const [name, id] of Object.entries(TREND)) {
    const [sum, whole] = [histogramOf(apart.recorders, id), histogramOf(one.recorders, id)];
    assert.deepEqual([sum.count, sum.exact], [whole.count, whole.exact], name);
    assert.deepEqual(sum.counts, whole.counts, name);
  }
  assert.deepEqual([...apart.recorders[0]!.gauges], [...one.recorder.gauges]);
});
