import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HistoryLine } from '../../src/gate/history.js';
import { loadReport } from '../../src/report/load.js';
import { gateScenario, readGate } from './gate-scenario.js';
import { gwrk } from './gwrk-process.js';

const { directory, scenario } = await gateScenario();
const out = ['--out', directory];

test('gwrk run --repeat, baseline save and show, and --baseline: each run with a server of its own, refused where it must be', async (t) => {
  const repeated = await gwrk(['run', scenario, '--repeat', '2', '--cool-down', '0', '-q', ...out], {
    env: { GWRK_REPEAT: '9', GWRK_SEED: '3' },
  });
  assert.equal(repeated.code, 0, repeated.stderr);
  const series = join(directory, readdirSync(directory).find((name) => name.startsWith('repeat-gate-'))!);
  const gate = readGate(series);
  assert.deepEqual([gate.kind, gate.verdict, gate.after.runs, gate.seed], ['repeat', 'pass', 2, 3]);
  const service = gate.figures.find(({ metric }) => metric === 'ws_msg_service p(99)')!.after!;
  assert.ok(service.runs === 2 && service.min <= service.median && service.median <= service.max);
  const reports = await Promise.all(gate.runs.map((run) => loadReport(run.directory)));
  assert.equal(new Set(reports.map(({ target }) => target.pid)).size, gate.runs.length);
  assert.deepEqual(new Set(reports.map(({ seed }) => seed)), new Set([3]));

  await t.test('what was saved is listed, and the history has a line', async () => {
    const saved = await gwrk(['baseline', 'save', 'main', series, '--commit', 'abc1234', ...out]);
    assert.equal(saved.code, 0, saved.stderr);
    assert.match((await gwrk(['baseline', 'show', ...out])).stdout, /^main {2}2 runs of gate, .*, abc1234$/mu);
    assert.match((await gwrk(['baseline', 'show', 'main', ...out])).stdout, /ws_msg_service\.p99 +[\d.]+ ms/u);
    const line = JSON.parse(readFileSync(join(directory, 'history.jsonl'), 'utf8')) as HistoryLine;
    assert.deepEqual([line.schema, line.scenario, line.commit, line.runs], ['gwrk/history/1', 'gate', 'abc1234', 2]);
    assert.ok(line.metrics['ws_msg_service.p99']! > 0);
    assert.equal(line.metrics['session_ready.p99'], undefined, 'ten samples have no P99');
  });

  await t.test('one run against it shows the ratio, proves nothing, and keeps its exit code', async () => {
    const { code, stdout, stderr } = await gwrk(['run', scenario, '--baseline', 'main', '--metric', 'ws_msg_service p(99)', ...out]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /1 run against 2 of another time/u);
    assert.match(stdout, /by the samples of its one run ws_msg_service p\(99\) lies between/u);
    assert.match(stdout, /INCONCLUSIVE/u);
    const run = /^report: (.*)$/mu.exec(stderr)![1]!;
    assert.match(readFileSync(join(run, 'index.html'), 'utf8'), /Before and after/u);
    assert.equal(readGate(run).kind, 'baseline');
  });

  await t.test('another scenario, an unknown name and an invalid run are refused with 104', async () => {
    const other = await gwrk(['run', scenario, '--baseline', 'main', '--set', 'scenarios.talkers.clients=11', ...out]);
    assert.equal(other.code, 104);
    assert.match(other.stderr, /clients: 10 and 11/u);
    const unknown = await gwrk(['run', scenario, '--repeat', '2', '--baseline', 'mian', ...out]);
    assert.equal(unknown.code, 104);
    assert.match(unknown.stderr, /one of main/u);
    const nobody = await gwrk(['run', 'ws://127.0.0.1:1/', '-n', '1', '-c', '1', '-d', '1s', '-b', 'x', '--out', join(directory, 'bad')]);
    assert.equal(nobody.code, 111, nobody.stderr);
    const saved = await gwrk(['baseline', 'save', 'bad', join(directory, 'bad'), ...out]);
    assert.equal(saved.code, 104);
    assert.match(saved.stderr, /GWRK_BASELINE_INVALID/u);
    assert.equal((await gwrk(['baseline', 'save', '../x', series, ...out])).code, 104);
  });
});

test('flags that belong to a series, or to one run, are refused without one', async () => {
  for (const words of [
    ['--metric', 'ws_msg_rtt p(99)'],
    ['--cool-down', '1s'],
    ['--repeat', '2', '--csv', 'x.csv'],
    ['--repeat', '2', '--find-max', 'rate'],
  ])
    assert.equal((await gwrk(['run', scenario, ...words])).code, 104, words.join(' '));
});
