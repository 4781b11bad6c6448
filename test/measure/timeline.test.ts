import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER, GAUGE, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { Snapshots } from '../../src/measure/snapshot.js';
import { Timeline } from '../../src/measure/timeline.js';

/** Second s (from 1) sends s messages, has s clients open, and every even second one message that took s ms. */
function run(seconds: number, capacity: number): Timeline {
  const recorder = new Recorder(new SharedArrayBuffer(Recorder.byteLength));
  const snapshots = new Snapshots([recorder], 0);
  const timeline = new Timeline(capacity);
  for (let second = 1; second <= seconds; second++) {
    recorder.count(COUNTER.ws_msgs_sent, second);
    recorder.gauge(GAUGE.clients_open, second);
    if (second % 2 === 0) recorder.record(TREND.ws_msg_rtt, second);
    if (second <= 3) recorder.count(COUNTER.sessions_ready);
    timeline.add(snapshots.take(second * 1e6), { generator_rss_bytes: 100 + second });
  }
  return timeline;
}

describe('Timeline', () => {
  it('has one step a second, and null where a second has no sample', () => {
    const record = run(4, 8).toRecord();
    assert.equal(record.stepMs, 1000);
    assert.deepEqual(record.elapsedMs, [1000, 2000, 3000, 4000]);
    assert.deepEqual(record.ws_msgs_sent, [1, 2, 3, 4]);
    assert.deepEqual(record.clients_open, [1, 2, 3, 4]);
    assert.deepEqual(record.ws_msg_rtt_p99, [null, 0.002, null, 0.004]);
    assert.deepEqual(record.ws_msg_rtt_count, [null, 1, null, 1]);
    assert.deepEqual(record.generator_rss_bytes, [101, 102, 103, 104]);
    assert.equal(record.session_ready_p99, undefined);
  });

  it('makes one step of two when it is full: counts add up, gauges keep the last, percentiles the worse', () => {
    const record = run(10, 4).toRecord();
    assert.equal(record.stepMs, 4000);
    assert.deepEqual(record.elapsedMs, [4000, 8000, 10_000]);
    assert.deepEqual(record.ws_msgs_sent, [1 + 2 + 3 + 4, 5 + 6 + 7 + 8, 9 + 10]);
    assert.deepEqual(record.clients_open, [4, 8, 10]);
    assert.deepEqual(record.ws_msg_rtt_p99, [0.004, 0.008, 0.01]);
    assert.deepEqual(record.ws_msg_rtt_count, [2, 2, 1]);
  });

  it('stays bounded over hours, with columns of one length and no message lost', () => {
    const record = run(5000, 64).toRecord();
    const columns = Object.values(record).filter((column) => Array.isArray(column));
    for (const column of columns) assert.equal(column.length, columns[0]!.length);
    assert.ok(columns[0]!.length <= 64 && columns[0]!.length > 32, `${columns[0]!.length} steps`);
    const sent = (record.ws_msgs_sent as number[]).reduce((sum, count) => sum + count, 0);
    assert.equal(sent, (5000 * 5001) / 2);
  });

  it('knows until when clients were connecting', () => {
    assert.equal(run(10, 4).connectingMs, 3000);
    assert.equal(new Timeline().connectingMs, 0);
  });
});
