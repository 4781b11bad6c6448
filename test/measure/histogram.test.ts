import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inflateSync } from 'node:zlib';
import { build, decodeFromCompressedBase64, type JsHistogram } from 'hdr-histogram-js';
import { Prng } from '../../src/core/prng.js';
import { Histogram, histogramOf, samplesNeeded } from '../../src/measure/histogram.js';
import { TREND } from '../../src/measure/metric-names.js';
import { BUCKETS, bucketLowestUs, bucketOf, HIGHEST_US, Recorder } from '../../src/measure/recorder.js';

const trend = TREND.ws_msg_rtt;
const newRecorder = (): Recorder => new Recorder(new SharedArrayBuffer(Recorder.byteLength));

function recorded(values: Iterable<number>): Recorder {
  const recorder = newRecorder();
  for (const us of values) recorder.record(trend, us);
  return recorder;
}

describe('Histogram', () => {
  it('has the percentiles of hdr-histogram-js for 100,000 random values', () => {
    const seed = 4711;
    const random = new Prng(seed);
    const hdr = build({ bitBucketSize: 64, highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: 3, autoResize: false });
    const recorder = newRecorder();
    let maxUs = 0;
    for (let trial = 0; trial < 100_000; trial++) {
      const us = Math.min(HIGHEST_US, Math.floor(2 ** (random.next() * 27)) || 1);
      hdr.recordValue(us);
      recorder.record(trend, us);
      maxUs = Math.max(maxUs, us);
    }
    const histogram = histogramOf([recorder], trend);
    for (const percent of [0.001, 1, 10, 25, 33.3, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9, 99.99, 99.999]) {
      assert.equal(histogram.percentileUs(percent), Math.min(maxUs, hdr.getValueAtPercentile(percent)), `p(${percent}), seed ${seed}`);
    }
  });

  it('finds the rank that a percentile means, where the product of both is not exact', () => {
    // 1 .. n, all of them in buckets of 1 us: the p-th percentile is the ceil(p n / 100)-th value.
    const n = 2000;
    const histogram = histogramOf([recorded(Array.from({ length: n }, (_, i) => i + 1))], trend);
    for (let tenth = 1; tenth <= 1000; tenth++) {
      assert.equal(histogram.percentileUs(tenth / 10), Math.ceil((tenth * n) / 1000), `p(${tenth / 10})`);
    }
  });

  it('gives the closed form of one stall of 600 ms in 20 s at 1,000 messages a second', () => {
    // 20,000 messages; 600 of them wait, 1 ms less each: p99 cuts the 200 worst off, so it is 400 ms, and so on.
    const values = Array.from({ length: 20_000 }, (_, i) => (i < 600 ? (600 - i) * 1000 : 300));
    const histogram = histogramOf([recorded(values)], trend);
    const near = (percent: number, ms: number): void => {
      const actual = histogram.percentileUs(percent)! / 1000;
      assert.ok(Math.abs(actual - ms) <= ms * 0.001, `p(${percent}) is ${actual} ms, not ${ms} ms`);
    };
    near(97, 0.3);
    near(98, 200);
    near(99, 400);
    near(99.9, 580);
    assert.equal(histogram.maxUs, 600_000);
    assert.equal(histogram.minUs, 300);
    assert.equal(histogram.meanUs, (600 * 601 * 500 + 19_400 * 300) / 20_000);
  });

  it('merges workers by their counts: the percentile is that of all values, not a mean of percentiles', () => {
    const fast = recorded(Array.from({ length: 9900 }, () => 1000));
    const slow = recorded(Array.from({ length: 100 }, () => 2000));
    const histogram = histogramOf([fast, slow, newRecorder()], trend);
    assert.equal(histogram.count, 10_000);
    assert.equal(histogram.percentileUs(99), 1000);
    assert.equal(histogram.percentileUs(99.01), 2000);
    assert.equal(histogram.minUs, 1000);
    assert.equal(histogram.maxUs, 2000);
    assert.equal(histogram.meanUs, 1010);
  });

  it('never says more than the exact maximum or less than the exact minimum', () => {
    const histogram = histogramOf([recorded([100_001])], trend);
    assert.equal(histogram.percentileUs(50), 100_001);
    assert.equal(histogram.percentileUs(0), 100_001);
    assert.equal(histogram.percentileUs(100), 100_001);
  });

  it('has no values at all without samples', () => {
    const histogram = histogramOf([newRecorder()], trend);
    assert.deepEqual(
      [histogram.count, histogram.percentileUs(99), histogram.minUs, histogram.maxUs, histogram.meanUs],
      [0, undefined, undefined, undefined, undefined],
    );
  });

  it('goes through the V2 form with every count, also one beyond 2^32', () => {
    const counts = new Float64Array(BUCKETS);
    const expected = new Map([
      [1, 3],
      [2047, 1],
      [70_000, 2 ** 33 + 1],
      [HIGHEST_US, 2],
    ]);
    for (const [us, count] of expected) counts[bucketOf(us)] = count;
    const histogram = new Histogram(counts, { minUs: 1, maxUs: HIGHEST_US, sumUs: 0, overflow: 0, invalid: 0 });
    const decoded = decodeFromCompressedBase64(histogram.toV2Base64(), 64) as JsHistogram;
    assert.equal(decoded.totalCount, 2 ** 33 + 7);
    for (const [us, count] of expected) assert.equal(decoded.getCountAtIndex(decoded.countsArrayIndex(us)), count, `${us} us`);
    assert.equal(decoded.getValueAtPercentile(50), bucketLowestUs(bucketOf(70_000) + 1) - 1);
  });

  it('has the V2 header of the format: offset 0 and ratio 1.0', () => {
    const bytes = Buffer.from(histogramOf([recorded([5, 5000])], trend).toV2Base64(), 'base64');
    assert.equal(bytes.readUInt32BE(0), 0x1c849314);
    assert.equal(bytes.readInt32BE(4), bytes.length - 8);
    const payload = inflateSync(bytes.subarray(8));
    assert.equal(payload.readUInt32BE(0), 0x1c849313);
    assert.equal(payload.readInt32BE(4), payload.length - 40);
    assert.equal(payload.readInt32BE(8), 0);
    assert.equal(payload.readInt32BE(12), 3);
    assert.equal(payload.readBigInt64BE(16), 1n);
    assert.equal(payload.readBigInt64BE(24), BigInt(HIGHEST_US));
    assert.equal(payload.readDoubleBE(32), 1);
  });

  it('knows how many samples a percentile needs', () => {
    assert.deepEqual([50, 90, 99, 99.9, 99.99, 100].map(samplesNeeded), [20, 100, 1000, 10_000, 100_000, 1]);
  });
});
