import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER, GAUGE, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { Snapshots } from '../../src/measure/snapshot.js';

const newRecorder = (): Recorder => new Recorder(new SharedArrayBuffer(Recorder.byteLength));

describe('Snapshots', () => {
  it('says what is new since the last look, over all workers', () => {
    const [first, second] = [newRecorder(), newRecorder()];
    const snapshots = new Snapshots([first, second], 5_000_000);
    first.count(COUNTER.ws_msgs_sent, 10);
    for (let i = 0; i < 99; i++) first.record(TREND.ws_msg_rtt, 1000);
    second.record(TREND.ws_msg_rtt, 2000);
    second.gauge(GAUGE.clients_open, 3);
    const one = snapshots.take(6_000_000);
    assert.equal(one.elapsedMs, 1000);
    assert.equal(one.intervalMs, 1000);
    assert.equal(one.counters[COUNTER.ws_msgs_sent], 10);
    assert.equal(one.gauges[GAUGE.clients_open], 3);
    assert.deepEqual(one.trends[TREND.ws_msg_rtt], { count: 100, p50Us: 1000, p90Us: 1000, p99Us: 1000, maxUs: 2000 });

    second.count(COUNTER.ws_msgs_sent, 5);
    first.gauge(GAUGE.clients_open, 4);
    for (let i = 0; i < 10; i++) second.record(TREND.ws_msg_rtt, 1500);
    const two = snapshots.take(7_500_000);
    assert.equal(two.elapsedMs, 2500);
    assert.equal(two.intervalMs, 1500);
    assert.equal(two.counters[COUNTER.ws_msgs_sent], 5);
    assert.equal(two.totals[COUNTER.ws_msgs_sent], 15);
    assert.equal(two.gauges[GAUGE.clients_open], 7);
    assert.deepEqual(two.trends[TREND.ws_msg_rtt], { count: 10, p50Us: 1500, p90Us: 1500, p99Us: 1500, maxUs: 1500 });
  });

  it('has no percentiles where an interval has no samples', () => {
    const recorder = newRecorder();
    const snapshots = new Snapshots([recorder], 0);
    recorder.record(TREND.session_ready, 77);
    assert.equal(snapshots.take(1e6).trends[TREND.session_ready]?.count, 1);
    assert.equal(snapshots.take(2e6).trends[TREND.session_ready], undefined);
    assert.equal(snapshots.take(2e6).trends[TREND.tcp_connecting], undefined);
  });

  it('loses no sample: the counts of all intervals add up to the total', () => {
    const recorder = newRecorder();
    const snapshots = new Snapshots([recorder], 0);
    let seen = 0;
    for (let second = 1; second <= 20; second++) {
      for (let i = 0; i < second; i++) recorder.record(TREND.ws_ping, i * 1000);
      seen += snapshots.take(second * 1e6).trends[TREND.ws_ping]?.count ?? 0;
    }
    assert.equal(seen, 210);
  });
});
