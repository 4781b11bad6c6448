import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER, GAUGE, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { type Snapshot, Snapshots } from '../../src/measure/snapshot.js';
import { createLiveView } from '../../src/report/live.js';
import { assertGolden } from './golden-text.js';

/** Three seconds: 5,000 clients become ready in each, in 3 ms; 200 messages in the last one. */
function* seconds(): Generator<Snapshot> {
  const recorder = new Recorder(new SharedArrayBuffer(Recorder.byteLength));
  const snapshots = new Snapshots([recorder], 0);
  for (let second = 1; second <= 3; second++) {
    recorder.count(COUNTER.sessions_ready, 5000);
    recorder.gauge(GAUGE.clients_ready, 5000 * second);
    recorder.gauge(GAUGE.clients_open, 5000 * second + 10);
    recorder.gauge(GAUGE.clients_connecting, 512);
    for (let i = 0; i < 5000; i++) recorder.record(TREND.session_ready, 3000 + second);
    if (second === 3) {
      recorder.count(COUNTER.sessions_failed, 2);
      recorder.count(COUNTER.ws_msgs_sent, 200);
      for (let i = 1; i <= 200; i++) recorder.record(TREND.ws_msg_rtt, i * 100);
    }
    yield snapshots.take(second * 1e6);
  }
}

function watched(options: { isTty: boolean; columns?: number; quiet?: boolean; name?: string; durationMs?: number }): string[] {
  const writes: string[] = [];
  const write = (text: string): void => {
    writes.push(text);
  };
  const view = createLiveView({ columns: 80, name: 'million', plannedClients: 1_000_000, durationMs: 180_000, ...options, write });
  for (const snapshot of seconds()) view.update(snapshot, [{ code: 'ECONNRESET', count: 2 }]);
  view.close();
  for (const snapshot of seconds()) view.update(snapshot);
  return writes;
}

describe('the live view', () => {
  it('draws a block on a terminal and draws it again in its place', () => {
    const writes = watched({ isTty: true });
    assert.equal(writes.length, 3);
    assertGolden('live-terminal.txt', writes[2]!.replaceAll('\u001b[2K', ''));
    const lines = writes[0]!.split('\n').length - 1;
    assert.ok(writes[1]!.startsWith(`\u001b[${lines}A\u001b[2K`));
    assert.doesNotMatch(writes[0]!, /\u001b\[\d+A/);
  });

  it('writes one line a second elsewhere, without any escape', () => {
    const writes = watched({ isTty: false });
    assertGolden('live-lines.txt', writes.join(''));
    assert.doesNotMatch(writes.join(''), /\u001b/);
  });

  it('is never as wide as the terminal', () => {
    for (const columns of [1, 10, 20, 40, 60, 80, 200]) {
      for (const durationMs of [0, 2000, 180_000]) {
        const writes = watched({ isTty: true, columns, durationMs, name: '大きな負荷\u001b[2J試験のシナリオ'.repeat(4) });
        for (const line of writes.join('').split('\n')) {
          const text = line.replace(/\u001b\[(2K|\d+A)/g, '');
          assert.ok(text.length <= Math.max(1, columns - 1), `${columns}: ${text}`);
          assert.doesNotMatch(text, /[^\u0020-\u007e]/);
        }
      }
    }
  });

  it('says nothing at all when it should be quiet', () => {
    assert.deepEqual(watched({ isTty: true, quiet: true }), []);
    assert.deepEqual(watched({ isTty: false, quiet: true }), []);
  });
});
