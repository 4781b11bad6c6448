import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTER, COUNTER_NAMES, type CounterName, GAUGE, GAUGE_NAMES, TREND_NAMES } from '../../src/measure/metric-names.js';
import type { Snapshot } from '../../src/measure/snapshot.js';
import { GONE_AFTER_SECONDS, NEVER_THERE_AFTER_SECONDS, TargetGone } from '../../src/run/target-gone.js';

function second(open: number, growth: Partial<Record<CounterName, number>> = {}): Snapshot {
  const counters = new Float64Array(COUNTER_NAMES.length);
  for (const [name, value] of Object.entries(growth)) counters[COUNTER[name as CounterName]] = value;
  const gauges = new Float64Array(GAUGE_NAMES.length);
  gauges[GAUGE.clients_open] = open;
  return { elapsedMs: 0, intervalMs: 1000, counters, totals: counters, gauges, trends: TREND_NAMES.map(() => undefined) };
}

const secondsUntilGone = (watch: TargetGone, snapshot: Snapshot): number => {
  for (let count = 1; count <= 60; count++) if (watch.isGone(snapshot)) return count;
  return Number.POSITIVE_INFINITY;
};

test('a target that nobody ever reached is given up soon, unless clients say that they come back', () => {
  assert.equal(secondsUntilGone(new TargetGone(), second(0, { sessions_failed: 5 })), NEVER_THERE_AFTER_SECONDS);
  assert.equal(secondsUntilGone(new TargetGone(true), second(0, { sessions_failed: 5 })), GONE_AFTER_SECONDS);
});

test('clients that try again and again have not failed, but their errors say that nobody is there', () => {
  const watch = new TargetGone();
  assert.deepEqual(
    [5, 10, 15].map((errors) => watch.isGone(second(0), errors)),
    [false, false, true],
  );
  const patient = new TargetGone(true);
  for (let errors = 5; errors < 500; errors += 5) assert.equal(patient.isGone(second(0), errors), false);
});

test('a target that refuses everybody, and did not before, is gone after the longer time', () => {
  const watch = new TargetGone();
  assert.equal(watch.isGone(second(0, { connects_established: 5 })), false);
  assert.equal(secondsUntilGone(watch, second(0, { sessions_failed: 5 })), GONE_AFTER_SECONDS);
});

test('a target that all connections were lost to is gone, though nobody tries again', () => {
  const watch = new TargetGone();
  assert.equal(watch.isGone(second(100)), false);
  assert.equal(watch.isGone(second(0, { connections_lost: 100 })), false);
  assert.equal(secondsUntilGone(watch, second(0)), GONE_AFTER_SECONDS - 1);
});

test('a plan that starts late or pauses has lost nothing', () => {
  assert.equal(secondsUntilGone(new TargetGone(), second(0)), Number.POSITIVE_INFINITY);
});

test('one client that gets through starts the count again', () => {
  const watch = new TargetGone();
  watch.isGone(second(1));
  for (let count = 1; count < GONE_AFTER_SECONDS; count++) assert.equal(watch.isGone(second(0, { sessions_failed: 1 })), false);
  assert.equal(watch.isGone(second(0, { sessions_failed: 1, connects_established: 1 })), false);
  assert.equal(secondsUntilGone(watch, second(0, { sessions_failed: 1 })), GONE_AFTER_SECONDS);
});

test('errors of some, while others are connected, are no loss of the target', () => {
  assert.equal(secondsUntilGone(new TargetGone(), second(3, { sessions_failed: 50, connections_lost: 9 })), Number.POSITIVE_INFINITY);
});
