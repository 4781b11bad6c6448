import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogramOf } from '../../src/measure/histogram.js';
import { HoldWindow } from '../../src/measure/hold.js';
import { COUNTER, TREND } from '../../src/measure/metric-names.js';
import { metricView } from '../../src/measure/metric-view.js';
import { Recorder } from '../../src/measure/recorder.js';
import { measurementsOf, runRecorders } from '../../src/measure/selections.js';

const S = 1e6;
const SCENARIOS = [
  { name: 'chat', tags: { kind: 'slow' } },
  { name: 'fight', tags: { kind: 'fast' } },
];

/** Two workers of two scenarios; scenario s of worker w records 1000 * (phase + 1) + 100 * s + w, us, in each phase. */
function recorded(plan = { rampEndUs: 2 * S, clients: 1, endUs: 6 * S }) {
  const buffers = [0, 1].map(() => new SharedArrayBuffer(2 * Recorder.byteLength));
  const recorders = runRecorders(buffers, SCENARIOS);
  const window = new HoldWindow(recorders.all, plan);
  for (const [phase, lookAtUs] of [2 * S, 6 * S, 9 * S].entries()) {
    for (const [scenario, ofWorkers] of recorders.ofScenario.entries()) {
      for (const [worker, recorder] of ofWorkers.entries()) {
        recorder.record(TREND.ws_msg_rtt, 1000 * (phase + 1) + 100 * scenario + worker);
        recorder.count(COUNTER.ws_msgs_sent, 10 ** phase);
        recorder.count(COUNTER.connects_started);
      }
    }
    if (phase < 2) window.look(lookAtUs);
  }
  const from = measurementsOf(recorders, window, 9000, 7);
  const values = (name: string) => {
    const view = metricView(name, from);
    if (view?.type !== 'trend') return undefined;
    const { count, minUs, maxUs, meanUs } = view.histogram;
    return { count, minUs, maxUs, meanUs };
  };
  return { from, values, recorders };
}

test('every phase has its own samples, exact in count, mean and extremes', () => {
  const { values } = recorded();
  assert.deepEqual(values('ws_msg_rtt{phase:ramp}'), { count: 4, minUs: 1000, maxUs: 1101, meanUs: 1050.5 });
  assert.deepEqual(values('ws_msg_rtt{phase:hold}'), { count: 4, minUs: 2000, maxUs: 2101, meanUs: 2050.5 });
  const drain = values('ws_msg_rtt{phase:drain}')!;
  // The least of a later phase is known to the width of its bucket.
  assert.deepEqual([drain.count, drain.maxUs, drain.meanUs], [4, 3101, 3050.5]);
  assert.ok(drain.minUs! <= 3000 && drain.minUs! >= 2998);
  assert.equal(values('ws_msg_rtt')?.count, 12);
});

test('counters of a phase are a second of that phase', () => {
  const { from } = recorded();
  const counter = (name: string) => metricView(name, from);
  assert.deepEqual(counter('ws_msgs_sent{phase:ramp}'), { type: 'counter', count: 4, perSecond: 2 });
  assert.deepEqual(counter('ws_msgs_sent{phase:hold}'), { type: 'counter', count: 40, perSecond: 10 });
  assert.deepEqual(counter('ws_msgs_sent{phase:drain}'), { type: 'counter', count: 400, perSecond: 400 / 3 });
  assert.deepEqual(counter('ws_msgs_sent'), { type: 'counter', count: 444, perSecond: 444 / 9 });
  assert.deepEqual(counter('errors'), { type: 'counter', count: 7, perSecond: 7 / 9 });
});

test('scenarios and tags are apart, and together with phases', () => {
  const { values, recorders } = recorded();
  assert.deepEqual(values('ws_msg_rtt{scenario:fight}'), { count: 6, minUs: 1100, maxUs: 3101, meanUs: 2100.5 });
  assert.deepEqual(values('ws_msg_rtt{kind:slow}')?.count, 6);
  assert.deepEqual(values('ws_msg_rtt{scenario:fight,phase:hold}'), { count: 2, minUs: 2100, maxUs: 2101, meanUs: 2100.5 });
  assert.equal(values('ws_msg_rtt{scenario:nobody}'), undefined);
  const parts = ['chat', 'fight'].map((name) => values(`ws_msg_rtt{scenario:${name}}`)!.count);
  assert.equal(parts[0]! + parts[1]!, histogramOf(recorders.all, TREND.ws_msg_rtt).count);
});

test('percentiles of a phase are those of its own samples', () => {
  const recorders = runRecorders([new SharedArrayBuffer(Recorder.byteLength)], [{ name: 'only', tags: {} }]);
  const [recorder] = recorders.all as [Recorder];
  const window = new HoldWindow(recorders.all, { rampEndUs: S, clients: 0, endUs: 5 * S });
  for (let us = 1; us <= 1000; us++) recorder.record(TREND.ws_msg_rtt, us);
  window.look(5 * S);
  for (let us = 501; us <= 600; us++) recorder.record(TREND.ws_msg_rtt, us);
  const from = measurementsOf(recorders, window, 6000, 0);
  const p = (name: string, percent: number) => {
    const view = metricView(name, from);
    return view?.type === 'trend' ? view.histogram.percentileUs(percent) : undefined;
  };
  assert.equal(p('ws_msg_rtt{phase:hold}', 99), 990);
  assert.equal(p('ws_msg_rtt{phase:drain}', 50), 550);
  assert.equal(p('ws_msg_rtt{phase:ramp}', 50), undefined); // arrivals alone: the hold begins with the run
});

test('a ramp that never caught up lasts until the planned end', () => {
  const { values } = recorded({ rampEndUs: 2 * S, clients: 1000, endUs: 6 * S });
  assert.equal(values('ws_msg_rtt{phase:ramp}')?.count, 8);
  assert.equal(values('ws_msg_rtt{phase:hold}'), undefined);
  assert.equal(values('ws_msg_rtt{phase:drain}')?.count, 4);
});

test('a phase can be asked for while it goes on', () => {
  const recorders = runRecorders([new SharedArrayBuffer(Recorder.byteLength)], [{ name: 'only', tags: {} }]);
  const [recorder] = recorders.all as [Recorder];
  const window = new HoldWindow(recorders.all, { rampEndUs: 2 * S, clients: 0, endUs: 5 * S });
  assert.equal(window.measure('hold', recorders.all, 0), undefined);
  recorder.count(COUNTER.errors, 3);
  const view = metricView('errors{phase:hold}', measurementsOf(recorders, window, 1500, 0));
  assert.deepEqual(view, { type: 'counter', count: 3, perSecond: 2 });
  assert.equal(metricView('errors{phase:drain}', measurementsOf(recorders, window, 1500, 0)), undefined);
});

test('the moments at which a part of a run ends are known ahead', () => {
  const window = new HoldWindow([], { rampEndUs: 2 * S, clients: 0, endUs: 5 * S });
  assert.equal(window.nextUs(0), 5 * S);
  const ramping = new HoldWindow([new Recorder(new SharedArrayBuffer(Recorder.byteLength))], {
    rampEndUs: 2 * S,
    clients: 1,
    endUs: 5 * S,
  });
  assert.equal(ramping.nextUs(S), 2 * S);
  assert.equal(ramping.nextUs(3 * S), 5 * S);
  ramping.close(3 * S);
  assert.equal(ramping.nextUs(3 * S), Number.POSITIVE_INFINITY);
});
