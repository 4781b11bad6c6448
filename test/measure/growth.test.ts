import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { histogramOf } from '../../src/measure/histogram.js';
import { TREND, TREND_NAMES } from '../../src/measure/metric-names.js';
import { BUCKETS, HIGHEST_US, Recorder } from '../../src/measure/recorder.js';
import { Snapshots } from '../../src/measure/snapshot.js';

const WORKERS = 3;
/** A duration of a trend on a worker, or a look at them all. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.nat(WORKERS - 1), fc.nat(TREND_NAMES.length - 1), fc.double({ min: -1, max: 2 * HIGHEST_US })) },
  { weight: 1, arbitrary: fc.constant('look' as const) },
);

test('whatever is recorded and whenever it is looked, the intervals of a trend add up to its whole run, bucket by bucket', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const recorders = Array.from({ length: WORKERS }, () => new Recorder(new SharedArrayBuffer(Recorder.byteLength)));
      const sums = new Map<number, Float64Array>();
      let nowUs = 0;
      let fromMs = 0;
      const snapshots = new Snapshots(recorders, 0, (growth) => {
        assert.deepEqual([growth.fromMs, growth.untilMs], [fromMs, nowUs / 1000]);
        const sum = sums.get(growth.trend) ?? new Float64Array(BUCKETS);
        const count = growth.counts.reduce((total, one, bucket) => {
          sum[bucket]! += one;
          return total + one;
        }, 0);
        assert.ok(count > 0, 'an interval without samples is none');
        sums.set(growth.trend, sum);
      });
      const look = (): void => {
        nowUs += 1e6;
        snapshots.take(nowUs);
        fromMs = nowUs / 1000;
      };
      for (const one of steps) {
        if (one === 'look') look();
        else recorders[one[0]]!.record(one[1], one[2]);
      }
      look();
      for (const name of TREND_NAMES) {
        const whole = histogramOf(recorders, TREND[name]);
        assert.deepEqual(sums.get(TREND[name]), whole.count === 0 ? undefined : whole.counts, name);
      }
    }),
    { numRuns: 60 },
  );
});

test('a sample whose bucket is seen later than its count is not lost', () => {
  const recorder = new Recorder(new SharedArrayBuffer(Recorder.byteLength));
  let seen = 0;
  const snapshots = new Snapshots([recorder], 0, ({ counts }) => {
    seen += counts.reduce((sum, count) => sum + count);
  });
  recorder.record(TREND.ws_ping, 5);
  const at = TREND.ws_ping * BUCKETS + 7;
  recorder.record(TREND.ws_ping, 7);
  recorder.buckets[at] = 0;
  snapshots.take(1e6);
  recorder.buckets[at] = 1;
  snapshots.take(2e6);
  assert.equal(seen, 2);
});
