import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTER, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { Snapshots } from '../../src/measure/snapshot.js';
import { createLiveView } from '../../src/report/live.js';
import { liveFigures } from '../../src/report/live-figures.js';

test('requests of HTTP and deliveries of broadcasts are shown while a run goes on', () => {
  const recorder = new Recorder(new SharedArrayBuffer(Recorder.byteLength));
  const snapshots = new Snapshots([recorder], 0);
  recorder.count(COUNTER.http_reqs, 250);
  recorder.count(COUNTER.ws_msgs_sent, 10);
  for (let i = 0; i < 100; i++) {
    recorder.record(TREND.http_req_duration, 4_000);
    recorder.record(TREND.ws_delivery, 7_000);
  }
  const figures = liveFigures(snapshots.take(1e6), [], { name: 'web', plannedClients: 1, durationMs: 0 });
  assert.equal(figures.perSecond.sent, 260);
  let line = '';
  createLiveView({ isTty: false, columns: () => 80, rows: () => 24, color: false, write: (text) => (line += text) }).update(figures);
  assert.match(line, / {2}260\/s sent {2}http p99 4\.00 ms {2}delivery p99 7\.00 ms {2}/u);
});
