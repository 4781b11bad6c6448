import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTER, COUNTER_NAMES, GAUGE_NAMES, TREND, TREND_NAMES } from '../../src/measure/metric-names.js';
import type { Snapshot, TrendInterval } from '../../src/measure/snapshot.js';
import { ErrorLimit, FAILING_FOR_SECONDS } from '../../src/run/error-limit.js';

interface Second {
  readonly failed?: number;
  readonly passed?: number;
  readonly answered?: number;
  readonly ready?: number;
  readonly beats?: number;
}

/** The second at whose end the limit is reached, from 1; undefined when it never is. */
function reachedAfter(seconds: readonly Second[]): number | undefined {
  const limit = new ErrorLimit();
  let errors = 0;
  for (const [index, { failed = 0, passed = 0, answered = 0, ready = 0, beats = 0 }] of seconds.entries()) {
    const counters = new Float64Array(COUNTER_NAMES.length);
    counters[COUNTER.checks_passed] = passed;
    counters[COUNTER.ledger_ok] = answered;
    counters[COUNTER.heartbeats_answered] = beats;
    const trends = new Array<TrendInterval | undefined>(TREND_NAMES.length);
    if (ready > 0) trends[TREND.session_ready] = { count: ready, p50Us: 1, p90Us: 1, p99Us: 1, maxUs: 1 };
    const gauges = new Float64Array(GAUGE_NAMES.length);
    const snapshot: Snapshot = { elapsedMs: (index + 1) * 1000, intervalMs: 1000, counters, totals: counters, gauges, trends };
    errors += failed;
    if (limit.isReached(snapshot, errors)) return index + 1;
  }
  return undefined;
}

const times = (count: number, second: Second): Second[] => new Array<Second>(count).fill(second);

test('a run of which more than half fails is ended after ten seconds', () => {
  assert.equal(FAILING_FOR_SECONDS, 10);
  assert.equal(reachedAfter(times(60, { failed: 51, passed: 49 })), 10);
  assert.equal(reachedAfter(times(60, { failed: 51, ready: 49 })), 10);
  assert.equal(reachedAfter(times(60, { failed: 51, beats: 49 })), 10);
});

test('half is not more than half, and a run without errors goes on for ever', () => {
  assert.equal(reachedAfter(times(60, { failed: 50, passed: 50 })), undefined);
  assert.equal(reachedAfter(times(60, { failed: 50, passed: 30, ready: 10, beats: 10 })), undefined);
  assert.equal(reachedAfter(times(60, { failed: 50, answered: 50, passed: 50 })), undefined);
  assert.equal(reachedAfter(times(60, { failed: 50, answered: 50 })), undefined);
  assert.equal(reachedAfter(times(60, { failed: 51, answered: 50, passed: 50 })), 10);
  assert.equal(reachedAfter(times(60, { passed: 1 })), undefined);
  assert.equal(reachedAfter(times(60, {})), undefined);
});

test('one second in which the target keeps up begins the time again', () => {
  const nearly = times(9, { failed: 9, passed: 1 });
  assert.equal(reachedAfter([...nearly, { passed: 5, failed: 5 }, ...nearly, { failed: 1 }]), 20);
  assert.equal(reachedAfter([...nearly, { passed: 5 }, ...nearly, { passed: 5 }]), undefined);
});

test('failures that come in bursts, as time-outs do, count with the silence between them, but one burst alone does not', () => {
  const burst = [{ failed: 100 }, ...times(4, {})];
  assert.equal(reachedAfter([...burst, ...burst, ...burst]), 11);
  assert.equal(reachedAfter([{ failed: 100 }, ...times(60, {})]), undefined);
  assert.equal(reachedAfter([{ passed: 1 }, { failed: 100 }, ...times(30, {}), { passed: 1 }]), undefined);
});
