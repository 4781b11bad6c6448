import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lindley, seededServicesMs } from '../oracle/seeded-service.js';
import { runVirtual, START_US, type VirtualRun } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

/**
 * The rows of docs/measuring.md, "How we know", in virtual time: no network, no other program, no noise. What the servers here do is known
 * to the microsecond, so every response time is too. `npm run test:oracle` asks the same of real sockets.
 */

/** A message is "client/number", its number counted from the first tick after `firstMs`. */
const steady = (clients: number, periodMs: number, seconds: number, graceful = '20s'): string => `
executor: constant-clients
clients: ${clients}
duration: ${seconds + 1}s
gracefulStop: ${graceful}
flow:
  - connect: {}
  - think: 950ms
  - every: { period: ${periodMs}ms, steps: [ { send: { text: "{{ client }}/{{ iteration }}", expect: { within: 60s } } } ] }
  - think: ${seconds}s`;

/** When the plan wants the messages sent, in order, us: clients stand evenly in the period, and begin with their first tick after `afterUs`. */
function planUs(clients: number, periodMs: number, seconds: number, afterUs: number): number[] {
  const times: number[] = [];
  for (let client = 0; client < clients; client++) {
    const phaseUs = (client * periodMs * 1000) / clients;
    for (let us = phaseUs; us < (seconds + 1) * 1e6; us += periodMs * 1000) if (us >= afterUs) times.push(START_US + us);
  }
  return times.sort((a, b) => a - b);
}

interface Seen {
  readonly atUs: number;
  readonly doneUs: number;
}

/** Answers in order of arrival; `doneUs` says when the k-th message that comes at `atUs` is done. Keeps what it saw. */
function server(doneUs: (atUs: number, k: number) => number): Script & { readonly seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    onMessage(virtual, row, message) {
      const at = virtual.nowUs;
      const done = doneUs(at, seen.length);
      seen.push({ atUs: at, doneUs: done });
      virtual.send(row, message.toString(), done - at);
    },
  };
}

/** A server that does one thing at a time. */
function queue(serviceUs: (k: number) => number): Script & { readonly seen: Seen[] } {
  let freeUs = 0;
  return server((atUs, k) => (freeUs = Math.max(atUs, freeUs) + serviceUs(k)));
}

/** Each response of the run, to the microsecond, from the log of slow operations with a threshold of 0 (at most 2,048 are kept). */
function responsesUs(run: VirtualRun): number[] {
  return run.slow
    .result()
    .kept.toSorted((a, b) => a.intendedUs - b.intendedUs)
    .map(({ doneUs, intendedUs }) => doneUs - intendedUs);
}

/** Timers of the swarm fire on a grid of 256 us: a message leaves at most this late. */
const GRID_US = 256;

test('one stall of 600 ms (row 4): each message that was due meanwhile waits for the rest of it, and no other', async () => {
  const stallUs = START_US + 1_500_000;
  const endUs = stallUs + 600_000;
  const script = server((atUs) => (atUs >= stallUs && atUs < endUs ? endUs : atUs));
  const run = await runVirtual(steady(100, 100, 1.8), script, { slowUs: 0 });
  const responses = responsesUs(run);
  assert.equal(responses.length, script.seen.length);
  // 600 messages, a millisecond apart: the one of rank r from the top took 600 - r ms, whatever its timer was late by.
  const waited = responses.filter((us) => us > GRID_US).sort((a, b) => b - a);
  assert.equal(waited.length, 600);
  for (const [rank, us] of waited.entries()) assert.equal(us, 600_000 - rank * 1000);
});

test('a server of 10 ms that is offered 200 a second (row 5): number k takes 10 + 5 k ms, and all are drained', async () => {
  const script = queue(() => 10_000);
  const run = await runVirtual(steady(1, 5, 5), script, { slowUs: 0 });
  const responses = responsesUs(run);
  const lateUs = script.seen[0]!.atUs - run.slow.result().kept.reduce((least, { intendedUs }) => Math.min(least, intendedUs), Infinity);
  assert.ok(lateUs >= 0 && lateUs <= GRID_US, `${lateUs}`);
  // The server is never idle after the first: how late later messages leave changes nothing.
  assert.deepEqual(
    responses,
    responses.map((_, k) => lateUs + 10_000 + 5_000 * k),
  );
  assert.ok(Math.abs(responses.length - 1000) <= 11, `${responses.length}`);
  assert.equal(run.counter('messages_unfinished'), 0);
  assert.equal(run.trend('ws_msg_rtt').max, responses.at(-1));
});

test('the same cut off (row 5b): every message is done or unfinished, and none has vanished', async () => {
  const script = queue(() => 10_000);
  const run = await runVirtual(steady(1, 5, 5, '0s'), script, { slowUs: 0 });
  const [sent, done, unfinished] = [run.counter('ledger_sent'), run.counter('ledger_ok'), run.counter('messages_unfinished')];
  assert.equal(sent, script.seen.length);
  const overUs = Math.max(...run.slow.result().kept.map(({ doneUs }) => doneUs));
  assert.equal(done, script.seen.filter(({ doneUs }) => doneUs <= overUs).length);
  assert.equal(sent, done + run.counter('ledger_fail') + run.counter('messages_lost') + run.counter('messages_timed_out') + unfinished);
  assert.ok(Math.abs(done - unfinished) <= 12 && unfinished > 480, `${done} ${unfinished}`);
  assert.equal(run.trend('ws_msg_rtt').count, sent);
  assert.equal(run.trend('ws_msg_service').count, done);
});

test('a seeded queue (row 9): each of 1,200 response times is that of the replay', async () => {
  const services = seededServicesMs(20_261_123, 8, 2048).map((ms) => Math.ceil(ms * 1000));
  const script = queue((k) => services[k]!);
  const run = await runVirtual(steady(4, 40, 12), script, { slowUs: 0 });
  const responses = responsesUs(run);
  const intended = run.slow
    .result()
    .kept.map(({ intendedUs }) => intendedUs)
    .toSorted((a, b) => a - b);
  assert.ok(responses.length > 1_150, `${responses.length}`);
  // The intended times are those of the plan, computed here from the flow alone.
  assert.deepEqual(intended, planUs(4, 40, 12, intended[0]! - START_US).slice(0, intended.length));
  // Replayed from the moments at which the messages came: exact, each one.
  const arrivals = script.seen.map(({ atUs }) => atUs);
  const replay = lindley(arrivals, services);
  assert.deepEqual(
    responses,
    responses.map((_, k) => replay[k]! + arrivals[k]! - intended[k]!),
  );
  // And from the plan alone: within the grid of the timers.
  const onPaper = lindley(intended, services);
  for (const [k, us] of responses.entries()) assert.ok(Math.abs(us - onPaper[k]!) <= GRID_US, `${k}: ${us} and ${onPaper[k]}`);
  assert.deepEqual(
    [run.trend('ws_msg_rtt').count, run.trend('ws_msg_rtt').max, run.trend('ws_msg_rtt').sum],
    [responses.length, Math.max(...responses), responses.reduce((sum, us) => sum + us, 0)],
  );
});
