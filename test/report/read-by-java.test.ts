import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { HistogramLogReader } from 'hdr-histogram-js';
import { percentileUsOf } from '../../src/measure/histogram.js';
import { hlogHead, intervalLine } from '../../src/report/hlog.js';
import { buildReport } from '../../src/report/report.js';
import { sampleRun } from './sample-run.js';
import { wideHistogram } from './wide-histogram.js';

/**
 * What HdrHistogram 2.2.2 for Java (org.hdrhistogram on Maven Central) said of the files beside it: Histogram.decodeFromCompressedByteBuffer
 * of wide.v2.txt, HistogramLogReader of sample.hlog, then getTotalCount and getValueAtPercentile.
 */
interface Read {
  readonly count: number;
  readonly percentiles: Readonly<Record<string, number>>;
}
const fixture = (name: string): string => readFileSync(new URL(`../../../test/report/fixtures/${name}`, import.meta.url), 'utf8');
const java = JSON.parse(fixture('read-by-java.json')) as {
  readonly v2: Read;
  readonly hlog: readonly { readonly tag: string; readonly startMs: number; readonly endMs: number; readonly histogram: Read }[];
};

/** The histogram in a V2 text, without the compression, which may differ from one zlib to the next. */
const payloadOf = (base64: string): Buffer => inflateSync(Buffer.from(base64, 'base64').subarray(8));

test('HdrHistogram for Java reads every percentile of our V2 as we do, to the microsecond', () => {
  const { counts, count } = wideHistogram();
  assert.equal(java.v2.count, count);
  for (const [percent, us] of Object.entries(java.v2.percentiles))
    assert.equal(percentileUsOf(counts, count, Number(percent)), us, `p${percent}`);
  assert.equal(Object.keys(java.v2.percentiles).length, 12);
});

test('what we write today is what Java read', () => {
  assert.deepEqual(payloadOf(wideHistogram().toV2Base64()), payloadOf(fixture('wide.v2.txt').trim()));
  let seconds = '';
  const report = buildReport(
    sampleRun((growth) => {
      seconds += intervalLine(growth);
    }),
  );
  const [today, then] = [hlogHead(report) + seconds, fixture('sample.hlog')].map((text) => text.trimEnd().split('\n'));
  assert.equal(today!.length, then!.length);
  for (const [index, line] of today!.entries()) {
    const [head, histogram] = [line, then![index]!].map((one) => one.slice(0, one.lastIndexOf(',') + 1));
    assert.equal(head, histogram);
    if (line.startsWith('Tag=')) assert.deepEqual(payloadOf(line.slice(head!.length)), payloadOf(then![index]!.slice(head!.length)), head);
  }
});

test('HdrHistogram for Java and for JavaScript read the same out of our log, tag by tag', () => {
  const reader = new HistogramLogReader(fixture('sample.hlog'), 64);
  for (const { tag, startMs, endMs, histogram: expected } of java.hlog) {
    const histogram = reader.nextIntervalHistogram()!;
    assert.deepEqual([histogram.tag, histogram.startTimeStampMsec, histogram.endTimeStampMsec], [tag, startMs, endMs]);
    assert.equal(histogram.totalCount, expected.count);
    for (const [percent, us] of Object.entries(expected.percentiles))
      assert.equal(histogram.getValueAtPercentile(Number(percent)), us, `${tag} p${percent}`);
  }
  assert.equal(reader.nextIntervalHistogram(), null);
});
