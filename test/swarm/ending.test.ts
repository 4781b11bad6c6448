import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echoAfter, runVirtual, START_US, type VirtualRun } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

const holding = (clients: number, graceful = '1s'): string => `
executor: constant-clients
clients: ${clients}
duration: 1s
gracefulStop: ${graceful}
flow: [ { connect: {} } ]`;

const looping = (send: string, loop = 'every: 10ms'): string => `
executor: constant-clients
clients: 3
duration: 1s
gracefulStop: 2s
flow:
  - connect: {}
  - loop:
      ${loop}
      steps: [ { send: ${send} } ]`;

test('at the end every client closes in order, a bounded number at once', async () => {
  let closing = 0;
  let most = 0;
  const script: Script = {
    onClose(server, row, code) {
      most = Math.max(most, ++closing);
      server.close(row, code, 1_000);
      server.end(row, 0, 1_000);
      server.after(1_000, () => closing--);
    },
  };
  const run = await runVirtual(holding(60), script, { maxConnecting: 7 });
  assert.equal(most, 7);
  assert.equal(run.counter('connections_lost'), 0);
  assert.deepEqual(run.errors(), {});
  assert.deepEqual(run.transport.aborted, []);
  assert.equal(run.gauge('clients_open'), 0);
});

test('who has not left when gracefulStop is over is cut off and counted', async () => {
  const run = await runVirtual(holding(60, '300ms'), { onClose: () => {} }, { maxConnecting: 7 });
  assert.equal(run.transport.aborted.length, 60);
  assert.ok(Math.abs(run.nowUs - 1_300_000) < 1_000, `${run.nowUs}`);
  assert.deepEqual(run.errors(), { 'timeout.graceful-stop': 60 });
  assert.equal(run.counter('connections_lost'), 0);
});

test('a server that does not end a connection after the close frames is not waited for longer than five seconds', async () => {
  const run = await runVirtual(holding(1, '30s'), { onClose: () => {} });
  assert.ok(Math.abs(run.nowUs - 6_000_000) < 1_000, `${run.nowUs}`);
  assert.deepEqual(run.errors(), { 'timeout.close': 1 });
});

test('no message is planned for after the end, and open requests are answered before the close', async () => {
  const closes: number[] = [];
  const script: Script = {
    ...echoAfter(300_000),
    onClose(server, row, code) {
      closes.push(server.nowUs - START_US);
      server.close(row, code);
      server.end(row, 0, 50);
    },
  };
  const run = await runVirtual(looping('{ text: "x", expect: { within: 1s } }'), script);
  assert.equal(run.counter('ledger_sent'), run.counter('ledger_ok'));
  assert.ok(
    closes.every((us) => us > 1_280_000 && us < 1_310_000),
    `${closes}`,
  );
});

test('a finite flow is finished within gracefulStop, an endless one is left at its next step', async () => {
  const finite = await runVirtual(looping('{ text: "x", expect: { within: 1s } }', 'count: 15'), echoAfter(100_000));
  assert.equal(finite.counter('ledger_ok'), 45);
  assert.equal(finite.counter('iterations'), 3);
  const endless = await runVirtual(looping('{ text: "x", expect: { within: 1s } }', ''), echoAfter(100_000));
  assert.equal(endless.counter('iterations'), 0);
  assert.equal(endless.counter('ledger_ok'), 30);
  assert.equal(endless.ledgerGap(), 0);
});

test('a client that thinks inside an endless loop leaves at once', async () => {
  const flow = `
executor: constant-clients
clients: 1
duration: 1s
gracefulStop: 30s
flow:
  - connect: {}
  - loop: { steps: [ { think: { min: 20s, max: 20s } } ] }`;
  const run = await runVirtual(flow, {});
  assert.ok(run.nowUs < 1_010_000, `${run.nowUs}`);
});

const stopAt = (us: number) => (run: VirtualRun) => run.transport.at(START_US + us, () => run.swarm.stop(run.transport.nowUs()));

test('a stop on request ends the ramp, and only those who came leave', async () => {
  const flow = `
executor: ramping-clients
stages: [ { duration: 10s, target: 100 } ]
flow: [ { connect: {} } ]`;
  const run = await runVirtual(flow, {}, { prepare: stopAt(2_050_000) });
  assert.equal(run.counter('sessions_ready'), 20);
  assert.equal(run.counter('sessions_failed'), 0);
  assert.ok(run.nowUs < 2_100_000);
});

test('clients that still wait for their turn to connect at the end have failed', async () => {
  const run = await runVirtual(holding(10), { upgradeUs: (row) => (row === 0 ? 1_500_000 : 200) }, { maxConnecting: 1 });
  // The first one is being opened when the end comes; it becomes ready, and leaves. The nine behind it never began.
  assert.equal(run.counter('sessions_ready'), 1);
  assert.equal(run.counter('sessions_failed'), 9);
  assert.equal(run.counter('connects_started'), 1);
});

test('a ramp that has fallen behind stops connecting at the end, however long those who came take to leave', async () => {
  const flow = `
executor: ramping-clients
stages: [ { duration: 2s, target: 400 }, { duration: 2s, target: 400 } ]
gracefulStop: 30s
flow: [ { connect: { timeout: 30s } } ]`;
  const script: Script = {
    upgradeUs: () => 100_000, // ten at a time, so 400 in the four seconds are out of reach
    onClose(server, row, code) {
      server.close(row, code, 500_000);
      server.end(row, 0, 500_000);
    },
  };
  const run = await runVirtual(flow, script, { maxConnecting: 8 });
  const last = run.transport.connects.at(-1)!.atUs - START_US;
  assert.ok(last < 4_000_000, `${last}`);
  assert.ok(run.counter('connects_started') < 330, `${run.counter('connects_started')}`);
  assert.equal(run.counter('sessions_ready') + run.counter('sessions_failed'), 400);
  assert.equal(run.counter('sessions_ready'), run.counter('connects_started'));
  assert.ok(run.nowUs > 10_000_000); // leaving took long
});
