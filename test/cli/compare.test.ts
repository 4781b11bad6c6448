import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadRunSet } from '../../src/report/compare/run-set.js';
import { historyLine } from '../../src/report/trend/history.js';
import { gwrk } from '../integration/gwrk-process.js';
import { changed, sample } from '../report/compare/sample-sets.js';
import { oracles } from '../statistics/oracles.js';

const root = mkdtempSync(join(tmpdir(), 'gwrk-compare-'));
after(() => rmSync(root, { recursive: true }));

function put(path: string, report: unknown): string {
  const directory = join(root, path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'report.json'), JSON.stringify(report));
  return directory;
}

const { base, cand } = oracles.mann_whitney.O1!;
base.forEach((connectMs, index) => {
  put(`ab/a-${index + 8}`, changed({ connectMs })); // a-8 ... a-12
  put(`ab/b-${index + 8}`, changed({ connectMs: cand[index]! }));
  put(`old/run-${index}`, changed({ connectMs }));
});
const other = put('other', changed({}, { hash: 'cd'.repeat(32) }));

test('compare writes its table, and the same as Markdown, JSON and HTML', async () => {
  const [markdown, json, html] = ['c.md', 'c.json', 'c.html'].map((name) => join(root, name));
  const { code, stdout, stderr } = await gwrk([
    ...['compare', join(root, 'ab/a-'), join(root, 'ab/b-')],
    ...['--markdown', markdown!, '--json', json!, '--html', html!],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ {2}metric +before +after +change/mu);
  assert.match(stdout, /P99 connect \(session_ready\) +101 ms \(98\.4 to 105\) +110 ms \(107 to 114\) +▲ \+8\.8 %/u);
  assert.match(
    readFileSync(markdown!, 'utf8'),
    /\| 101 ms \(98\.4 to 105\) \| 110 ms \(107 to 114\) \| ▲ \+8\.8 % \| \+5\.7 % to \+12\.2 % \| 0\.0079 \|/u,
  );
  assert.match(readFileSync(html!, 'utf8'), /<td class="bad">▲\u00a0\+8\.8\u00a0%<\/td>/u);
  const comparison = JSON.parse(readFileSync(json!, 'utf8'));
  assert.equal(comparison.schema, 'gwrk/comparison/1');
  assert.deepEqual(comparison.rows[0].cells[0].values, base);
});

test('compare of runs that are not comparable exits with 104 and every difference; --force compares them', async () => {
  const [old] = [join(root, 'old')];
  const refused = await gwrk(['compare', old, other]);
  assert.equal(refused.code, 104);
  assert.equal(refused.stdout, '');
  assert.match(refused.stderr, /differ in scenario: abababababab and cdcdcdcdcdcd/u);
  assert.match(refused.reason, /GWRK_NOT_COMPARABLE these runs cannot be compared/u);
  const forced = await gwrk(['compare', old, other, '--force']);
  assert.equal(forced.code, 0);
  assert.match(forced.stdout, /Compared by --force/u);
});

test('a path is a run, its report.json, a directory of runs, or what their directories begin with', async () => {
  const runsOf = async (path: string): Promise<string[]> =>
    (await loadRunSet(join(root, path))).runs.map((run) => run.path.slice(root.length + 1));
  assert.deepEqual(await runsOf('other'), ['other']);
  assert.deepEqual(await runsOf('other/report.json'), ['other/report.json']);
  assert.deepEqual(await runsOf('old'), ['old/run-0', 'old/run-1', 'old/run-2', 'old/run-3', 'old/run-4']);
  assert.deepEqual(await runsOf('ab/b-'), ['ab/b-8', 'ab/b-9', 'ab/b-10', 'ab/b-11', 'ab/b-12'], 'in the order of their numbers');
});

test('a directory with both sides of gwrk ab is no set of runs, an empty one neither', async () => {
  await assert.rejects(loadRunSet(join(root, 'ab')), /holds both sides of gwrk ab/u);
  mkdirSync(join(root, 'empty'));
  await assert.rejects(loadRunSet(join(root, 'empty')), /there is no run in this directory/u);
});

test('trend prints what changed and exits with 0, and writes the CSV of Otava', async () => {
  const file = join(root, 'history.jsonl');
  const entries = oracles.e_divisive.E3.series.map((value, index) => ({
    schema: 'gwrk/history/1' as const,
    at: new Date(Date.UTC(2026, 0, 1 + index)).toISOString(),
    scenario: sample.scenario,
    hash: sample.hash,
    commit: `c${index}`,
    metrics: { 'session_ready.p99': value },
  }));
  writeFileSync(file, entries.map(historyLine).join(''));
  const csv = join(root, 'otava.csv');
  const { code, stdout } = await gwrk(['trend', file, '--csv', csv]);
  assert.equal(code, 0);
  assert.match(stdout, /c19\.\.c20 +99\.0 to 111 +\+11\.7 %/u);
  assert.equal(readFileSync(csv, 'utf8').split('\r\n').length, 62);
});
