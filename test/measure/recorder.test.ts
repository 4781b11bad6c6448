import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type BuildRequest, build } from 'hdr-histogram-js';
import { Prng } from '../../src/core/prng.js';
import { COUNTER, COUNTER_NAMES, GAUGE, TREND, TREND_NAMES } from '../../src/measure/metric-names.js';
import {
  BUCKETS,
  bucketHighestUs,
  bucketLowestUs,
  bucketOf,
  CELL_COUNT,
  CELL_INVALID,
  CELL_MAX,
  CELL_MIN,
  CELL_OVERFLOW,
  CELL_SUM,
  CELLS,
  HIGHEST_US,
  Recorder,
} from '../../src/measure/recorder.js';

const geometry: BuildRequest = {
  bitBucketSize: 64,
  lowestDiscernibleValue: 1,
  highestTrackableValue: HIGHEST_US,
  numberOfSignificantValueDigits: 3,
  autoResize: false,
};
const TRIALS = 100_000;
const newRecorder = (): Recorder => new Recorder(new SharedArrayBuffer(Recorder.byteLength));
const cellOf = (recorder: Recorder, trend: number, cell: number): number => recorder.cells[trend * CELLS + cell]!;

/** Values of every size: uniform in the logarithm, from 1 us to HIGHEST_US. */
function* values(seed: number): Generator<number> {
  const random = new Prng(seed);
  for (let trial = 0; trial < TRIALS; trial++) yield Math.min(HIGHEST_US, Math.floor(2 ** (random.next() * 27)));
}

describe('Recorder', () => {
  it('puts 100,000 random values into the bucket that hdr-histogram-js puts them into', () => {
    const seed = 20261122;
    const hdr = build(geometry) as unknown as { countsArrayIndex(value: number): number };
    for (const us of values(seed)) assert.equal(bucketOf(us), hdr.countsArrayIndex(us), `${us} us, seed ${seed}`);
  });

  it('has buckets that follow one another without gap or overlap, up to the highest value', () => {
    for (let bucket = 1; bucket < BUCKETS; bucket++) {
      assert.equal(bucketOf(bucketLowestUs(bucket)), bucket);
      assert.equal(bucketOf(bucketHighestUs(bucket)), bucket);
      assert.equal(bucketLowestUs(bucket), bucketHighestUs(bucket - 1) + 1);
    }
    assert.equal(bucketHighestUs(BUCKETS - 1), HIGHEST_US);
  });

  it('keeps count, minimum, maximum and sum exactly', () => {
    const recorder = newRecorder();
    for (let us = 1_000_000; us >= 1; us -= 1000) recorder.record(TREND.ws_msg_rtt, us);
    assert.equal(cellOf(recorder, TREND.ws_msg_rtt, CELL_COUNT), 1000);
    assert.equal(cellOf(recorder, TREND.ws_msg_rtt, CELL_MIN), 1000);
    assert.equal(cellOf(recorder, TREND.ws_msg_rtt, CELL_MAX), 1_000_000);
    assert.equal(cellOf(recorder, TREND.ws_msg_rtt, CELL_SUM), (1000 * 1001 * 1000) / 2);
  });

  it('cuts fractions off and counts what is below 1 us as 1 us', () => {
    const recorder = newRecorder();
    for (const us of [0, -5, 0.4, 1.9, Number.NEGATIVE_INFINITY, -0]) {
      if (us !== Number.NEGATIVE_INFINITY) recorder.record(TREND.ws_ping, us);
    }
    assert.equal(recorder.buckets[TREND.ws_ping * BUCKETS + 1], 5);
    assert.equal(cellOf(recorder, TREND.ws_ping, CELL_SUM), 5);
  });

  it('keeps what is not a number out of everything but its own count', () => {
    const recorder = newRecorder();
    for (const us of [Number.NaN, Number.POSITIVE_INFINITY, undefined as unknown as number]) recorder.record(TREND.ws_ping, us);
    assert.equal(cellOf(recorder, TREND.ws_ping, CELL_INVALID), 3);
    assert.equal(cellOf(recorder, TREND.ws_ping, CELL_COUNT), 0);
    assert.equal(
      recorder.buckets.reduce((sum, count) => sum + count, 0),
      0,
    );
  });

  it('counts a value beyond the range in the last bucket and as overflow, and knows it as the maximum', () => {
    const recorder = newRecorder();
    recorder.record(TREND.session_ready, HIGHEST_US);
    recorder.record(TREND.session_ready, HIGHEST_US + 1);
    recorder.record(TREND.session_ready, 3_600_000_000);
    assert.equal(cellOf(recorder, TREND.session_ready, CELL_OVERFLOW), 2);
    assert.equal(cellOf(recorder, TREND.session_ready, CELL_COUNT), 3);
    assert.equal(recorder.buckets[TREND.session_ready * BUCKETS + BUCKETS - 1], 3);
    assert.equal(cellOf(recorder, TREND.session_ready, CELL_MAX), 3_600_000_000);
  });

  it('counts beyond 2^32 without wrapping', () => {
    const recorder = newRecorder();
    recorder.count(COUNTER.data_received, 2 ** 40);
    recorder.count(COUNTER.data_received, 1);
    recorder.count(COUNTER.data_received);
    assert.equal(recorder.counters[COUNTER.data_received], 2 ** 40 + 2);
  });

  it('keeps every trend, counter and gauge apart', () => {
    const recorder = newRecorder();
    TREND_NAMES.forEach((name, id) => {
      for (let i = 0; i <= id; i++) recorder.record(TREND[name], HIGHEST_US);
    });
    COUNTER_NAMES.forEach((_, id) => {
      recorder.count(id, id);
    });
    recorder.gauge(GAUGE.clients_connecting, 7);
    recorder.gauge(GAUGE.clients_peak_open, 9);
    TREND_NAMES.forEach((name, id) => {
      assert.equal(cellOf(recorder, TREND[name], CELL_COUNT), id + 1);
      assert.equal(recorder.buckets[id * BUCKETS + BUCKETS - 1], id + 1);
    });
    assert.deepEqual(
      [...recorder.counters],
      COUNTER_NAMES.map((_, id) => id),
    );
    assert.deepEqual([...recorder.gauges], [7, 0, 0, 9]);
  });

  it('shows another thread what it records', async () => {
    const buffer = new SharedArrayBuffer(Recorder.byteLength);
    const module = new URL('../../src/measure/recorder.js', import.meta.url).href;
    const code = `import(${JSON.stringify(module)}).then(({ Recorder }) => {
      const recorder = new Recorder(require('node:worker_threads').workerData);
      for (let us = 1; us <= 5000; us++) recorder.record(${TREND.tcp_connecting}, us);
    })`;
    const worker = new Worker(code, { eval: true, workerData: buffer });
    await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    const reader = new Recorder(buffer);
    assert.equal(cellOf(reader, TREND.tcp_connecting, CELL_COUNT), 5000);
    assert.equal(cellOf(reader, TREND.tcp_connecting, CELL_SUM), (5000 * 5001) / 2);
  });

  it('forgets everything on reset, and nothing when a reader is laid over it', () => {
    const buffer = new SharedArrayBuffer(Recorder.byteLength);
    const recorder = new Recorder(buffer);
    recorder.record(TREND.ws_ping, 10);
    recorder.count(COUNTER.timeouts);
    recorder.gauge(GAUGE.clients_open, 1);
    assert.equal(cellOf(new Recorder(buffer), TREND.ws_ping, CELL_COUNT), 1);
    recorder.reset();
    assert.ok(new Float64Array(buffer).every((cell) => cell === 0));
  });

  it('refuses a buffer that is too small', () => {
    assert.throws(() => new Recorder(new SharedArrayBuffer(Recorder.byteLength - 8)), RangeError);
  });
});
