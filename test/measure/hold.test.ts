import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldWindow } from '../../src/measure/hold.js';
import { COUNTER, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';

const recorders = (): Recorder[] => [1, 2].map(() => new Recorder(new SharedArrayBuffer(Recorder.byteLength)));
const S = 1e6;

test('the hold begins when the ramp is over by the plan and everybody has started, and ends with the plan', () => {
  const [first, second] = recorders() as [Recorder, Recorder];
  const window = new HoldWindow([first, second], { rampEndUs: 2 * S, clients: 10, endUs: 6 * S });
  first.count(COUNTER.connects_started, 5);
  first.record(TREND.pacing_lag, 900_000); // the ramp
  window.look(2 * S);
  first.record(TREND.pacing_lag, 800_000); // the ramp still, for it has fallen behind
  second.count(COUNTER.connects_started, 5);
  window.look(3 * S);
  for (let us = 1; us <= 100; us++) (us % 2 === 0 ? first : second).record(TREND.pacing_lag, us);
  second.record(TREND.ws_ping, 77);
  window.look(4 * S);
  window.look(6 * S);
  first.record(TREND.pacing_lag, 700_000); // everybody leaves
  const hold = window.close(9 * S);
  assert.deepEqual([hold?.fromMs, hold?.untilMs], [3000, 6000]);
  assert.equal(hold?.lag.count, 100);
  assert.deepEqual([hold?.lag.percentileUs(50), hold?.lag.percentileUs(100)], [50, 100]);
  assert.deepEqual([hold?.response.count, hold?.response.percentileUs(99)], [1, 77]);
});

test('messages come before heartbeats as the response time of the hold', () => {
  const [recorder] = recorders() as [Recorder];
  const window = new HoldWindow([recorder], { rampEndUs: 0, clients: 0, endUs: 6 * S });
  recorder.record(TREND.ws_ping, 10);
  recorder.record(TREND.ws_msg_rtt, 20);
  assert.equal(window.close(S)?.response.percentileUs(99), 20);
});

test('a run of arrivals alone is judged from its start', () => {
  const [recorder] = recorders() as [Recorder];
  const window = new HoldWindow([recorder], { rampEndUs: 0, clients: 0, endUs: 6 * S });
  recorder.record(TREND.pacing_lag, 5);
  assert.equal(window.close(S)?.lag.count, 1);
  assert.equal(window.close(2 * S)?.untilMs, 1000);
});

test('a ramp that never ends has no hold', () => {
  const [recorder] = recorders() as [Recorder];
  const window = new HoldWindow([recorder], { rampEndUs: 2 * S, clients: 1, endUs: 6 * S });
  window.look(2 * S);
  window.look(6 * S);
  assert.equal(window.close(7 * S), undefined);
});
