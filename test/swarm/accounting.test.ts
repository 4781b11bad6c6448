import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CounterName, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { loginAfter, VirtualReference } from './virtual-reference.js';
import { runVirtual, START_US, type VirtualRun } from './virtual-run.js';
import type { Script, VirtualServer } from './virtual-transport.js';

/** sent = done + errors + timeouts + unfinished, and each of them where it belongs in the histograms. */
function assertAccounts(
  run: VirtualRun,
  response: 'ws_msg_rtt' | 'http_req_duration',
  failed: 'ws_msg_failed' | 'http_req_failed_duration',
): void {
  const of = (name: CounterName): number => run.counter(name);
  const errors = of('ledger_fail') + of('messages_lost');
  assert.equal(of('ledger_sent'), of('ledger_ok') + errors + of('messages_timed_out') + of('messages_unfinished'));
  assert.equal(of('ledger_indeterminate'), of('messages_lost') + of('messages_timed_out') + of('messages_unfinished'));
  assert.equal(run.trend(response).count, of('ledger_ok') + of('messages_timed_out') + of('messages_unfinished'));
  assert.equal(run.trend(failed).count, errors);
}

const paced = (send: string, clients = 5, graceful = '200ms'): string => `
executor: constant-clients
clients: ${clients}
duration: 2s
gracefulStop: ${graceful}
flow:
  - connect: {}
  - loop: { every: 100ms, steps: [ { send: ${send} } ] }`;

test('every message that was sent is done, wrong, timed out, lost or unfinished, and is in one histogram', async () => {
  // By client: right answers, wrong ones, none, the connection ends at the tenth, answers that come after the end.
  const heard = new Map<number, number>();
  const script: Script = {
    onMessage(server, row) {
      const count = (heard.get(row) ?? 0) + 1;
      heard.set(row, count);
      if (row === 0) server.send(row, 'yes', 3_000);
      else if (row === 1) server.send(row, 'no', 1_000);
      else if (row === 3 && count === 10) server.end(row, 104);
      else if (row === 4) server.send(row, 'yes', 900_000);
    },
  };
  const run = await runVirtual(paced('{ text: "x", expect: { within: 700ms, text: "yes" } }'), script, {
    prepare: ({ transport }) => transport.stall(START_US + 500_000, 60_000),
  });
  assertAccounts(run, 'ws_msg_rtt', 'ws_msg_failed');
  for (const name of ['ledger_ok', 'ledger_fail', 'messages_timed_out', 'messages_lost', 'messages_unfinished'] as const)
    assert.ok(run.counter(name) > 0, name);
  assert.equal(run.trend('ws_msg_service').count, run.counter('ledger_ok'));
  assert.equal(run.trend('ws_msg_lag').count, run.counter('ledger_ok'));
  // 1 ms of the wrong answers is no response time.
  assert.ok(run.trend('ws_msg_rtt').min >= 3_000);
  assert.ok(run.trend('ws_msg_failed').min < 1_300);
});

test('a message that is unfinished at the end counts with the time that it has had', async () => {
  const script: Script = {
    onMessage: (server, row, message) => message.toString() !== 'm19' && server.send(row, message.toString(), 1_000),
  };
  const run = await runVirtual(paced('{ text: "m{{ iteration + 1 }}", expect: { within: 30s } }', 1, '500ms'), script);
  // The first tick, at the very start, comes before the connection stands: messages m1 to m19 are due at 100 to 1,900 ms.
  assert.equal(run.counter('messages_unfinished'), 1);
  assert.equal(run.counter('timeouts'), 0);
  const { max } = run.trend('ws_msg_rtt');
  // Sent at 1.9 s; gracefulStop is over at 2.5 s.
  assert.ok(max >= 600_000 && max < 601_000, String(max));
  assertAccounts(run, 'ws_msg_rtt', 'ws_msg_failed');
});

test('response is service plus lag, for each message that the plan had a time for', async (t) => {
  const expected: number[] = [];
  let seed = 7;
  const script: Script = {
    onMessage(server, row, message) {
      seed = (seed * 48_271) % 2_147_483_647;
      const [client, iteration] = message.toString().split('/').map(Number) as [number, number];
      // Client c of 4 has the ticks c * 25 ms + j * 100 ms; client 0 has missed that of its start.
      const intendedUs = START_US + client * 25_000 + (iteration - 10 + (client === 0 ? 1 : 0)) * 100_000;
      const delayUs = seed % 1_500;
      expected.push(server.nowUs + delayUs - intendedUs);
      server.send(row, message.toString(), delayUs);
    },
  };
  const samples: Record<'rtt' | 'service' | 'lag', number[]> = { rtt: [], service: [], lag: [] };
  const names = new Map<number, 'rtt' | 'service' | 'lag'>([
    [TREND.ws_msg_rtt, 'rtt'],
    [TREND.ws_msg_service, 'service'],
    [TREND.ws_msg_lag, 'lag'],
  ]);
  const record = Recorder.prototype.record;
  t.mock.method(Recorder.prototype, 'record', function (this: Recorder, trend: number, us: number) {
    const name = names.get(trend);
    if (name !== undefined) samples[name].push(us);
    record.call(this, trend, us);
  });
  const send = '{ text: "{{ client }}/{{ 10 + iteration }}", match: { offset: 0, width: 4 }, expect: { within: 1s } }';
  const run = await runVirtual(paced(send, 4), script, {
    prepare: ({ transport }) => transport.stall(START_US + 700_000, 300_000),
  });
  assert.equal(samples.rtt.length, 79);
  assert.deepEqual(
    samples.rtt,
    samples.service.map((us, i) => us + samples.lag[i]!),
  );
  // The script knows when each message was meant to leave: so it knows the response of every one, to the microsecond.
  const ascending = (values: number[]): number[] => values.toSorted((a, b) => a - b);
  assert.deepEqual(ascending(samples.rtt), ascending(expected));
  assert.equal(
    run.trend('ws_msg_rtt').sum,
    expected.reduce((a, b) => a + b, 0),
  );
  assert.ok(run.trend('ws_msg_lag').max > 290_000, 'the stall is in the lag');
  assert.ok(run.trend('ws_msg_service').max < 1_500);
});

test('where no time is intended there is no lag, and response is service', async () => {
  const flow = `
executor: constant-clients
clients: 2
duration: 1s
flow:
  - connect: {}
  - loop: { count: 20, steps: [ { send: { text: x, expect: { within: 1s } } } ] }`;
  const run = await runVirtual(flow, { onMessage: (server, row) => server.send(row, 'x', 5_000) });
  assert.equal(run.counter('ledger_ok'), 40);
  assert.equal(run.trend('ws_msg_lag').count, 0);
  assert.deepEqual(run.values('ws_msg_rtt'), run.values('ws_msg_service'));
});

test('a target that is slower than the plan makes responses long, and is not taken for a late generator', async () => {
  // Each round waits 150 ms for its first answer, but is planned each 100 ms: round j begins 50 ms later than the one before.
  const flow = `
executor: constant-clients
clients: 1
duration: 3s
gracefulStop: 2s
flow:
  - connect: {}
  - loop:
      every: 100ms
      steps:
        - send: { text: first, expect: { within: 5s, text: first } }
        - send: { text: second, expect: { within: 5s, text: second } }`;
  const script: Script = {
    onMessage: (server, row, message) => server.send(row, message.toString(), message.toString() === 'first' ? 150_000 : 1_000),
  };
  const run = await runVirtual(flow, script);
  assert.ok(run.trend('pacing_lag').max <= 300, `${run.trend('pacing_lag').max}`);
  assert.ok(run.trend('ws_msg_lag').max > 800_000);
  assert.equal(run.trend('ws_msg_service').max, 150_000);
  assert.equal(run.counter('messages_missed'), 0);
  const first = run.values('ws_msg_rtt').filter((us) => us >= 100_000);
  assert.ok(first.length >= 19);
  for (const [round, us] of first.entries()) assert.ok(Math.abs(us - (150_000 + 50_000 * round)) <= 2_000, `round ${round}: ${us}`);
});

test('a session is ready after its lag and its service, whoever made it wait', async () => {
  // One is opened at a time, and each takes 100 + 200 us: client c waits for c others.
  const run = await runVirtual('executor: constant-clients\nclients: 10\nduration: 1s\nflow:\n  - connect: {}', {}, { maxConnecting: 1 });
  const [ready, service, lag] = [run.trend('session_ready'), run.trend('session_service'), run.trend('session_lag')];
  assert.deepEqual([ready.count, service.count, lag.count], [10, 10, 10]);
  assert.deepEqual([service.min, service.max], [300, 300]);
  assert.ok(lag.max >= 9 * 300);
  assert.ok(lag.sum - (ready.sum - service.sum) <= 10 && lag.sum >= ready.sum - service.sum, 'a lag of 0 is recorded as 1 us');
});

test('the service of an authenticated session reaches from connect() to AUTH_OK', async () => {
  const flow = `
executor: constant-clients
clients: 2
duration: 1s
flow:
  - login: { uid: "p{{ client }}", proof: none }
  - connect: {}
  - auth: {}`;
  const run = await runVirtual(flow, new VirtualReference(() => false, 700), {
    onLogin: loginAfter(5_000),
  });
  assert.equal(run.trend('session_ready').count, 2);
  assert.deepEqual([run.trend('session_service').min, run.trend('session_service').max], [1_000, 1_000]);
});

test('requests of HTTP keep the same account', async () => {
  const answers: ((server: VirtualServer, row: number) => void)[] = [
    (server, row) => server.sendRaw(row, Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), 1_000),
    (server, row) => server.sendRaw(row, Buffer.from('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n'), 500),
    () => {},
    (server, row) => server.end(row, 104, 2_000),
    (server, row) => server.sendRaw(row, Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno'), 1_000),
  ];
  const script: Script = { onBytes: (server, row) => answers[row]!(server, row) };
  const flow = `
executor: constant-clients
clients: 5
duration: 2s
gracefulStop: 100ms
flow:
  - loop: { every: 100ms, steps: [ { http: { expect: { within: 800ms, text: ok } } } ] }`;
  const run = await runVirtual(flow, script, { target: 'http://127.0.0.1:9/' });
  assertAccounts(run, 'http_req_duration', 'http_req_failed_duration');
  for (const name of ['ledger_ok', 'ledger_fail', 'messages_timed_out', 'messages_lost', 'messages_unfinished'] as const)
    assert.ok(run.counter(name) > 0, name);
  assert.ok(run.trend('http_req_duration').min >= 1_000);
  assert.equal(run.trend('http_req_service').count, run.counter('ledger_ok'));
});

test('a paced request of HTTP takes its lag and its service, also where the answer before it holds it back', async () => {
  // Each answer takes 150 ms where one is planned each 100 ms: request j waits 50 ms longer than the one before.
  const script: Script = {
    onBytes: (server, row) => server.sendRaw(row, Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'), 150_000),
  };
  const flow = `
executor: constant-clients
clients: 1
duration: 2s
gracefulStop: 2s
flow:
  - loop: { every: 100ms, steps: [ { http: {} } ] }`;
  const run = await runVirtual(flow, script, { target: 'http://127.0.0.1:9/' });
  const [all, service, lag] = [run.trend('http_req_duration'), run.trend('http_req_service'), run.trend('http_req_lag')];
  assert.ok(all.count >= 12);
  assert.deepEqual([service.count, lag.count], [all.count, all.count]);
  assert.deepEqual([service.min, service.max], [150_000, 150_000]);
  assert.ok(Math.abs(all.sum - service.sum - lag.sum) <= 1, 'a lag of 0 is recorded as 1 us');
  assert.ok(lag.max >= 50_000 * (all.count - 2));
  assert.ok(run.trend('pacing_lag').max <= 300);
});
