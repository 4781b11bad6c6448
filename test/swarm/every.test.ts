import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginAfter, VirtualReference } from './virtual-reference.js';
import { echoAfter, runVirtual, START_US } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

interface Seen {
  readonly text: string;
  readonly row: number;
  readonly atUs: number;
}

/** Echoes after a delay, and keeps what came in and when. */
function witness(delayUs: number): Script & { readonly seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    onMessage(server, row, message) {
      seen.push({ text: message.toString(), row, atUs: server.nowUs - START_US });
      server.send(row, message.toString(), delayUs);
    },
  };
}

const beside = (clients: number, every: string, rest = ''): string => `
executor: constant-clients
clients: ${clients}
duration: 10s
flow:
  - connect: {}
  - every: ${every}
${rest}`;

test('rounds stand on a grid that is spread over the clients, whatever the flow does', async () => {
  const script = witness(300_000);
  const run = await runVirtual(
    beside(4, '{ period: 1s, steps: [ { send: { text: "{{ client }} {{ iteration }}", expect: { within: 1s } } } ] }', '  - think: 7s'),
    script,
  );
  for (let client = 0; client < 4; client++) {
    const own = script.seen.filter(({ row }) => row === client);
    // Client c begins at c quarters of a second; client 0 connects just after its tick at 0.
    const first = client === 0 ? 1 : 0;
    assert.deepEqual(
      own.map(({ text }) => text),
      Array.from({ length: 10 - first }, (_, i) => `${client} ${i}`),
    );
    for (const [i, { atUs }] of own.entries()) assert.ok(Math.abs(atUs - (client * 250_000 + (i + first) * 1e6)) < 300, `${atUs}`);
  }
  assert.equal(run.counter('messages_planned'), 39);
  assert.equal(run.counter('messages_missed'), 0);
  assert.equal(run.counter('ledger_ok'), 39);
});

test('jitter moves each round by its share at most, and the rounds keep their order', async () => {
  const script = witness(100);
  await runVirtual(beside(1, '{ period: 100ms, jitter: 50%, steps: [ { send: { text: "{{ iteration }}" } } ] }'), script, { seed: 9 });
  assert.ok(script.seen.length >= 98, `${script.seen.length}`);
  const off = script.seen.map(({ atUs }, i) => atUs - (i + 1) * 100_000);
  assert.ok(
    off.every((us) => Math.abs(us) <= 50_400),
    `${Math.max(...off)}`,
  );
  assert.ok(Math.max(...off) > 30_000 && Math.min(...off) < -30_000);
  assert.deepEqual(
    script.seen.map(({ text }) => Number(text)),
    script.seen.map((_, i) => i),
  );
});

test('the flow waits for its own answers and not for those beside it', async () => {
  // The flow's answers take 35 ms; beside it something is asked each 10 ms and answered after 200.
  const script: Script = {
    onMessage: (server, row, message) => server.send(row, `${message}`, `${message}`.includes('beside') ? 200_000 : 35_000),
  };
  const flow = `
executor: constant-clients
clients: 1
duration: 10s
afterFlow: leave
flow:
  - connect: {}
  - every: { period: 10ms, steps: [ { send: { json: { id: "beside {{ iteration }}" }, match: { json: /id }, expect: { within: 1s } } } ] }
  - loop:
      count: 20
      steps:
        - send: { json: { id: "flow {{ iteration }}" }, match: { json: /id }, expect: { within: 1s } }`;
  const run = await runVirtual(flow, script);
  // 20 rounds of 35 ms, then the last answers of what runs beside are awaited.
  assert.ok(Math.abs(run.nowUs - 900_000) < 20_000, `${run.nowUs}`);
  assert.equal(run.values('ws_msg_rtt').filter((us) => us < 40_000).length, 20);
  assert.equal(run.counter('ledger_ok'), run.counter('ledger_sent'));
  assert.deepEqual(run.errors(), {});
});

test('a stalled generator sends every round that was due, with the times that were meant', async () => {
  const run = await runVirtual(
    beside(1, '{ period: 10ms, steps: [ { send: { text: "a", expect: { within: 1s } } }, { send: { text: "b" } } ] }'),
    { onMessage: (server, row, message) => void (`${message}` === 'a' && server.send(row, 'a', 100)) },
    { prepare: ({ transport }) => transport.stall(START_US + 300_000, 200_000) },
  );
  assert.equal(run.counter('messages_planned'), run.counter('ws_msgs_sent'));
  assert.equal(run.counter('ws_msgs_sent'), 2 * run.counter('ledger_sent'));
  assert.equal(run.counter('messages_missed'), 0);
  const late = run.values('pacing_lag').filter((us) => us > 1_000);
  assert.equal(late.length, 40);
  assert.equal(run.trend('ws_msg_service').max, 100);
  assert.ok(Math.abs(run.trend('ws_msg_rtt').max - 200_100) < 300);
});

test('rounds that were due before the connection ended and did not leave are missed', async () => {
  const run = await runVirtual(
    beside(1, '{ period: 100ms, steps: [ { send: { text: "a", expect: { within: 1s } } } ] }'),
    { ...echoAfter(100), onOpen: (server, row) => server.end(row, 104, 2_050_000) },
    // The peer stops reading after a second, so nothing more may be sent to it.
    { prepare: ({ transport }) => transport.at(START_US + 1_050_000, () => transport.buffered.set(0, 1e6)) },
  );
  assert.equal(run.counter('ledger_ok'), 10);
  assert.equal(run.counter('messages_planned'), 20);
  assert.equal(run.counter('messages_missed'), 10);
});

test('each connection begins its own rounds, and a flow has several every steps', async () => {
  const script = witness(100);
  const flow = `
executor: constant-clients
clients: 1
duration: 10s
afterFlow: leave
flow:
  - loop:
      count: 3
      steps:
        - connect: {}
        - every: { period: 100ms, steps: [ { send: { text: "a{{ iteration }}" } } ] }
        - every: { period: 250ms, steps: [ { send: { text: "b{{ iteration }}" } } ] }
        - think: 600ms
        - disconnect: {}`;
  const run = await runVirtual(flow, script);
  assert.equal(run.counter('ws_sessions'), 3);
  const texts = script.seen.map(({ text }) => text);
  assert.equal(texts.filter((text) => text === 'a0').length, 3);
  assert.equal(texts.filter((text) => text === 'b0').length, 3);
  assert.ok(texts.filter((text) => text.startsWith('a')).length >= 17, `${texts}`);
  assert.equal(run.counter('messages_missed'), 0);
});

test('operations of the reference protocol run beside a flow, and the ledgers agree', async () => {
  const server = new VirtualReference();
  const flow = `
executor: constant-clients
clients: 3
duration: 5s
flow:
  - login: { uid: "p{{ client }}" }
  - connect: {}
  - auth: {}
  - heartbeat: { every: 1s }
  - join: { room: 1 }
  - every: { period: 500ms, jitter: 10%, steps: [ { op: { code: trade, item: "{{ iteration }}", amount: 2 } } ] }
  - loop: { every: 200ms, steps: [ { op: { code: move, x: 1, y: 2, expect: { within: 1s } } } ] }`;
  const run = await runVirtual(flow, server, { onLogin: loginAfter(100) });
  assert.ok(run.counter('ledger_ok') > 90, `${run.counter('ledger_ok')}`);
  assert.equal(run.counter('ledger_ok'), run.counter('ledger_sent'));
  assert.equal(run.counter('ledger_mismatches'), 0);
  assert.deepEqual(run.errors(), {});
});
