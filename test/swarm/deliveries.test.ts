import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runVirtual, START_US } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

/** A room of everybody: what one row says comes to each other row after its own delay; undefined: never. */
const room = (clients: number, delayUs: (from: number, to: number, number: number) => number | undefined, toSender = false): Script => {
  let number = 0;
  return {
    onMessage(server, from, message) {
      number++;
      for (let to = 0; to < clients; to++) {
        const delay = to === from && !toSender ? undefined : delayUs(from, to, number);
        if (delay !== undefined) server.send(to, message.toString(), delay);
      }
    },
  };
};

const talking = (send: string, clients: number, count: number, hold = '2s'): string => `
executor: constant-clients
clients: ${clients}
duration: 5s
gracefulStop: 2s
flow:
  - connect: {}
  - think: 500ms
  - loop: { every: 100ms, count: ${count}, steps: [ { send: ${send} } ] }
  - think: ${hold}`;

const MESSAGE = '{ json: { id: "{{ client }}-{{ iteration }}" }, match: { json: /id }, broadcast: { within: 300ms } }';

test('each receipt is timed from the intended send, and each message from its first to its last receipt', async () => {
  // Client i of 4 gets each message i x 10 ms after it was sent: of the sender's own copy there is none.
  const run = await runVirtual(
    talking(MESSAGE, 4, 5),
    room(4, (_, to) => (to + 1) * 10_000),
  );
  assert.equal(run.counter('deliveries_sent'), 20);
  assert.equal(run.counter('deliveries_expected'), 60);
  assert.equal(run.counter('deliveries_received'), 60);
  assert.equal(run.counter('deliveries_unexpected'), 0);
  const { count, sum, min } = run.trend('ws_delivery');
  assert.equal(count, 60);
  // What a message was late by is in the time of each of its receipts, because it counts from when it was meant.
  const lag = run.trend('scheduling_lag').sum - 0;
  assert.ok(sum >= 15 * (10_000 + 20_000 + 30_000 + 40_000) && sum <= 15 * 100_000 + 3 * lag, `${sum} ${lag}`);
  assert.ok(min >= 10_000 && min < 10_600);
  const spreads = run.trend('ws_delivery_spread');
  assert.equal(spreads.count, 20);
  // Senders 0 and 3 have receivers 20 ms apart, 1 and 2 have them 30 ms apart.
  assert.deepEqual([spreads.min, spreads.max, spreads.sum], [20_000, 30_000, 5 * (20_000 + 30_000 + 30_000 + 20_000)]);
  assert.deepEqual(run.errors(), {});
});

test('a server that loses every tenth delivery is seen to reach nine tenths', async () => {
  let deliveries = 0;
  const run = await runVirtual(
    talking(MESSAGE, 11, 10),
    room(11, () => (++deliveries % 10 === 0 ? undefined : 5_000)),
  );
  assert.equal(run.counter('deliveries_expected'), 11 * 10 * 10);
  assert.equal(run.counter('deliveries_received'), 11 * 10 * 9);
  assert.equal(run.trend('ws_delivery').count, 11 * 10 * 9);
});

test('what comes after its time has not been received', async () => {
  const run = await runVirtual(
    talking(MESSAGE, 3, 4),
    room(3, (_, to) => (to === 2 ? 305_000 : 5_000)),
  );
  assert.equal(run.counter('deliveries_expected'), 3 * 4 * 2);
  assert.equal(run.counter('deliveries_received'), 3 * 4 * 2 - 2 * 4);
  assert.ok(run.trend('ws_delivery').max < 300_000);
});

test('a number of receivers may be said, and what goes beyond it is told', async () => {
  const send = '{ json: { id: "{{ client }}-{{ iteration }}" }, broadcast: { to: "{{ 1 + 1 }}", match: { json: /id }, within: 300ms } }';
  const run = await runVirtual(
    talking(send, 4, 2),
    room(4, (from, to) => (from === 0 ? (to === 1 ? 1_000 : undefined) : 1_000)),
  );
  assert.equal(run.counter('deliveries_expected'), 4 * 2 * 2);
  assert.equal(run.counter('deliveries_received'), 2 * 1 + 3 * 2 * 2);
  assert.equal(run.counter('deliveries_unexpected'), 3 * 2);
});

test("the sender's own copy is its answer and no delivery, and what others say answers nothing", async () => {
  const send =
    '{ json: { id: "{{ client }}-{{ iteration }}" }, match: { json: /id }, expect: { within: 1s }, broadcast: { within: 300ms } }';
  const run = await runVirtual(
    talking(send, 4, 5),
    room(4, (from, to) => (from === to ? 9_000 : 2_000), true),
  );
  assert.equal(run.counter('ledger_ok'), 20);
  assert.equal(run.trend('ws_msg_service').min, 9_000);
  assert.equal(run.counter('deliveries_received'), 60);
  assert.ok(run.trend('ws_delivery').max < 3_000);

  // The same by order: without the table, the first message of another client would be taken for the answer.
  const inOrder =
    '{ json: { id: "{{ client }}-{{ iteration }}" }, expect: { within: 1s }, broadcast: { match: { json: /id }, within: 300ms } }';
  const ordered = await runVirtual(
    talking(inOrder, 4, 5),
    room(4, (from, to) => (from === to ? 9_000 : 2_000), true),
  );
  assert.equal(ordered.counter('ledger_ok'), 20);
  assert.equal(ordered.trend('ws_msg_service').min, 9_000);
});

test('bytes of a binary message are as good as JSON, also beside the flow, and in a scenario that only listens', async () => {
  const flow = `scenarios:
  callers:
    executor: constant-clients
    clients: 1
    duration: 3s
    flow:
      - connect: {}
      - think: 200ms
      - every: { period: 100ms, steps: [ { send: { packet: news, broadcast: { match: { offset: 1, width: 4, endian: big }, within: 200ms } } } ] }
      - think: 1050ms
      - disconnect: {}
  listeners:
    executor: constant-clients
    clients: 7
    duration: 3s
    flow: [ { connect: {} } ]`;
  const head =
    'layouts: { news: { endian: big, fields: [ { name: kind, type: u8, value: 9 }, { name: seq, type: u32, value: "{{ iteration }}" } ] } }';
  const script: Script = {
    onMessage(server, from, message) {
      for (let to = 0; to < 8; to++) if (to !== from) server.send(to, message, 1_000 * to);
    },
  };
  const run = await runVirtual(flow, script, { head });
  const sent = run.counter('deliveries_sent');
  assert.ok(sent >= 10, `${sent}`);
  assert.equal(run.counter('deliveries_received'), sent * 7);
  assert.equal(run.counter('deliveries_expected'), sent * 7);
  assert.equal(run.trend('ws_delivery_spread').max, 6_000);
});

test('who leaves of its own accord is not expected any more, and who is thrown out is', async () => {
  // Client 4 leaves in order 100 ms after a message, and each delivery takes 200 ms.
  const flow = (leaver: string): string => `scenarios:
  stay: { executor: constant-clients, clients: 4, duration: 3s, flow: [ { connect: {} }, { think: 500ms }, { choose: [ { weight: 1, steps: [ { send: ${MESSAGE} } ] } ] } ] }
  go: { executor: constant-clients, clients: 1, duration: 3s, flow: [ { connect: {} }, ${leaver} ] }`;
  const leaving = await runVirtual(
    flow('{ think: 600ms }, { disconnect: {} }'),
    room(5, () => 200_000),
  );
  assert.deepEqual([leaving.counter('deliveries_expected'), leaving.counter('deliveries_received')], [4 * 3, 4 * 3]);
  const thrown = await runVirtual(flow('{ think: 2s }'), {
    ...room(5, () => 200_000),
    onOpen: (server, row) => row === 4 && server.end(row, 104, 600_000),
  });
  assert.deepEqual([thrown.counter('deliveries_expected'), thrown.counter('deliveries_received')], [4 * 4, 4 * 3]);
});

test('a value that is not there, or that another message under way has, is told and not counted', async () => {
  const absent = await runVirtual(
    talking('{ text: "{{ client }}", broadcast: { match: { json: /id }, within: 300ms } }', 2, 3),
    room(2, () => 1_000),
  );
  assert.deepEqual(absent.errors(), { 'broadcast.untracked': 6 });
  assert.equal(absent.counter('ws_msgs_sent'), 6);
  assert.equal(absent.counter('deliveries_expected'), 0);
  const same = await runVirtual(
    talking('{ json: { id: 1 }, match: { json: /id }, broadcast: { within: 300ms } }', 1, 8),
    room(2, () => 1_000),
  );
  assert.equal(same.counter('deliveries_sent') + same.errors()['broadcast.untracked']!, 8);
  assert.equal(same.counter('deliveries_sent'), 2);
});

test('a run that is broken off expects nothing more of messages that still had time', async () => {
  const run = await runVirtual(
    talking(MESSAGE, 3, 5),
    room(3, (_, to) => (to === 0 ? 1_000 : 250_000)),
    {
      prepare: (run) => run.transport.at(START_US + 800_000, () => (run.isStopped = true)),
    },
  );
  assert.ok(run.counter('deliveries_sent') > 3);
  assert.equal(run.counter('deliveries_expected'), run.counter('deliveries_received'));
});
