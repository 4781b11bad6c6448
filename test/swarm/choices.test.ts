import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { drawThinkUs } from '../../src/swarm/draws.js';
import { echoAfter, runVirtual } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

/** Echoes, and keeps what came in. */
function keeping(): Script & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    onMessage(server, row, message) {
      seen.push(message.toString());
      server.send(row, message.toString(), 100);
    },
  };
}

const choosing = (count: number): string => `
executor: constant-clients
clients: 4
duration: 60s
flow:
  - connect: {}
  - loop:
      count: ${count}
      steps:
        - choose:
            - { weight: 6, steps: [ { send: { text: "a", expect: {} } } ] }
            - { weight: 3, steps: [ { send: { text: "b", expect: {} } } ] }
            - { steps: [ { send: { text: "c" } }, { send: { text: "d", expect: {} } } ] }
  - disconnect: {}`;

test('branches are drawn by their weights, and each round takes exactly one', async () => {
  const script = keeping();
  const run = await runVirtual(choosing(1000), script, { seed: 7 });
  const times = (letter: string): number => script.seen.filter((text) => text === letter).length;
  assert.equal(times('a') + times('b') + times('d'), 4000);
  assert.equal(times('c'), times('d'));
  // Binomial, 4,000 draws: five standard deviations are 155, 145 and 95.
  assert.ok(Math.abs(times('a') - 2400) < 155, `${times('a')}`);
  assert.ok(Math.abs(times('b') - 1200) < 145, `${times('b')}`);
  assert.ok(Math.abs(times('d') - 400) < 95, `${times('d')}`);
  assert.equal(run.ledgerGap(), 0);
  assert.equal(run.counter('iterations'), 4);
});

test('the same seed draws the same branches, another seed others', async () => {
  const drawn = async (seed: number): Promise<string> => {
    const script = keeping();
    await runVirtual(choosing(50), script, { seed });
    return script.seen.join('');
  };
  assert.equal(await drawn(3), await drawn(3));
  assert.notEqual(await drawn(3), await drawn(4));
});

test('in a paced loop the sends of a branch have the time that the plan gave', async () => {
  const flow = `
executor: constant-clients
clients: 3
duration: 2s
flow:
  - connect: {}
  - loop:
      every: 50ms
      steps:
        - choose:
            - { steps: [ { send: { text: "a", expect: { within: 1s } } } ] }
            - { steps: [ { choose: [ { steps: [ { send: { text: "b" } }, { send: { text: "c", expect: { within: 1s } } } ] } ] } ] }`;
  const script: Script = { onMessage: (server, row, message) => void (`${message}` === 'b' || server.send(row, `${message}`, 70_000)) };
  const run = await runVirtual(flow, script, { seed: 5, prepare: ({ transport }) => transport.stall(2_900_000, 300_000) });
  // Every message has a planned time, answers later than the period hold nothing back, and the stall shows as lag.
  assert.equal(run.counter('messages_planned'), run.counter('ws_msgs_sent'));
  assert.equal(run.counter('messages_missed'), 0);
  assert.equal(run.trend('ws_msg_service').min, 70_000);
  assert.ok(run.trend('pacing_lag').max > 240_000, `${run.trend('pacing_lag').max}`);
  assert.equal(run.ledgerGap(), 0);
});

test('a send behind a branch that waits has no planned time', async () => {
  const flow = `
executor: constant-clients
clients: 1
duration: 2s
flow:
  - connect: {}
  - loop:
      every: 100ms
      steps:
        - choose: [ { steps: [ { think: 40ms } ] }, { steps: [ { send: { text: "a" } } ] } ]
        - send: { text: "b", expect: { within: 1s } }`;
  const run = await runVirtual(flow, keeping(), { seed: 5 });
  assert.ok(run.counter('ledger_ok') > 15);
  assert.ok(run.trend('ws_msg_rtt').max < 1_000, `${run.trend('ws_msg_rtt').max}`);
});

test('an endless loop is left inside a branch', async () => {
  const flow = `
executor: constant-clients
clients: 2
duration: 1s
gracefulStop: 30s
flow:
  - connect: {}
  - loop: { steps: [ { choose: [ { steps: [ { think: 20s } ] }, { weight: 2, steps: [ { think: { mean: 20s, deviation: 1s } } ] } ] } ] }`;
  const run = await runVirtual(flow, echoAfter(100));
  assert.ok(run.nowUs < 1_010_000, `${run.nowUs}`);
});

test('a fixed think takes its time', async () => {
  const run = await runVirtual(
    'executor: constant-clients\nclients: 1\nduration: 1m\nafterFlow: leave\nflow: [ { connect: {} }, { think: 2s } ]',
    {},
  );
  assert.ok(Math.abs(run.nowUs - 2_000_300) < 1_000, `${run.nowUs}`);
});

test('a normal think has its mean and deviation, and is never below 0', () => {
  const seed = 11;
  const prng = new Prng(seed);
  const values = Array.from({ length: 20_000 }, () => drawThinkUs({ minUs: 2e6, maxUs: 2e6, deviationUs: 500_000 }, prng));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  // Of 20,000 samples the mean has a standard error of 3.5 ms and the deviation one of 2.5 ms; five of each.
  assert.ok(Math.abs(mean - 2e6) < 18_000, `seed ${seed}: ${mean}`);
  assert.ok(Math.abs(deviation - 500_000) < 13_000, `seed ${seed}: ${deviation}`);
  const within = values.filter((value) => Math.abs(value - 2e6) < 500_000).length / values.length;
  assert.ok(Math.abs(within - 0.6827) < 0.017, `seed ${seed}: ${within}`);
  const cut = Array.from({ length: 5_000 }, () => drawThinkUs({ minUs: 1_000, maxUs: 1_000, deviationUs: 5_000 }, prng));
  assert.equal(Math.min(...cut), 0);
});
