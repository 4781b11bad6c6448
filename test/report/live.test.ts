import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER, GAUGE, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { type Snapshot, Snapshots } from '../../src/measure/snapshot.js';
import { createLiveView } from '../../src/report/live.js';
import { liveFigures } from '../../src/report/live-figures.js';
import { assertGolden } from './golden-text.js';
import { Screen } from './screen.js';

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

interface Watched {
  readonly isTty: boolean;
  readonly columns?: () => number;
  readonly rows?: () => number;
  readonly color?: boolean;
  readonly quiet?: boolean;
  readonly name?: string;
  readonly durationMs?: number;
  readonly note?: string;
}

function watched({ name = 'million', durationMs = 180_000, note, ...options }: Watched): string[] {
  const writes: string[] = [];
  const write = (text: string): void => {
    writes.push(text);
  };
  const view = createLiveView({ columns: () => 80, rows: () => 24, color: false, ...options, write });
  const subject = { name, plannedClients: 1_000_000, durationMs };
  for (const snapshot of seconds()) {
    view.update(liveFigures(snapshot, [{ code: 'ECONNRESET', count: 2 }], subject));
    if (note !== undefined) view.note(note);
  }
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
        const writes = watched({ isTty: true, columns: () => columns, durationMs, name: '大きな負荷\u001b[2J試験のシナリオ'.repeat(4) });
        for (const line of writes.join('').split('\n')) {
          const text = line.replace(/\u001b\[(2K|\d+A)/g, '');
          assert.ok(text.length <= Math.max(1, columns - 1), `${columns}: ${text}`);
          assert.doesNotMatch(text, /[^\u0020-\u007e]/);
        }
      }
    }
  });

  it('stands alone on the screen after each second, also on one that has become narrower or wider', () => {
    for (const widths of [
      [80, 80, 80],
      [80, 30, 30],
      [40, 100, 20],
    ]) {
      const screen = new Screen(widths[0]!, 30);
      let width = widths[0]!;
      const columns = (): number => width;
      const view = createLiveView({ isTty: true, columns, rows: () => 30, color: true, write: (text) => screen.write(text) });
      let second = 0;
      for (const snapshot of seconds()) {
        width = widths[second++]!;
        screen.resize(width);
        view.update(liveFigures(snapshot, [], { name: 'million', plannedClients: 10, durationMs: 3000 }));
        const lines = screen.text().split('\n');
        assert.equal(lines.filter((line) => line.startsWith('million')).length, 1, `${widths}: ${screen.text()}`);
        assert.equal(lines.filter((line) => line.startsWith('errors')).length, 1, `${widths}: ${screen.text()}`);
      }
    }
  });

  it('keeps a line that is told meanwhile, above the block', () => {
    const screen = new Screen(80, 40);
    for (const text of watched({ isTty: true, note: 'ctrl-C: clients finish what they do' })) screen.write(text);
    const lines = screen.text().split('\n');
    assert.equal(lines.filter((line) => line === 'ctrl-C: clients finish what they do').length, 3);
    assert.equal(lines.filter((line) => line.startsWith('million')).length, 0, screen.text());
  });

  it('is never higher than the terminal', () => {
    for (const rows of [1, 2, 5])
      for (const text of watched({ isTty: true, rows: () => rows })) assert.ok(text.split('\n').length <= Math.max(2, rows));
  });

  it('colours what went wrong, and nothing when colours are off', () => {
    assert.match(watched({ isTty: true, color: true })[2]!, /\u001b\[31merrors /);
    assert.doesNotMatch(watched({ isTty: true, color: false }).join(''), /\u001b\[\d+m/);
    assert.doesNotMatch(watched({ isTty: false, color: true }).join(''), /\u001b/);
  });

  it('says nothing at all when it should be quiet', () => {
    assert.deepEqual(watched({ isTty: true, quiet: true }), []);
    assert.deepEqual(watched({ isTty: false, quiet: true }), []);
  });
});
