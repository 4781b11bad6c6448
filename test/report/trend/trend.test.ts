import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GwrkError } from '../../../src/core/errors.js';
import { sparkline } from '../../../src/report/sparkline.js';
import { type HistoryEntry, historyLine, parseHistory } from '../../../src/report/trend/history.js';
import { renderOtavaCsv } from '../../../src/report/trend/otava-csv.js';
import { renderTrendTerminal } from '../../../src/report/trend/terminal.js';
import { findTrend } from '../../../src/report/trend/trend.js';
import { oracles } from '../../statistics/oracles.js';

const { E3 } = oracles.e_divisive;

const entry = (index: number, metrics: Record<string, number>, rest: Partial<HistoryEntry> = {}): HistoryEntry => ({
  schema: 'gwrk/history/1',
  at: new Date(Date.UTC(2026, 0, 1 + index)).toISOString(),
  scenario: 'lobby',
  hash: 'ab'.repeat(32),
  commit: `c${index}`,
  metrics,
  environment: { node: 'v20.20.2', cpu: 'Example CPU' },
  ...rest,
});

const stepped = E3.series.map((value, index) => entry(index, { 'session_ready.p99': value }));

test('the steps of a history are found with date, commits, means and two ps', () => {
  const trend = findTrend(stepped);
  assert.equal(trend.series.length, 1);
  const { changes } = trend.series[0]!;
  assert.deepEqual(
    changes.map(({ index, at, commitBefore, commit }) => ({ index, at, commitBefore, commit })),
    [
      { index: 20, at: '2026-01-21T00:00:00.000Z', commitBefore: 'c19', commit: 'c20' },
      { index: 40, at: '2026-02-10T00:00:00.000Z', commitBefore: 'c39', commit: 'c40' },
    ],
  );
  assert.ok(Math.abs(changes[0]!.before - 99.045) < 1e-9 && Math.abs(changes[0]!.after - 110.585) < 1e-9);
  assert.ok(changes.every(({ shuffledP }) => shuffledP === 0.001));
  const text = renderTrendTerminal(trend, { color: false });
  assert.match(text, /2026-01-21T00:00:00\.000Z +c19\.\.c20 +99\.0 to 111 +\+11\.7 % +3e-17 +0\.001/u);
  assert.match(text, /[▁▂▃▄▅▆▇█]{60}/u);
  assert.match(text, /1 series of 60 entries, 1 with a change/u);
});

test('a flat history has no change, a short one and an empty one neither', () => {
  for (const length of [0, 1, 2, 30])
    for (const { changes } of findTrend(stepped.slice(0, 20).slice(0, length)).series) assert.deepEqual(changes, []);
  const told = (length: number): string => renderTrendTerminal(findTrend(stepped.slice(0, length)), { color: false });
  assert.match(told(0), /0 series of 0 entries, 0 with a change/u);
  assert.match(told(2), /too few values to see a change: 3 are needed/u);
  assert.match(told(3), /^ {2}no change$/mu);
});

test('another form of a scenario is another series, and another metric too', () => {
  const later = stepped.map((one, index) => (index < 20 ? one : { ...one, hash: 'cd'.repeat(32), metrics: { ...one.metrics, rss: 5 } }));
  const { series } = findTrend(later);
  assert.deepEqual(
    series.map(({ hash, metric, values }) => [hash.slice(0, 2), metric, values.length]),
    [
      ['ab', 'session_ready.p99', 20],
      ['cd', 'session_ready.p99', 40],
      ['cd', 'rss', 40],
    ],
  );
});

test('entries are put in the order of their time, and a change of the machine is told', () => {
  const moved = stepped.map((one, index) => (index < 20 ? one : { ...one, environment: { ...one.environment, cpu: 'Other CPU' } }));
  const text = parseHistory([...moved].reverse().map(historyLine).join(''), 'h');
  assert.deepEqual(text, moved);
  const trend = findTrend(text);
  assert.deepEqual(trend.series[0]!.changes[0]!.machine, ['cpu Example CPU to Other CPU']);
  assert.match(renderTrendTerminal(trend, { color: false }), /the machine changed too: cpu Example CPU to Other CPU/u);
});

test('a metric or scenario that the history does not have is refused with those it has', () => {
  const isUsage = (allowed: string) => (error: GwrkError) => error.code === 'GWRK_USAGE' && error.details.allowed === allowed;
  assert.throws(() => findTrend(stepped, { metrics: ['p99'] }), isUsage('session_ready.p99'));
  assert.throws(() => findTrend(stepped, { scenario: 'loby' }), isUsage('lobby'));
});

const BAD: readonly [line: string, said: RegExp][] = [
  ['{"schema":', /not JSON/u],
  ['[]', /not an object/u],
  ['{"schema":"gwrk/report/1"}', /schema is not gwrk\/history\/1/u],
  [JSON.stringify({ ...stepped[0], at: 'yesterday' }), /at is not a time/u],
  [JSON.stringify({ ...stepped[0], hash: 5 }), /hash is not a text/u],
  [JSON.stringify({ ...stepped[0], metrics: { a: null } }), /metrics\.a is not a number/u],
  [JSON.stringify({ ...stepped[0], environment: [] }), /environment is not an object/u],
];

for (const [line, said] of BAD)
  test(`a history with the line ${line.slice(0, 30)} is refused with its number`, () => {
    assert.throws(
      () => parseHistory(`${historyLine(stepped[0]!)}\n${line}\n`, 'history.jsonl'),
      (error: GwrkError) => {
        assert.equal(error.code, 'GWRK_HISTORY_UNREADABLE');
        assert.equal(error.exitCode, 104);
        assert.equal(error.details.where, 'history.jsonl:3');
        assert.match(error.message, said);
        return true;
      },
    );
  });

test('the CSV of Otava has a number in every cell of a metric, of one form of one scenario', () => {
  const rows = [
    entry(0, { a: 1, b: 2 }, { hash: 'old' }),
    entry(1, { a: 3 }),
    entry(2, { a: 4, b: 5.5 }, { commit: '=cmd' }),
    entry(3, { a: 6, b: 7 }, { commit: null }),
  ];
  const { text, leftOut } = renderOtavaCsv(rows);
  assert.equal(text, "time,commit,a,b\r\n2026-01-03T00:00:00.000Z,'=cmd,4,5.5\r\n2026-01-04T00:00:00.000Z,,6,7\r\n");
  assert.equal(leftOut, 2);
  assert.equal(renderOtavaCsv(rows, { metrics: ['a'] }).text.split('\r\n').length, 5);
  assert.throws(() => renderOtavaCsv([...rows, entry(4, { a: 1 }, { scenario: 'other' })]), /several scenarios/u);
  assert.equal(renderOtavaCsv([]).text, 'time,commit\r\n');
});

test('hostile names in a history move no cursor on the terminal', () => {
  const name = '\u001b]0;title\u0007\u001b[2J\u202e\n<script>';
  const hostile = stepped.map(({ metrics, ...one }, index) => ({
    ...one,
    scenario: name,
    hash: name,
    commit: `${name}${index}`,
    environment: { cpu: index < 20 ? name : `${name}!` },
    metrics: { [name]: metrics['session_ready.p99']! },
  }));
  assert.doesNotMatch(renderTrendTerminal(findTrend(hostile), { color: false }), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u);
});

test('a sparkline shows the last values between the smallest and the largest', () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), '▁▂▃▄▅▆▇█');
  assert.equal(sparkline([9, 0, 7], 2), '▁█');
  assert.equal(sparkline([5, 5]), '▁▁');
  assert.equal(sparkline([]), '');
});
