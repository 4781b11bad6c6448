import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ackClose, disconnect, TYPE } from '../reference-server/reference-wire.js';
import { loginAfter, VirtualReference } from './virtual-reference.js';
import { echoAfter, runVirtual, START_US, type VirtualRun } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

const holding = (clients: number, rule: string, rest = ''): string => `
executor: constant-clients
clients: ${clients}
duration: 60s
flow:
  - reconnect: ${rule}
  - connect: {}
${rest}`;

/** When each connection of a row was begun, ms since the start of the scenario, to 10 ms. */
const connectsOf = (run: VirtualRun, row = 0): number[] =>
  run.transport.connects.filter((connect) => connect.row === row).map(({ atUs }) => Math.round((atUs - START_US) / 1e4) * 10);

const PLAIN = '{ backoff: { min: 1s, max: 5s, factor: 2 }, jitter: 0% }';

test('a client whose connection is lost comes back, and is counted once as lost and once as back', async () => {
  for (const lose of [
    (transport: VirtualRun['transport']) => transport.end(0, 104, 0),
    (transport: VirtualRun['transport']) => transport.end(0, 0, 0),
  ]) {
    const run = await runVirtual(
      holding(1, PLAIN),
      {},
      { prepare: ({ transport }) => transport.at(START_US + 10e6, () => lose(transport)) },
    );
    assert.deepEqual(connectsOf(run), [0, 11_000]);
    assert.equal(run.counter('connections_lost'), 1);
    assert.equal(run.counter('ws_reconnects'), 1);
    assert.equal(run.counter('sessions_ready'), 1);
    assert.equal(run.counter('sessions_failed'), 0);
    // Lost at 10 s, connected from 11 s on, ready 300 us later.
    assert.ok(Math.abs(run.trend('ws_reconnecting').max - 1_000_300) < 600, `${run.trend('ws_reconnecting').max}`);
    assert.equal(run.trend('session_ready').count, 2);
    assert.ok(run.trend('session_ready').max < 1_000);
  }
});

test('a close frame of the server is a loss too', async () => {
  let opened = 0;
  const script: Script = { onOpen: (server, row) => void (opened++ === 0 && server.close(row, 1012, 1e6)) };
  const run = await runVirtual(holding(1, PLAIN), script);
  assert.deepEqual(run.errors(), { 'closed.1012': 1 });
  assert.equal(run.counter('ws_reconnects'), 1);
});

test('each wait in a row is longer, up to the longest, and a ready session begins them anew', async () => {
  let refused = 0;
  const script: Script = { connectUs: () => (refused++ < 5 ? -111 : 100) };
  const run = await runVirtual(holding(1, PLAIN), script, {
    prepare: ({ transport }) => transport.at(START_US + 30e6, () => transport.end(0, 104, 0)),
  });
  // Waits of 1, 2, 4, 5 and 5 s; after the loss at 30 s it begins with 1 s again.
  assert.deepEqual(connectsOf(run), [0, 1_000, 3_000, 7_000, 12_000, 17_000, 31_000]);
  assert.equal(run.counter('ws_reconnects'), 1);
  assert.equal(run.counter('sessions_ready'), 1);
  assert.deepEqual(run.errors(), { ECONNREFUSED: 5, ECONNRESET: 1 });
});

test('after: is the wait before the first attempt, and jitter varies every wait', async () => {
  const lose = { prepare: ({ transport }: VirtualRun) => transport.at(START_US + 10e6, () => transport.end(0, 104, 0)) };
  const at = await runVirtual(holding(1, '{ after: 0s, jitter: 0% }'), {}, lose);
  assert.deepEqual(connectsOf(at), [0, 10_000]);
  const all = await runVirtual(
    holding(200, '{ backoff: { min: 10s, max: 10s }, jitter: 50% }'),
    {},
    {
      seed: 3,
      prepare: ({ transport }) =>
        transport.at(START_US + 10e6, () => {
          for (let row = 0; row < 200; row++) transport.end(row, 104, 0);
        }),
    },
  );
  const second = all.transport.connects.slice(200).map(({ atUs }) => (atUs - START_US) / 1e6);
  assert.equal(second.length, 200);
  assert.ok(Math.min(...second) >= 15 && Math.max(...second) <= 25.1, `${Math.min(...second)} ${Math.max(...second)}`);
  assert.ok(Math.max(...second) - Math.min(...second) > 9);
});

test('who gives up has failed', async () => {
  let opened = 0;
  const gone: Script = { connectUs: () => (opened++ < 1 ? 100 : -111), onOpen: (server, row) => server.end(row, 104, 5e6) };
  const run = await runVirtual(holding(1, '{ attempts: 3, jitter: 0% }'), gone);
  assert.deepEqual(connectsOf(run), [0, 6_000, 8_000, 12_000]);
  assert.equal(run.counter('sessions_ready'), 1);
  assert.equal(run.counter('sessions_failed'), 1);
  assert.equal(run.counter('ws_reconnects'), 0);
  assert.equal(run.errors()['reconnect.gave-up'], 1);
  const never = await runVirtual(holding(2, '{ attempts: 2 }'), { connectUs: () => -111 });
  assert.equal(never.counter('sessions_failed'), 2);
  assert.equal(never.counter('sessions_ready'), 0);
  assert.equal(never.counter('connects_started'), 6);
});

test('the flow goes on from its connect step: what stands behind it is done again, rounds while it was away are counted', async () => {
  const seen: [string, number][] = [];
  const script: Script = {
    onMessage(server, row, message) {
      seen.push([`${message}`, Math.round((server.nowUs - START_US) / 1e3)]);
      server.send(row, `${message}`, 100);
    },
  };
  const flow = `
executor: constant-clients
clients: 1
duration: 10s
flow:
  - reconnect: { backoff: { min: 3s }, jitter: 0% }
  - connect: {}
  - send: { text: hello, expect: {} }
  - loop: { every: 500ms, steps: [ { send: { text: "{{ iteration }}", expect: { within: 1s } } } ] }`;
  const run = await runVirtual(flow, script, {
    prepare: ({ transport }) => transport.at(START_US + 2_200_000, () => transport.end(0, 104, 0)),
  });
  const times = (text: string): number[] => seen.filter(([said]) => said === text).map(([, at]) => at);
  assert.deepEqual(times('hello'), [0, 5_200]);
  assert.deepEqual(times('0'), [500, 5_500]);
  // Ticks of 2.5 to 5.0 s: the plan had six messages that nobody could send.
  assert.equal(run.counter('messages_away'), 6);
  assert.equal(run.counter('messages_missed'), 0);
  assert.equal(run.counter('messages_planned'), 4 + 9);
  assert.equal(run.ledgerGap(), 0);
});

test('a client that is away when the scenario ends leaves from where it is', async () => {
  const run = await runVirtual(holding(3, '{ backoff: { min: 30s } }').replace('60s', '5s'), {
    onOpen: (server, row) => server.end(row, 104, 1e6),
  });
  assert.ok(run.nowUs < 5_100_000, `${run.nowUs}`);
  assert.equal(run.counter('sessions_failed'), 0);
  assert.equal(run.counter('connections_lost'), 3);
});

test('a client of the reference protocol authenticates again with what it has, and joins again', async () => {
  const server = new VirtualReference();
  const asked: string[] = [];
  const flow = `
executor: constant-clients
clients: 5
duration: 20s
flow:
  - reconnect: { backoff: { min: 100ms }, jitter: 10% }
  - login: { uid: "p{{ client }}" }
  - connect: {}
  - auth: {}
  - heartbeat: { every: 1s }
  - join: { room: 1 }
  - loop: { every: 200ms, steps: [ { op: { code: move, x: 1, y: 2, expect: { within: 1s } } } ] }`;
  const run = await runVirtual(flow, server, {
    onLogin: loginAfter(100, asked),
    prepare: ({ transport }) => {
      for (const second of [3, 7, 11])
        transport.at(START_US + second * 1e6, () => [0, 1, 2].forEach((row) => void transport.end(row, 104, 0)));
    },
  });
  assert.equal(asked.length, 5);
  assert.equal(run.counter('ws_reconnects'), 9);
  assert.equal(run.trend('auth_duration').count, 14);
  assert.equal(run.counter('ledger_mismatches'), 0);
  assert.equal(run.credentials.size, 0);
  assert.deepEqual(run.errors(), { ECONNRESET: 9 });
  assert.equal(server.types(0).filter((type) => type === server.types(4)[0]).length, 4);
});

test('a client whose session the server ends with a DISCONNECT comes back too', async () => {
  let ended = 0;
  const server = new VirtualReference((peer, row, { type, body }, state) => {
    if (type === TYPE.OP && ended === 0) {
      ended = 1;
      peer.send(row, disconnect(0), 50_000);
    }
    if (type !== TYPE.ACK_CLOSE || ended !== 1) return false;
    if (body[0] === 2) {
      ended = 2;
      peer.send(row, ackClose(0, 2, state.ops, state.ops, 0));
      peer.close(row, 1012, 100);
    }
    return true;
  });
  const flow = `
executor: constant-clients
clients: 1
duration: 5s
flow:
  - reconnect: { backoff: { min: 100ms }, jitter: 0% }
  - login: { uid: "p{{ client }}" }
  - connect: {}
  - auth: {}
  - loop: { every: 200ms, steps: [ { op: { code: move, x: 1, y: 2, expect: { within: 1s } } } ] }`;
  const run = await runVirtual(flow, server, { onLogin: loginAfter(100) });
  assert.equal(run.counter('connections_lost'), 1);
  assert.equal(run.counter('ws_reconnects'), 1);
  assert.equal(run.counter('ledger_mismatches'), 0);
  assert.equal(run.ledgerGap(), 0);
  assert.deepEqual(run.errors(), { 'disconnect.0000': 1 });
});

test('a thousand rounds of connect and disconnect leave nothing behind', async () => {
  const server = new VirtualReference();
  const flow = `
executor: constant-clients
clients: 4
duration: 60m
afterFlow: leave
flow:
  - reconnect: { backoff: { min: 10ms }, jitter: 0% }
  - loop:
      count: 250
      steps:
        - login: { uid: "p{{ client }}-{{ iteration }}" }
        - connect: {}
        - auth: {}
        - op: { code: echo, text: x, expect: { within: 1s } }
        - disconnect: {}
        - think: 10ms`;
  let most = 0;
  const run = await runVirtual(flow, server, {
    onLogin: (requests, run) => {
      most = Math.max(most, run.credentials.size);
      loginAfter(100)(requests, run);
    },
  });
  assert.equal(run.counter('ws_sessions'), 1_000);
  assert.equal(run.counter('ledger_ok'), 1_000);
  assert.ok(most <= 4, `${most}`);
  assert.equal(run.credentials.size, 0);
  assert.equal(run.counter('ws_reconnects'), 0);
  assert.equal(run.counter('connections_lost'), 0);
  assert.equal(run.gauge('clients_open'), 0);
  assert.deepEqual(run.errors(), {});
});

test('an echo loop that loses its connection in the middle keeps its ledger', async () => {
  const run = await runVirtual(
    holding(
      1,
      '{ backoff: { min: 100ms }, jitter: 0% }',
      '  - loop: { count: 100, steps: [ { send: { text: x, expect: { within: 5s } } } ] }\n  - disconnect: {}',
    ),
    echoAfter(10_000),
    { prepare: ({ transport }) => transport.at(START_US + 500_000, () => transport.end(0, 104, 0)) },
  );
  assert.equal(run.counter('ledger_indeterminate'), 1);
  assert.equal(run.counter('iterations'), 1);
  assert.equal(run.ledgerGap(), 0);
});
