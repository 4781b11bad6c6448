import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echoAfter, runVirtual, START_US } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

const paced = (clients: number, period: string, duration: string, extra = ''): string => `
executor: constant-clients
clients: ${clients}
duration: ${duration}
flow:
  - connect: {}
  - loop:
      every: ${period}
      steps:
        - send: { text: "{{ client }}/{{ iteration }}", expect: { within: 1s } }
${extra}`;

/** Notes when each message arrived, us since the start. */
function witness(delayUs: number): Script & { seen: { text: string; atUs: number }[] } {
  const seen: { text: string; atUs: number }[] = [];
  return {
    seen,
    onMessage(server, row, message) {
      seen.push({ text: message.toString(), atUs: server.nowUs - START_US });
      server.send(row, message.toString(), delayUs);
    },
  };
}

test('clients of a paced loop are spread evenly over the period and keep their grid', async () => {
  const script = witness(1_000);
  const run = await runVirtual(paced(4, '100ms', '1s'), script);
  const byClient = [0, 1, 2, 3].map((client) => script.seen.filter(({ text }) => text.startsWith(`${client}/`)).map(({ atUs }) => atUs));
  for (const [client, times] of byClient.entries()) {
    const phaseUs = client * 25_000;
    // Client 0 is not connected yet at its first tick, which is at the very start.
    const expected = Array.from({ length: 10 }, (_, tick) => phaseUs + tick * 100_000).filter((us) => us > 300);
    // A timer fires at the first tick of the wheel that is not before the time: at most 256 us late.
    assert.deepEqual(
      times.map((us) => Math.floor(us / 1000)),
      expected.map((us) => Math.floor(us / 1000)),
    );
    for (const [i, us] of times.entries()) assert.ok(us >= expected[i]! && us - expected[i]! <= 256, `${us} for ${expected[i]}`);
  }
  assert.equal(run.counter('messages_planned'), 39);
  assert.equal(run.counter('messages_missed'), 0);
});

test('response time is service time plus lag, for the sum over all samples', async () => {
  const run = await runVirtual(
    paced(7, '30ms', '2s'),
    echoAfter((row) => 500 + row * 300),
  );
  const [rtt, service, lag] = [run.trend('ws_msg_rtt'), run.trend('ws_msg_service'), run.trend('scheduling_lag')];
  assert.ok(rtt.count > 400);
  assert.equal(service.count, rtt.count);
  assert.equal(lag.count, rtt.count + 7); // one more for the start of each client
  assert.equal(run.trend('pacing_lag').count, rtt.count);
  // Whole microseconds are recorded, so each of three figures may be cut by one; starts have no lag but count as 1 us.
  assert.ok(Math.abs(rtt.sum - service.sum - lag.sum) <= 3 * rtt.count + 7, `${rtt.sum} ${service.sum} ${lag.sum}`);
});

test('an answer that is not there yet does not hold back the next send', async () => {
  const script = witness(350_000);
  const run = await runVirtual(paced(1, '100ms', '1s'), script);
  assert.equal(script.seen.length, 9);
  assert.deepEqual(
    script.seen.map(({ atUs }) => Math.floor(atUs / 100_000)),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(run.counter('ledger_ok'), 9);
  assert.equal(run.trend('ws_msg_service').max, 350_000);
});

test('a stalled generator sends everything that was due, with the times that were meant', async () => {
  const run = await runVirtual(paced(1, '10ms', '1s'), echoAfter(100), {
    prepare: ({ transport }) => transport.stall(START_US + 300_000, 200_000),
  });
  assert.equal(run.counter('messages_planned'), 99);
  assert.equal(run.counter('ledger_ok'), 99);
  assert.equal(run.counter('messages_missed'), 0);
  // Sends of 300 .. 490 ms leave at 500 ms: lags 200, 190, ..., 10 ms; service stays 100 us; response follows the lag.
  const late = run.values('scheduling_lag').filter((us) => us > 1_000);
  assert.equal(late.length, 20);
  for (const [i, us] of late.entries()) assert.ok(Math.abs(us - (i + 1) * 10_000) < 300, `${us}`);
  assert.equal(run.trend('ws_msg_service').max, 100);
  assert.ok(Math.abs(run.trend('ws_msg_rtt').max - 200_100) < 300);
});

test('a stalled server shows in response and service, not in lag', async () => {
  // Answers of the first 500 ms come at 500 ms.
  const script: Script = {
    onMessage: (server, row, message) => server.send(row, message.toString(), Math.max(0, 500_000 - (server.nowUs - START_US))),
  };
  const run = await runVirtual(paced(1, '10ms', '1s'), script);
  assert.ok(run.trend('scheduling_lag').max <= 256);
  assert.ok(run.trend('ws_msg_rtt').max >= 490_000);
  assert.equal(run.values('ws_msg_rtt').filter((us) => us > 1_000).length, 49);
});

test('a loop of several steps waits inside the iteration and keeps the grid', async () => {
  const script = witness(70_000);
  const flow = `
executor: constant-clients
clients: 1
duration: 1s
flow:
  - connect: {}
  - loop:
      every: 100ms
      steps:
        - send: { text: "a{{ iteration }}", expect: { within: 1s } }
        - send: { text: "b{{ iteration }}", expect: { within: 1s } }`;
  const run = await runVirtual(flow, script);
  // "a" of the first tick leaves at 100 ms, "b" at 170, and the second "b" is pipelined: the next "a" leaves at 200.
  const firstFour = script.seen.slice(0, 4).map(({ text, atUs }) => [text, Math.floor(atUs / 10_000)]);
  assert.deepEqual(firstFour, [
    ['a0', 10],
    ['b0', 17],
    ['a1', 20],
    ['b1', 27],
  ]);
  assert.equal(run.counter('messages_planned'), 9);
  assert.equal(run.ledgerGap(), 0);
});

test('a closed loop sends the next when the answer came and records no lag', async () => {
  const flow = `
executor: constant-clients
clients: 2
duration: 1s
flow:
  - connect: {}
  - loop:
      count: 20
      steps:
        - send: { text: "x", expect: { within: 1s } }
  - disconnect: {}`;
  const run = await runVirtual(flow, echoAfter(3_000));
  assert.equal(run.counter('ledger_ok'), 40);
  assert.equal(run.counter('messages_planned'), 0);
  assert.deepEqual(run.trend('ws_msg_rtt'), run.trend('ws_msg_service'));
  assert.equal(run.trend('ws_msg_rtt').min, 3_000);
  assert.equal(run.trend('ws_msg_rtt').max, 3_000);
  assert.equal(run.trend('scheduling_lag').count, 2);
  assert.equal(run.counter('iterations'), 2);
});

test('a loop with a time ends after it, and one inside another starts anew each time', async () => {
  const script = witness(0);
  const flow = `
executor: constant-clients
clients: 1
duration: 2s
flow:
  - connect: {}
  - loop:
      count: 2
      steps:
        - loop: { every: 50ms, for: 200ms, steps: [ { send: { text: "{{ iteration }}" } } ] }
        - think: { min: 100ms, max: 100ms }
  - send: { text: "end" }`;
  await runVirtual(flow, script);
  assert.deepEqual(
    script.seen.map(({ text }) => text),
    ['0', '1', '2', '3', '0', '1', '2', '3', 'end'],
  );
  // Entered at 300 us: ticks of 50 .. 200 ms, for that of 250 is beyond its time; then it thinks until 300: ticks of 350 .. 500.
  assert.deepEqual(
    script.seen.slice(0, 8).map(({ atUs }) => Math.floor(atUs / 1_000)),
    [50, 100, 150, 200, 350, 400, 450, 500],
  );
});

test('sends planned for before the end that a late client could not make are counted as missed', async () => {
  const run = await runVirtual(paced(1, '10ms', '1s'), echoAfter(100), {
    prepare: ({ transport }) => transport.stall(START_US + 900_000, 500_000),
  });
  assert.equal(run.counter('messages_planned'), 99);
  // The tick of 900 ms still leaves when the thread goes on at 1.4 s; the nine after it do not.
  assert.equal(run.counter('messages_missed'), 9);
  assert.equal(run.counter('ledger_sent'), 90);
});
