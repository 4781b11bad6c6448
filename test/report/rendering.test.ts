import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER, TREND } from '../../src/measure/metric-names.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { buildReport, type Report, type ReportInput } from '../../src/report/report.js';
import { actualText } from '../../src/report/summary-lines.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { assertGolden } from './golden-text.js';
import { sampleRun, threshold } from './sample-run.js';

const HOSTILE = 'bad\u001b]0;owned\u0007 \u001b[2J\r\nX: 1\u2028\u202e|<script>alert(1)</script> `x` [a](http://b) www.c.d';

function troubledRun(): ReportInput {
  const run = sampleRun();
  run.recorders[0].count(COUNTER.sessions_failed, 12);
  run.recorders[0].count(COUNTER.checks_failed, 5000);
  run.recorders[0].record(TREND.ws_ping, 12_345_678);
  return {
    ...run,
    plan: {
      ...run.plan,
      plannedClients: 10_012,
      thresholds: [
        threshold('session_ready', 'p(99)<5'),
        threshold('checks', 'rate>0.99'),
        threshold('login_duration', 'p(99)<20'),
        threshold('ws_msg_rtt', 'p(99.9)<20.5'),
        threshold('ws_msg_service', 'max<1', 'warn'),
      ],
    },
    errors: [
      { code: 'ECONNREFUSED', count: 2, first: 'connect ECONNREFUSED 127.0.0.1:9000' },
      { code: 'HTTP_503', count: 10, first: HOSTILE },
    ],
    transport: { kind: 'node', reason: 'auto: io_uring_setup answers EPERM, so node:net' },
    generator: { ...run.generator, rings: 0, threads: 1 },
    target: { url: 'ws://10.0.0.7/', pid: null, rssPeakBytes: null, cpuSeconds: null, gcPerMinute: null, reason: 'no --target-pid' },
  };
}

function emptyRun(): Report {
  const run = sampleRun();
  for (const recorder of run.recorders) recorder.reset();
  return buildReport({
    ...run,
    plan: { ...run.plan, thresholds: [] },
    durationMs: 0,
    connectingMs: 0,
    timeline: { stepMs: 1000 },
    interruption: { by: 'signal', reason: 'ctrl-C' },
  });
}

describe('renderTerminal', () => {
  it('shows a passed run at 80 columns as in the golden text', () => {
    assertGolden('passed.txt', renderTerminal(buildReport(sampleRun()), { color: false }));
  });

  it('shows a run with errors, missing data and a warning as in the golden text', () => {
    assertGolden('troubled.txt', renderTerminal(buildReport(troubledRun()), { color: false }));
  });

  it('says beside a threshold of how few samples a percentile is that the table leaves out', () => {
    const run = sampleRun();
    const thresholds = [threshold('storm_recovery', 'p(99)<5'), threshold('storm_recovery', 'max<5'), threshold('ws_msg_rtt', 'p(99)<5')];
    for (let sample = 1; sample <= 12; sample++) run.recorders[0].record(TREND.storm_recovery, sample * 1000);
    const report = buildReport({ ...run, plan: { ...run.plan, thresholds } });
    const [few, longest, many] = report.thresholds.map((one) => actualText(report, one));
    assert.equal(few, 'p(99)=12.0 ms (n=12)');
    assert.equal(longest, 'max=12.0 ms');
    assert.match(many!, /^p\(99\)=[\d.]+ m?s$/u);
  });

  it('shows a run that was stopped before anything happened', () => {
    assertGolden('empty.txt', renderTerminal(emptyRun(), { color: false }));
  });

  it('stays within the width and writes no control character, whatever a server says', () => {
    const report = { ...buildReport(troubledRun()), scenario: HOSTILE, reason: `${HOSTILE} ${'x'.repeat(300)}`, findings: [HOSTILE] };
    for (const columns of [60, 80, 120]) {
      for (const line of renderTerminal(report, { color: false, columns }).split('\n')) {
        assert.ok(line.length <= Math.max(80, columns), `${line.length}: ${line}`);
        assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
      }
    }
  });

  it('colors only when asked, and changes nothing but the color', () => {
    const report = buildReport(troubledRun());
    const plain = renderTerminal(report, { color: false });
    const colored = renderTerminal(report, { color: true });
    assert.doesNotMatch(plain, /\u001b/);
    assert.match(colored, /\u001b\[31m/);
    assert.equal(colored.replace(/\u001b\[\d+m/g, ''), plain);
  });

  it('ends with the verdict', () => {
    for (const report of [buildReport(sampleRun()), buildReport(troubledRun()), emptyRun()]) {
      const text = renderTerminal(report, { color: false });
      assert.ok(text.slice(text.lastIndexOf('\n  verdict')).startsWith(`\n  verdict     ${report.verdict}: `), text);
    }
  });
});

describe('renderMarkdown', () => {
  it('says the same in summary.md', () => {
    assertGolden('passed.md', renderMarkdown(buildReport(sampleRun())));
    assertGolden('troubled.md', renderMarkdown(buildReport(troubledRun())));
    assertGolden('empty.md', renderMarkdown(emptyRun()));
  });

  it('takes the text of strangers literally', () => {
    const text = renderMarkdown(buildReport(troubledRun()));
    assert.doesNotMatch(text, /<script|[^\\]\]\(|:\/\/b|www\.c/);
    const table = text.split('\n').find((line) => line.includes('HTTP'))!;
    assert.equal(table.replace(/\\\|/g, '').split('|').length, 5);
  });
});
