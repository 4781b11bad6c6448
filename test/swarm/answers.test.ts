import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { echoAfter, runVirtual, START_US } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

const sending = (send: string, duration = '1s', every = '100ms', clients = 1): string => `
executor: constant-clients
clients: ${clients}
duration: ${duration}
gracefulStop: 2s
flow:
  - connect: {}
  - loop:
      every: ${every}
      steps:
        - send: ${send}`;

test('an answer that does not come counts as a timeout with the time waited, and as indeterminate', async () => {
  const run = await runVirtual(sending('{ text: "x", expect: { within: 250ms } }'), {});
  assert.equal(run.counter('ledger_sent'), 9);
  assert.equal(run.counter('ledger_indeterminate'), 9);
  assert.equal(run.counter('timeouts'), 9);
  assert.equal(run.counter('checks_failed'), 9);
  assert.deepEqual(run.errors(), { 'timeout.answer': 9 });
  const { count, min, max } = run.trend('ws_msg_rtt');
  assert.equal(count, 9);
  assert.ok(min >= 250_000 && max <= 250_600, `${min} ${max}`);
  assert.equal(run.trend('ws_msg_service').count, 0);
});

test('an answer after its time-out is not taken for the next one when they are matched by a field', async () => {
  // Every answer takes 150 ms, which is too long for the even ones (100 ms) only.
  const flow = `
executor: constant-clients
clients: 1
duration: 2s
flow:
  - connect: {}
  - loop:
      count: 5
      steps:
        - send: { json: { id: "{{ iteration }}" }, match: { json: /id }, expect: { within: 100ms } }
        - send: { json: { id: "{{ 100 + iteration }}" }, match: { json: /id }, expect: { within: 300ms, json: { /id: "{{ 100 + iteration }}" } } }
  - disconnect: {}`;
  const run = await runVirtual(flow, echoAfter(150_000));
  assert.equal(run.counter('ledger_ok'), 5);
  assert.equal(run.counter('ledger_indeterminate'), 5);
  assert.equal(run.counter('checks_failed'), 5);
  assert.equal(run.trend('ws_msg_service').min, 150_000);
  assert.equal(run.trend('ws_msg_service').max, 150_000);
});

test('answers that overtake one another find their requests by the matching field', async () => {
  const prng = new Prng(5);
  const took = new Map<string, number>();
  const script: Script = {
    onMessage(server, row, message) {
      const delayUs = prng.between(1, 900) * 1_000;
      took.set(message.toString('latin1'), delayUs);
      server.send(row, message, delayUs);
    },
  };
  // Four bytes: the number of the iteration, written as text by the expression.
  const flow = sending(
    '{ text: "{{ 1000 + iteration }}", match: { offset: 0, width: 4 }, expect: { within: 2s, text: "{{ 1000 + iteration }}" } }',
    '3s',
    '50ms',
  );
  const run = await runVirtual(flow, script);
  assert.equal(run.counter('ledger_ok'), 59);
  assert.equal(run.counter('ledger_fail'), 0);
  const sum = [...took.values()].reduce((a, b) => a + b, 0);
  assert.equal(run.trend('ws_msg_service').sum, sum);
});

test('a wrong answer fails its check and is no response time', async () => {
  const script: Script = { onMessage: (server, row) => server.send(row, 'no') };
  const run = await runVirtual(sending('{ text: "x", expect: { within: 1s, text: "yes" } }'), script);
  assert.equal(run.counter('ledger_fail'), 9);
  assert.equal(run.counter('checks_failed'), 9);
  assert.equal(run.trend('ws_msg_rtt').count, 0);
  assert.deepEqual(run.errors(), { 'check.answer': 9 });
});

test('a message without expectation is sent and not awaited', async () => {
  const run = await runVirtual(sending('{ text: "x" }'), {});
  assert.equal(run.counter('ws_msgs_sent'), 9);
  assert.equal(run.counter('messages_planned'), 9);
  assert.equal(run.counter('ledger_sent'), 0);
});

test('a push is awaited by an expect step, while another message is not taken for it', async () => {
  const script: Script = {
    onOpen(server, row) {
      server.send(row, '{"type":"news"}', 1_000);
      server.send(row, '{"type":"start"}', 5_000);
    },
    onMessage: (server, row, message) => server.send(row, message.toString(), 2_000),
  };
  const flow = `
executor: constant-clients
clients: 1
duration: 1s
flow:
  - connect: {}
  - expect: { json: { /type: start }, within: 100ms }
  - send: { text: "now", expect: { within: 1s } }
  - expect: { json: { /type: never }, within: 100ms }
  - send: { text: "after", expect: { within: 1s } }`;
  const run = await runVirtual(flow, script);
  assert.equal(run.counter('checks_passed'), 3);
  assert.equal(run.counter('checks_failed'), 1);
  assert.deepEqual(run.errors(), { 'timeout.expect': 1 });
  assert.equal(run.counter('ledger_ok'), 2);
  assert.equal(run.counter('ws_msgs_received'), 4);
});

test('what a server says with the upgrade itself, before the client has had its turn, is what an expect step waits for', async () => {
  const script: Script = {
    onOpen(server, row) {
      server.send(row, 'welcome');
      server.send(row, 'room 7');
      server.send(row, 'news');
    },
    onMessage: (server, row, message) => server.send(row, message.toString(), 2_000),
  };
  const flow = `
executor: constant-clients
clients: 3
duration: 1s
flow:
  - connect: {}
  - expect: { contains: welcome, within: 100ms }
  - expect: { contains: room, within: 100ms }
  - send: { text: "now", expect: { text: "now", within: 1s } }
  - expect: { contains: news, within: 100ms }`;
  const run = await runVirtual(flow, script);
  assert.equal(run.counter('checks_passed'), 3 * 3);
  // Nothing is kept: what came while the flow did not wait for it has gone by.
  assert.deepEqual(run.errors(), { 'timeout.expect': 3 });
});

test('the ledger closes to the last request whatever the server does with them', async () => {
  for (const seed of [31, 32, 33, 34]) {
    const prng = new Prng(seed);
    const script: Script = {
      onMessage(server, row, message) {
        const choice = prng.next();
        if (choice < 0.6) server.send(row, message.toString(), prng.between(0, 400_000));
        else if (choice < 0.75) server.send(row, 'wrong', prng.between(0, 400_000));
        else if (choice < 0.78) server.end(row, choice < 0.77 ? 104 : 0, prng.between(0, 50_000));
        else if (choice < 0.8) server.close(row, 1001);
      },
    };
    const flow = sending('{ text: "{{ client }}", expect: { within: 200ms, text: "{{ client }}" } }', '2s', '20ms', 40);
    const run = await runVirtual(flow, script, { seed });
    assert.ok(run.counter('ledger_sent') > 500, `seed ${seed}`);
    assert.equal(run.ledgerGap(), 0, `seed ${seed}`);
    for (const kind of ['ledger_ok', 'ledger_fail', 'ledger_indeterminate'] as const)
      assert.ok(run.counter(kind) > 10, `${kind}, seed ${seed}`);
    assert.equal(run.gauge('clients_open'), 0);
    assert.equal(run.gauge('clients_ready'), 0);
    assert.equal(run.gauge('clients_connecting'), 0);
  }
});

test('requests still open when the run is broken off are indeterminate', async () => {
  const run = await runVirtual(
    sending('{ text: "x", expect: { within: 10s } }'),
    {},
    {
      prepare: (run) => run.transport.at(START_US + 450_000, () => (run.isStopped = true)),
    },
  );
  assert.equal(run.counter('ledger_sent'), 4);
  assert.equal(run.counter('ledger_indeterminate'), 4);
});

test('a client whose server does not read sends nothing more until it does', async () => {
  const run = await runVirtual(sending('{ text: "x", expect: { within: 5s } }', '2s'), echoAfter(100), {
    prepare(run) {
      run.transport.at(START_US + 250_000, () => run.transport.buffered.set(0, 1_000_000));
      run.transport.at(START_US + 950_000, () => run.transport.buffered.set(0, 0));
    },
  });
  assert.equal(run.counter('ledger_ok'), 19);
  const late = run.values('scheduling_lag').filter((us) => us > 2_000);
  assert.equal(late.length, 7);
  assert.ok(Math.abs(late.at(-1)! - 650_000) < 2_000, `${late}`);
});
