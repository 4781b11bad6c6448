import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderBenchHtml } from '../../src/report/bench-html.js';
import { renderBenchIndex } from '../../src/report/bench-index.js';
import { renderBenchMarkdown, renderBenchTerminal } from '../../src/report/bench-renderings.js';
import type { BenchResult } from '../../src/report/bench-result.js';

const result = (label: string): BenchResult => ({
  schema: 'gwrk/bench/1',
  name: 'auth',
  title: 'Login by two ways',
  how: ['Each way gets the same 1,000 logins a second, in a process of its own, for ten seconds behind a warm-up of two.', 'Seeded.'],
  columns: ['way', 'response P99', 'replays refused'],
  rows: [
    {
      label,
      cells: [
        { measured: 41.23, unit: 'ms', range: [38.04, 55.5], published: '120 ms' },
        { measured: null, reason: 'nobody tried' },
      ],
    },
  ],
  notes: [],
  small: false,
  repetitions: 3,
  seed: 7,
  startedAt: '2026-11-23T03:00:00.000Z',
  durationMs: 61_000,
  environment: { cpu: 'A CPU', cores: 2, node: 'v20.20.2', system: 'linux 6' },
});

test('a table on a terminal shows medians with their range, published figures below, and the reason of each gap', () => {
  const text = renderBenchTerminal(result('JWT'), 80);
  assert.match(text, /JWT +41\.2 ms \(38\.0 to 55\.5\) +-\n/u);
  assert.match(text, /published +120 ms/u);
  assert.match(text, /JWT, replays refused: nobody tried/u);
  assert.match(text, /3 runs, medians, seed 7/u);
});

test('no line of a table is wider than the terminal', () => {
  const wide = result('a label that is rather long for a narrow terminal, as labels tend to be');
  for (const columns of [60, 80, 120]) {
    const lines = renderBenchTerminal(wide, columns).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > columns),
      [],
    );
  }
});

test('a table of small size says that its figures are worth nothing', () => {
  assert.match(renderBenchTerminal({ ...result('x'), small: true }), /figures are worth nothing/u);
});

test('hostile labels are text in each rendering', () => {
  const hostile = '<img src=x onerror=alert(1)> | `x` \u001b[31m\u202e';
  assert.ok(!renderBenchHtml([result(hostile)]).includes('<img'));
  assert.ok(renderBenchMarkdown(result(hostile)).includes('\\<img src=x onerror=alert(1)\\> \\| \\`x\\`'));
  const terminal = renderBenchTerminal(result(hostile));
  assert.ok(!/[\u001b\u202e]/u.test(terminal));
});

test('the page of tables allows its own style and nothing else', () => {
  const page = renderBenchHtml([result('x')]);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'"/u);
  assert.ok(!/<script|https?:|style="/u.test(page));
});

test('a reason that several cells share is told once', () => {
  const empty = { measured: null, reason: 'one node only' } as const;
  const rows = ['numactl', 'pools'].map((label) => ({ label, cells: [empty, empty] }));
  const text = renderBenchTerminal({ ...result('x'), rows: [...result('x').rows, ...rows] }, 100);
  assert.match(text, /numactl; pools: one node only\n/u);
  assert.equal(text.split('one node only').length, 2);
});

test('the index tells what each table is, where its files are, and the command that measures it again', () => {
  const index = renderBenchIndex([{ result: { ...result('x'), options: ['--postgres URL'] }, pages: ['auth/flame ws/index.html'] }]);
  assert.match(index, /^gwrk bench auth --repetitions 3 --seed 7 --postgres URL$/mu);
  assert.ok(index.includes('[flame ws](auth/flame%20ws/index.html)'));
  assert.match(index, /Machine: cpu A CPU; cores 2; node v20\.20\.2/u);
});
