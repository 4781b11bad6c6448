import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runVirtual, START_US } from './virtual-run.js';

const storming = (clients: number, share: string, rule = '{ backoff: { min: 2s }, jitter: 50% }', at = '10s'): string => `
executor: constant-clients
clients: ${clients}
duration: 30s
storm: { at: ${at}, share: ${share} }
flow:
  - reconnect: ${rule}
  - connect: {}`;

test('a storm takes its share of the ready clients at its time, and all of them come back', async () => {
  const run = await runVirtual(storming(1000, '50%'), {}, { seed: 4 });
  assert.equal(run.counter('storm_losses'), 500);
  assert.equal(run.transport.aborted.length, 500);
  assert.equal(new Set(run.transport.aborted).size, 500);
  assert.equal(run.counter('ws_reconnects'), 500);
  assert.equal(run.counter('storm_unrecovered'), 0);
  // It was our doing: neither an error nor a loss of the target's.
  assert.deepEqual(run.errors(), {});
  assert.equal(run.counter('connections_lost'), 0);
  assert.equal(run.counter('sessions_failed'), 0);
  const again = run.transport.connects.slice(1000).map(({ atUs }) => (atUs - START_US) / 1e6);
  assert.ok(Math.min(...again) >= 11 && Math.max(...again) <= 13.1, `${Math.min(...again)} ${Math.max(...again)}`);
  const { count, max } = run.trend('storm_recovery');
  assert.equal(count, 500);
  assert.ok(Math.abs(max - (Math.max(...again) - 10) * 1e6 - 300) < 1_000, `${max}`);
});

test('whom a storm hits is drawn from the seed, everybody alike', async () => {
  const hit = async (seed: number): Promise<number[]> => (await runVirtual(storming(400, '25%'), {}, { seed })).transport.aborted;
  const first = await hit(1);
  assert.deepEqual(first, await hit(1));
  assert.notDeepEqual(first, await hit(2));
  assert.equal(first.length, 100);
  // Of each quarter of the rows about a quarter: hypergeometric, five standard deviations are 19.
  for (let quarter = 0; quarter < 4; quarter++) {
    const inside = first.filter((row) => Math.floor(row / 100) === quarter).length;
    assert.ok(Math.abs(inside - 25) < 19, `${inside}`);
  }
});

test('clients that are not back at the end are counted, with the time they have waited', async () => {
  const run = await runVirtual(storming(10, '100%', '{ backoff: { min: 60s, max: 60s }, jitter: 0% }'), {});
  assert.equal(run.counter('storm_losses'), 10);
  assert.equal(run.counter('storm_unrecovered'), 10);
  assert.equal(run.counter('ws_reconnects'), 0);
  const { count, min } = run.trend('storm_recovery');
  assert.equal(count, 10);
  assert.ok(min >= 20e6, `${min}`);
});

test('a storm hits only the clients of its scenario', async () => {
  const own = storming(20, '100%').trim().replace(/^/gm, '    ');
  const run = await runVirtual(
    `scenarios:\n  calm:\n    executor: constant-clients\n    clients: 20\n    duration: 30s\n    flow: [ { connect: {} } ]\n  stormy:\n${own}\n`,
    {},
  );
  assert.equal(run.counter('storm_losses'), 20);
  assert.ok(run.transport.aborted.every((row) => row >= 20));
});

test('a storm at a time at which nobody is ready is none', async () => {
  const run = await runVirtual(storming(5, '100%', '{ jitter: 0% }', '100us'), {});
  assert.equal(run.counter('storm_losses'), 0);
  assert.equal(run.counter('sessions_ready'), 5);
});
