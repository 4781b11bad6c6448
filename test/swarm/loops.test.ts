import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runVirtual, START_US } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

/** How a loop is written, and how many rounds it has by then, where each round's answer takes 30 ms; the scenario lasts 2 s. */
const LOOPS: readonly [loop: string, rounds: number, lastsUs: number][] = [
  ['count: 10', 10, 300_000],
  ['for: 500ms', 17, 510_000],
  ['count: 10, for: 200ms', 7, 210_000],
  ['count: 5, for: 10s', 5, 150_000],
  ['every: 100ms, count: 10', 10, 1_030_000],
  ['every: 100ms, for: 500ms', 5, 530_000],
  ['every: 100ms, count: 10, for: 250ms', 2, 230_000],
  ['every: 100ms, count: 2, for: 10s', 2, 230_000],
  // Rounds that take longer than their period do not hold one another back.
  ['every: 10ms, count: 10', 10, 130_000],
];

for (const [loop, rounds, lastsUs] of LOOPS) {
  test(`a loop with ${loop} has ${rounds} rounds`, async () => {
    const times: number[] = [];
    const script: Script = {
      onMessage(server, row, message) {
        times.push(server.nowUs - START_US);
        server.send(row, `${message}`, 30_000);
      },
    };
    const run = await runVirtual(
      `
executor: constant-clients
clients: 1
duration: 2s
afterFlow: leave
flow:
  - connect: {}
  - loop: { ${loop}, steps: [ { send: { text: "{{ iteration }}", expect: { within: 1s } } } ] }`,
      script,
    );
    assert.equal(times.length, rounds);
    assert.equal(run.counter('ledger_ok'), rounds);
    assert.equal(run.counter('messages_planned'), loop.includes('every') ? rounds : 0);
    assert.equal(run.counter('messages_missed'), 0);
    assert.equal(run.counter('iterations'), 1);
    // A paced loop with a time waits for the tick that is beyond it before it ends.
    assert.ok(run.nowUs >= lastsUs && run.nowUs < lastsUs + 110_000, `${run.nowUs}`);
  });
}

for (const loop of ['', 'every: 100ms,']) {
  test(`an endless loop ${loop === '' ? 'without a period' : 'that is paced'} ends with the scenario`, async () => {
    const run = await runVirtual(
      `
executor: constant-clients
clients: 1
duration: 2s
flow:
  - connect: {}
  - loop: { ${loop} steps: [ { send: { text: x, expect: { within: 1s } } } ] }`,
      { onMessage: (server, row, message) => server.send(row, `${message}`, 30_000) },
    );
    assert.equal(run.counter('ledger_ok'), loop === '' ? 67 : 19);
    assert.ok(run.nowUs < 2_050_000, `${run.nowUs}`);
  });
}

for (const [loop, waits] of [
  ['every: 100ms, steps: [ { send: { text: x, expect: { within: 1s } } } ]', 'for its next round'],
  ['steps: [ { think: 100ms } ]', 'in a think'],
  ['steps: [ { loop: { every: 150ms, steps: [ { send: { text: x, expect: { within: 1s } } } ] } } ]', 'in a loop inside the loop'],
] as const) {
  test(`what stands behind an endless loop is still done when the scenario ends, by a client that waits ${waits}`, async () => {
    const heard: string[] = [];
    const run = await runVirtual(
      `
executor: constant-clients
clients: 3
duration: 2s
flow:
  - connect: {}
  - loop: { ${loop} }
  - send: { text: bye, expect: { within: 1s } }
  - loop: { steps: [ { think: 1s } ] }
  - send: { text: "at last" }`,
      {
        onMessage(server, row, message) {
          heard.push(`${message}`);
          server.send(row, `${message}`, 30_000);
        },
      },
    );
    assert.equal(heard.filter((text) => text === 'bye').length, 3);
    assert.equal(heard.filter((text) => text === 'at last').length, 3);
    assert.equal(run.counter('iterations'), 3);
    assert.equal(run.counter('messages_missed'), 0);
    assert.ok(run.nowUs >= 2_000_000 && run.nowUs < 2_200_000, `${run.nowUs}`);
  });
}

test('rows of arrivals that churn are given back a thousand times, with nothing of the client before', async () => {
  const script: Script = {
    connectUs: (row) => (row === 3 ? -111 : 100),
    onOpen: (server, row) => void (row === 2 && server.end(row, 104, 5_000)),
  };
  const run = await runVirtual(
    `
executor: constant-arrival-rate
rate: 100
duration: 12s
maxClients: 5
flow:
  - reconnect: { backoff: { min: 1ms, max: 2ms }, jitter: 0%, attempts: 2 }
  - connect: {}
  - every: { period: 4ms, steps: [ { send: { text: b } } ] }
  - think: 20ms
  - disconnect: {}`,
    script,
  );
  const started = 1_200 - run.counter('dropped_iterations');
  assert.ok(started > 1_000, `${started}`);
  assert.equal(run.counter('sessions_ready') + run.counter('sessions_failed'), started);
  assert.equal(run.gauge('clients_open'), 0);
  assert.equal(run.counter('connections_lost') - run.counter('ws_reconnects') <= 1, true);
  assert.ok(run.transport.connects.every(({ row }) => row < 5));
  assert.equal(run.errors()['reconnect.gave-up'], run.counter('sessions_failed'));
});
