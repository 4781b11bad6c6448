import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import type { LoginBatch } from '../../../reference-server/auth/login-batch.js';
import type { AuthStore } from '../../../reference-server/auth/store.js';
import { Counters } from '../../../reference-server/counters.js';
import { parseServeOptions } from '../../../reference-server/options.js';
import { startServer } from '../../../reference-server/server.js';
import { BreakerIntervals } from '../../../reference-server/telemetry/breaker-intervals.js';
import { CauseLog } from '../../../reference-server/telemetry/cause-log.js';
import { EventLoopLag } from '../../../reference-server/telemetry/event-loop-lag.js';
import { longTurnCause } from '../../../reference-server/telemetry/long-turn.js';
import { QueueWatch } from '../../../reference-server/telemetry/queue-watch.js';
import { TimedStore } from '../../../reference-server/telemetry/timed-store.js';
import { TURN_BOUNDS_US, TurnTimes } from '../../../reference-server/telemetry/turn-times.js';
import { CAUSE_KINDS } from '../../../src/core/cause.js';
import { systemClock } from '../../../src/core/clock.js';
import { isCause, serverFacts } from '../../../src/report/causes.js';
import { ManualClock } from '../auth/manual-clock.js';
import { ask, BEARER, FREE_PORTS, SECRETS } from '../server/http-client.js';

test('the log keeps the newest entries of each kind and says since when it is whole', () => {
  const clock = new ManualClock();
  const startUs = clock.nowUs();
  const log = new CauseLog(clock);
  for (let i = 1; i <= 1_030; i++) log.add({ kind: 'BREAKER', startUs: startUs + i * 10, endUs: startUs + i * 10 + 5 });
  log.add({ kind: 'GC', startUs: startUs + 1, endUs: startUs + 2, thread: 0, pauseUs: 1 });
  const { causes, completeFromUs } = log.since(0);
  const breakers = causes.filter(({ kind }) => kind === 'BREAKER');
  assert.equal(breakers.length, 1_024);
  assert.equal(breakers[0]!.startUs, startUs + 70, 'the six oldest are gone');
  assert.equal(completeFromUs.BREAKER, startUs + 65, 'when the last of them ended');
  assert.equal(completeFromUs.GC, startUs);
  assert.deepEqual(
    log.since(startUs + 10_295).causes.map(({ startUs: at }) => at - startUs),
    [10_290, 10_300],
    'those that ended then or later',
  );
});

test('what still goes on is in the answer, and ends once', () => {
  const clock = new ManualClock();
  const log = new CauseLog(clock);
  const beganUs = clock.nowUs();
  const end = log.begin('QUEUE', 'logic 0');
  clock.ms += 20;
  assert.deepEqual(log.since(0).causes, [{ kind: 'QUEUE', name: 'logic 0', startUs: beganUs, endUs: beganUs + 20_000 }]);
  end();
  clock.ms += 20;
  end();
  assert.deepEqual(log.since(0).causes, [{ kind: 'QUEUE', name: 'logic 0', startUs: beganUs, endUs: beganUs + 20_000 }]);
});

test('a resource counts as broken from its first open breaker to its last', () => {
  const clock = new ManualClock();
  const log = new CauseLog(clock);
  const breakers = new BreakerIntervals(log);
  const hear = (resource: string, from: string, to: string): void => breakers.hear({ event: 'breaker', resource, from, to });
  const beganUs = clock.nowUs();
  hear('store', 'closed', 'open');
  clock.ms += 10;
  hear('store', 'closed', 'open');
  hear('login', 'half-open', 'closed');
  clock.ms += 10;
  hear('store', 'open', 'half-open');
  hear('store', 'half-open', 'open');
  clock.ms += 10;
  hear('store', 'open', 'half-open');
  hear('store', 'open', 'closed');
  clock.ms += 10;
  breakers.hear({ event: 'rules', resource: 'store', from: 'closed', to: 'open' });
  assert.deepEqual(log.since(0).causes, [{ kind: 'BREAKER', name: 'store', startUs: beganUs, endUs: beganUs + 30_000 }]);
});

test('a queue counts as full between looks that found refusals, also when their count wraps around', () => {
  const clock = new ManualClock();
  const log = new CauseLog(clock);
  const beganUs = clock.nowUs();
  let refused = 2 ** 31 - 1;
  const watch = new QueueWatch([{ name: 'q', refused: () => refused | 0 }], clock, log);
  for (const more of [0, 3, 1, 0, 0, 0, 5, 0]) {
    clock.ms += 50;
    refused += more;
    watch.look();
  }
  watch.stop();
  assert.deepEqual(
    log.since(0).causes.map(({ startUs, endUs }) => [startUs - beganUs, endUs - beganUs]),
    [
      [50_000, 150_000],
      [300_000, 350_000],
    ],
  );
});

test('a turn is timed from its first event, or from its tick, and counted in the bucket of its length', () => {
  const turns = new TurnTimes(new Float64Array(64));
  turns.event(1_000);
  turns.event(1_400);
  assert.equal(turns.end(1_500, 1_600), 600);
  assert.equal(turns.end(5_000, 5_128), 128, 'a turn without an event begins with its tick');
  turns.event(10_000);
  assert.equal(turns.end(10_000, 9_000), 0, 'a clock that steps back counts nothing');
  assert.equal(turns.end(1e6, 1e6 + 9e6), 9e6);
  assert.equal(turns.sumUs, 9_000_728);
  assert.equal(turns.longestUs, 9e6);
  const counts = Array.from({ length: TURN_BOUNDS_US.length + 1 }, (_, bucket) => turns.count(bucket));
  assert.deepEqual(counts, [2, 0, 0, 1, ...new Array<number>(TURN_BOUNDS_US.length - 4).fill(0), 1]);
});

test('each length falls into the first bucket that it does not exceed', () => {
  for (const [bucket, boundUs] of TURN_BOUNDS_US.entries()) {
    const turns = new TurnTimes(new Float64Array(64));
    turns.end(0, boundUs);
    turns.end(0, boundUs + 0.5);
    assert.deepEqual([turns.count(bucket), turns.count(bucket + 1)], [1, 1], `${boundUs} us`);
  }
});

test('turns lie behind the counters of their thread and do not touch them', () => {
  const counters = Counters.create();
  counters.values.fill(7);
  counters.turns.end(0, 300);
  assert.ok(counters.values.every((value) => value === 7));
  assert.equal(new Counters(counters.buffer).turns.longestUs, 300);
});

test('the lag of the event loop is what a look comes later than a tenth of a second after the last', async () => {
  const clock = new ManualClock();
  const registry = new Registry();
  const lag = new EventLoopLag(registry, clock);
  lag.stop();
  for (const ms of [100, 107, 90, 1_100]) {
    clock.ms += ms;
    lag.look();
  }
  const [metric] = await registry.getMetricsAsJSON();
  const read = (suffix: string): number[] =>
    metric!.values.filter((value) => 'metricName' in value && value.metricName === metric!.name + suffix).map(({ value }) => value);
  assert.deepEqual(read('_count'), [4]);
  assert.ok(Math.abs(read('_sum')[0]! - 1.007) < 1e-9);
});

test('a long turn is called GC when collections took half of it', () => {
  const turn = { startUs: 0, endUs: 100_000 };
  assert.equal(longTurnCause({ ...turn, pauseUs: 49_999 }, 3).kind, 'LOOP_LAG');
  assert.deepEqual(longTurnCause({ ...turn, pauseUs: 50_000 }, 3), { kind: 'GC', ...turn, thread: 3, pauseUs: 50_000 });
});

test('a call of the store is timed whether it answers or fails, and a slow one is a cause', async () => {
  const clock = new ManualClock();
  const registry = new Registry();
  const causes = new CauseLog(clock);
  const after = async (ms: number): Promise<void> => {
    await Promise.resolve();
    clock.ms += ms;
  };
  const store = {
    login: () => after(19),
    revoke: () => after(20).then(() => true),
    revokeUser: () => after(700).then(() => Promise.reject(new Error('down'))),
  } as unknown as AuthStore;
  const timed = new TimedStore(store, { clock, registry, causes });
  await timed.login({} as LoginBatch);
  assert.equal(await timed.revoke('a', new Uint8Array(16)), true);
  await assert.rejects(timed.revokeUser('a'), /down/u);
  const [metric] = await registry.getMetricsAsJSON();
  const sums = metric!.values.filter((value) => 'metricName' in value && value.metricName === 'gwrk_store_call_seconds_sum');
  assert.deepEqual(
    sums.map(({ labels, value }) => [labels.verb, labels.result, value]),
    [
      ['login', 'ok', 0.019],
      ['revoke', 'ok', 0.02],
      ['revokeUser', 'failed', 0.7],
    ],
  );
  assert.deepEqual(
    causes.since(0).causes.map(({ kind, name, startUs, endUs }) => [kind, name, endUs - startUs]),
    [
      ['STORE_SLOW', 'revoke', 20_000],
      ['STORE_SLOW', 'revokeUser', 700_000],
    ],
  );
});

test('the admin port tells the causes to its bearer, in the form that gwrk run reads', async () => {
  const server = await startServer(parseServeOptions(FREE_PORTS, SECRETS), systemClock);
  try {
    const path = '/admin/v1/causes';
    assert.equal((await ask(server.adminPort, path)).status, 401);
    assert.equal((await ask(server.adminPort, `${path}?since=x`, { headers: BEARER })).status, 400);
    const beforeUs = systemClock.nowUs();
    const answer = await ask(server.adminPort, `${path}?since=0`, { headers: BEARER });
    assert.equal(answer.status, 200);
    const facts = serverFacts(answer.json)!;
    assert.equal(facts.threads, 1);
    assert.equal(facts.kernel.source, 'none');
    assert.notEqual(facts.kernel.reasons.length, 0);
    assert.deepEqual(Object.keys(facts.completeFromUs).sort(), [...CAUSE_KINDS].sort());
    const { nowUs, causes } = answer.json as { nowUs: number; causes: unknown[] };
    assert.ok(nowUs >= beforeUs && nowUs <= systemClock.nowUs(), 'one clock for all processes of a machine');
    assert.ok(causes.every(isCause));
    for (const kind of CAUSE_KINDS) assert.ok(isCause({ kind, startUs: 0, endUs: 0 }), 'both programs know the same kinds');
  } finally {
    await server.stop();
  }
});
