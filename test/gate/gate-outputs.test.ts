import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { buildGate } from '../../src/gate/build-gate.js';
import { renderGateJunit } from '../../src/gate/gate-junit.js';
import { renderGateMarkdown } from '../../src/gate/gate-markdown.js';
import { gateAnnotations, gateFigures } from '../../src/gate/gate-outputs.js';
import { renderGateTerminal } from '../../src/gate/gate-terminal.js';
import { appendOtavaRow, renderBenchJson } from '../../src/report/dashboards.js';
import { renderAnnotations, renderOutputs, stepSummary } from '../../src/report/github.js';
import { thresholdPlaces } from '../../src/scenario/threshold-places.js';
import { seriesInput, tenPairs } from './sample-gate.js';

const HOSTILE =
  'x"><script>\u0007\u001b[31m</testcase>&\n::error::owned\r\n%0A::set-output name=verdict::pass,a:b | [l](http://evil) `c`\ufffe\u2028';
const hostile = buildGate(
  seriesInput(
    tenPairs(1.2, 1, {
      scenario: HOSTILE,
      thresholds: [{ metric: 'ws_msg_rtt', expression: HOSTILE, level: 'error', verdict: 'fail', actual: 1 }],
    }).map((run) => ({ ...run, report: { ...run.report, scenario: HOSTILE } })),
    { beforeLabel: HOSTILE, afterLabel: HOSTILE },
  ),
);
const gate = buildGate(seriesInput(tenPairs(1.124, 1)));

const python = spawnSync('python3', ['--version']).status === 0;
const READ = `
import sys, json, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
suite = root.find('testsuite')
print(json.dumps({'counts': [root.get(k) for k in ('tests', 'failures', 'errors', 'skipped')], 'suite': suite.get('name'), 'properties': {p.get('name'): p.get('value') for p in suite.iter('property')},
  'cases': [[c.get('classname'), c.get('name'), [[k.tag, k.get('type'), k.get('message'), k.text] for k in c]] for c in suite.findall('testcase')]}))
`;
interface ReadJunit {
  readonly counts: readonly string[];
  readonly suite: string;
  readonly cases: readonly (readonly [string, string, readonly (readonly (string | null)[])[]])[];
}
const readJunit = (xml: string): ReadJunit =>
  JSON.parse(execFileSync('python3', ['-c', READ], { input: xml, encoding: 'utf8' })) as ReadJunit;

test("junit.xml of a regression, as Python's XML parser reads it", { skip: !python && 'python3 is not here' }, () => {
  const { counts, suite, cases } = readJunit(renderGateJunit(gate));
  assert.deepEqual(counts, ['3', '1', '0', '0']);
  assert.equal(suite, 'gwrk gate sample');
  assert.deepEqual(cases[0], ['gwrk.gate', 'the runs can be judged', []]);
  const [className, name, [failure]] = cases[1]!;
  assert.deepEqual([className, name, failure![0], failure![1]], ['gwrk.session_ready', 'session_ready p(99)', 'failure', 'regression']);
  assert.match(failure![2]!, /^\+1\d\.\d % \(90% CI \+\d+\.\d % to \+\d+\.\d %\), p=0\.00\d\d, limit \+5\.0 %$/u);
  assert.match(failure![3]!, /^\d+(\.\d)? ms to \d+(\.\d)? ms$/u);
  assert.deepEqual(cases[2], ['gwrk.ws_msg_rtt', 'ws_msg_rtt p(99)', []]);
});

test('an answer that is not sure is skipped, with --inconclusive fail a failure; an invalid series is an error', {
  skip: !python && 'python3 is not here',
}, () => {
  const two = tenPairs(1.3, 1.3).slice(0, 4);
  assert.deepEqual(readJunit(renderGateJunit(buildGate(seriesInput(two)))).counts, ['3', '0', '0', '2']);
  assert.deepEqual(readJunit(renderGateJunit(buildGate(seriesInput(two, { inconclusive: 'fail' })))).counts, ['3', '2', '0', '0']);
  const invalid = readJunit(renderGateJunit(buildGate(seriesInput(two, { end: 'invalid' }))));
  assert.deepEqual(
    [invalid.counts, invalid.cases[0]![2][0]!.slice(0, 2)],
    [
      ['3', '0', '1', '2'],
      ['error', 'invalid'],
    ],
  );
});

test('hostile names stay text in JUnit', { skip: !python && 'python3 is not here' }, () => {
  const { counts, suite, cases } = readJunit(renderGateJunit(hostile));
  assert.deepEqual(counts, ['4', '2', '0', '0']);
  assert.equal(cases.length, 4);
  assert.ok(suite.includes('"><script>'));
});

test('hostile names begin no workflow command and no line of their own', () => {
  const text = renderAnnotations(gateAnnotations(hostile, 'a,b:c\n::error::x.yaml', []));
  const lines = text.trimEnd().split('\n');
  assert.equal(lines.length, 2);
  for (const line of lines) {
    assert.match(line, /^::error title=[^,:\n]*,file=a%2Cb%3Ac %3A%3Aerror%3A%3Ax\.yaml::[^\n\r]*$/u);
  }
  assert.equal(renderOutputs({ verdict: 'pass\nverdict=owned', report: HOSTILE }).trimEnd().split('\n').length, 2);
});

test('hostile names stay text in Markdown and on a terminal', () => {
  const markdown = renderGateMarkdown(hostile);
  assert.doesNotMatch(markdown, /<script|\u001b|(?<!\\)\]\(http/u);
  assert.doesNotMatch(markdown, /^::/mu);
  assert.doesNotMatch(renderGateTerminal(hostile, false).replaceAll('\n', ''), /[\u0000-\u001f\u2028]/u);
});

test('one annotation for each metric that failed, at the line of its threshold', () => {
  const scenario =
    'name: x\nthresholds:\n  checks: ["rate>0.9"]\n  session_ready:\n    - "p(99)<68"\n    - { threshold: "p(95)<50", level: warn }\n';
  const places = thresholdPlaces(scenario);
  assert.deepEqual(places, [
    { metric: 'checks', expression: 'rate>0.9', line: 3 },
    { metric: 'session_ready', expression: 'p(99)<68', line: 5 },
    { metric: 'session_ready', expression: 'p(95)<50', line: 6 },
  ]);
  const text = renderAnnotations(gateAnnotations(gate, 'bench/ramp.yaml', places));
  assert.match(
    text,
    /^::error title=gwrk%3A session_ready p\(99\) \+1\d\.\d %25,file=bench\/ramp\.yaml,line=5::before 18\d(\.\d)? ms, after 21\d(\.\d)? ms%0A90 %25 interval [^\n]*\n$/u,
  );
});

test('GitHub shows ten annotations of a kind: the tenth says how many there are more', () => {
  const lines = renderAnnotations(Array.from({ length: 14 }, (_, i) => ({ level: 'error' as const, title: `t${i}`, message: 'm' })))
    .trimEnd()
    .split('\n');
  assert.equal(lines.length, 10);
  assert.match(lines[9]!, /5 more/u);
});

test('a summary stays below a million bytes, cut at a line, together with what earlier steps wrote', () => {
  const long = `${'ü'.repeat(99)}\n`.repeat(20_000);
  for (const already of [0, 700_000]) {
    const text = stepSummary(long, already);
    assert.ok(Buffer.byteLength(text) + already < 1_000_000 && Buffer.byteLength(text) > 200_000);
    assert.match(text, /at most 1 MB\.\n$/u);
  }
  assert.equal(stepSummary('short\n'), 'short\n');
  assert.equal(stepSummary(long, 2_000_000), '');
});

test('github-action-benchmark gets name, unit, value and range of the newer side, smaller is better', () => {
  const entries = JSON.parse(renderBenchJson(gateFigures(gate))) as { name: string; unit: string; value: number; range: string }[];
  const ready = entries.find(({ name }) => name === 'session_ready.p99')!;
  assert.equal(ready.unit, 'ms');
  assert.ok(ready.value > 205 && ready.value < 220);
  assert.match(ready.range, /^\d+(\.\d)? \.\. \d+(\.\d)?$/u);
  for (const entry of entries) assert.deepEqual(Object.keys(entry).slice(0, 3), ['name', 'unit', 'value']);
});

test('Otava gets one row a call in the columns of the first, and no empty cell', () => {
  const row = (names: readonly string[], at: string) => ({
    at,
    commit: 'abc',
    scenario: '=cmd,"x"',
    figures: names.map((name, index) => ({ name, unit: 'ms', value: index + 0.5 })),
  });
  const one = appendOtavaRow(undefined, row(['a.p99', 'b.p99'], '2026-11-23T00:00:00Z'), 'f');
  assert.equal(one, `time,commit,scenario,a.p99,b.p99\n2026-11-23T00:00:00Z,abc,"'=cmd,""x""",0.5,1.5\n`);
  const two = appendOtavaRow(one, row(['c.p99', 'b.p99', 'a.p99'], '2026-11-24T00:00:00Z'), 'f');
  assert.equal(two, `${one}2026-11-24T00:00:00Z,abc,"'=cmd,""x""",2.5,1.5\n`);
  assert.throws(() => appendOtavaRow(one, row(['a.p99'], 'x'), 'f'), /cannot take this row/u);
  assert.throws(() => appendOtavaRow('other,file\n1,2\n', row(['a.p99'], 'x'), 'f'), /cannot take this row/u);
});
