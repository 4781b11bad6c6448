import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Clock } from '../../src/core/clock.js';
import { histogramOf } from '../../src/measure/histogram.js';
import { TREND } from '../../src/measure/metric-names.js';
import { BUCKETS, Recorder } from '../../src/measure/recorder.js';
import { recorderSlots } from '../../src/measure/scenario-recorder.js';
import { runRecorders } from '../../src/measure/selections.js';
import { scenarioLabels } from '../../src/run/plan-facts.js';
import { RunMonitor } from '../../src/run/run-monitor.js';
import { StopRequest } from '../../src/run/stop-request.js';
import type { Workers } from '../../src/run/workers.js';
import { loadScenario } from '../../src/scenario/load.js';
import { TargetWatch } from '../../src/target/target-watch.js';

const START_US = 5e6;
const FILE = `name: x
target: ws://127.0.0.1:1/
scenarios:
  one: { executor: constant-clients, clients: 1, duration: 4700ms, flow: [ { connect: {} } ] }
  two: { executor: constant-clients, clients: 1, duration: 4700ms, flow: [ { connect: {} } ] }
`;

/** Two workers with two scenarios record a message a millisecond each, until they end by themselves after `lastsMs` or are ended by force. */
async function monitored(lastsMs: number): Promise<{ spans: number[][]; sum: Float64Array; whole: Float64Array }> {
  const { plan } = loadScenario(FILE, { file: 'x.yaml' });
  const buffers = [1, 2].map(() => new SharedArrayBuffer(Recorder.byteLength * recorderSlots(2)));
  const recorders = runRecorders(buffers, scenarioLabels(plan));
  let nowUs = START_US;
  let isForced = false;
  const clock: Clock = { nowUs: () => nowUs, unixMs: () => nowUs / 1000 };
  const record = (recorder: Recorder, worker: number): void => recorder.record(TREND.ws_msg_rtt, (nowUs - START_US) / 10 + worker);
  const workers = {
    deaths: [],
    get allEnded() {
      return isForced || nowUs >= START_US + lastsMs * 1000;
    },
    async ended(ms: number) {
      for (let i = 0; i < ms && !this.allEnded; i++, nowUs += 1000) recorders.all.forEach(record);
    },
    errors: () => [],
    requestStop() {},
    async terminate() {
      isForced = true;
      recorders.all.forEach(record);
    },
  };
  const sum = new Float64Array(BUCKETS);
  const spans: number[][] = [];
  const stop = new StopRequest(new EventEmitter());
  await new RunMonitor({
    plan,
    workers: workers as unknown as Workers,
    recorders,
    target: new TargetWatch([]),
    stop,
    hooks: {
      note: () => {},
      progress: () => undefined,
      growth: ({ fromMs, untilMs, counts }) => {
        spans.push([fromMs, untilMs]);
        counts.forEach((count, bucket) => {
          sum[bucket]! += count;
        });
      },
    },
    startUs: START_US,
    withErrorLimit: false,
    clock,
  }).untilOver();
  stop.close();
  return { spans, sum, whole: histogramOf(recorders.all, TREND.ws_msg_rtt).counts };
}

test('the intervals of a run end with it, and are those of all workers and scenarios together', async () => {
  const { spans, sum, whole } = await monitored(3300);
  assert.deepEqual(spans, [
    [0, 1000],
    [1000, 2000],
    [2000, 3000],
    [3000, 3300],
  ]);
  assert.equal(
    sum.reduce((total, count) => total + count),
    4 * 3300,
  );
  assert.deepEqual(sum, whole);
});

test('what workers recorded that had to be ended by force is in the intervals too', async () => {
  const { sum, whole } = await monitored(Number.POSITIVE_INFINITY);
  assert.deepEqual(sum, whole);
});
