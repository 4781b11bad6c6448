import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMarkdown } from '../../src/report/markdown.js';
import { buildReport, type Report } from '../../src/report/report.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { sampleRun, threshold } from './sample-run.js';

function report(model: Report['model']): Report {
  const sample = sampleRun();
  const thresholds = [threshold('ws_msg_rtt', 'p(99)<90'), threshold('ws_msg_rtt', 'p(90)<90'), threshold('session_ready', 'p(99)<90')];
  return buildReport({ ...sample, plan: { ...sample.plan, thresholds, ...(model && { model }) } });
}

const renderings = (of: Report): string[] => [renderTerminal(of, { color: false }), renderMarkdown(of)];

test('a closed loop is labelled, its high percentiles are marked, and a gate on one gets a note', () => {
  for (const text of renderings(report('closed'))) {
    assert.match(text, /\* closed loop: service time, blind to stalls/);
    assert.match(text, /ws_msg_rtt p\(99\)(<|&lt;)90 is of a closed loop: it cannot see a stall/);
    assert.equal(text.match(/cannot see a stall/g)?.length, 1);
    const cells = /ws_msg_rtt[ |]+20,000[ |]+(.*)/.exec(text)![1]!.split(/[ |]+/).filter(Boolean);
    // p50, p90, p99, p99.9, max
    assert.deepEqual(
      cells.map((cell) => /\*$/.test(cell)),
      [false, false, true, true, false],
    );
    assert.ok(!/session_ready.*\d\*/.test(text));
  }
});

test('a closed run in which nothing was answered has no figure to mark, and no label', () => {
  const { ws_msg_rtt: _rtt, ws_msg_service: _service, ...metrics } = report('closed').metrics;
  assert.ok(!renderTerminal({ ...report('closed'), metrics, thresholds: [] }, { color: false }).includes('closed loop'));
});

test('open runs and reports of an older gwrk have neither label nor mark', () => {
  for (const model of ['open', undefined] as const)
    for (const text of renderings(report(model))) assert.ok(!/closed|\d\*/.test(text), model);
  assert.match(renderTerminal(report('mixed'), { color: false }), /\* closed loops among it/);
});
