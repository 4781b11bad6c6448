import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GwrkError } from '../../../src/core/errors.js';
import { buildComparison } from '../../../src/report/compare/comparison.js';
import { renderComparisonMarkdown } from '../../../src/report/compare/markdown.js';
import { renderComparisonTerminal } from '../../../src/report/compare/terminal.js';
import { cellText, changeText } from '../../../src/report/compare/wording.js';
import type { Report } from '../../../src/report/report.js';
import { quantileRanks } from '../../../src/statistics/quantile-interval.js';
import { changed, sample, setOf } from './sample-sets.js';

const bare = { histograms: {} };
const before = changed({ connectMs: 420, rssPeakBytes: 4.7e9, gcPerMinute: 127 }, bare);
const after = changed({ connectMs: 68, rssPeakBytes: 1.9e9, gcPerMinute: 18 }, bare);

const texts = (sets: Parameters<typeof buildComparison>[0], id: string): { cells: string[]; changes: string[] } => {
  const row = buildComparison(sets).rows.find((one) => one.id === id)!;
  return { cells: row.cells.map((cell) => cellText(cell, row.unit)), changes: row.changes.map((change) => changeText(change, row).text) };
};

test('one run against one shows both figures and their difference, and claims no significance', () => {
  const sets = [setOf('before', before), setOf('after', after)];
  assert.deepEqual(texts(sets, 'session_ready p(99)'), { cells: ['420 ms', '68.0 ms'], changes: ['(−83.8 %)'] });
  assert.deepEqual(texts(sets, 'target rss peak'), { cells: ['4.38 GiB', '1.77 GiB'], changes: ['(−59.6 %)'] });
  assert.deepEqual(texts(sets, 'target gc'), { cells: ['127/min', '18.0/min'], changes: ['(−85.8 %)'] });
  const comparison = buildComparison(sets);
  for (const { changes } of comparison.rows)
    for (const change of changes) assert.ok(change === null || (change.verdict === 'untold' && change.p === null));
  const terminal = renderComparisonTerminal(comparison, { color: false });
  assert.doesNotMatch(terminal, /[▲▼]|n\.s\./u);
  assert.match(terminal.replace(/\s+/gu, ' '), /nobody can tell a change from chance/u);
});

/** Five runs, the P99 of connecting as given. */
const five = (path: string, ...connectMs: readonly number[]) => setOf(path, ...connectMs.map((ms) => changed({ connectMs: ms })));

test('repeated runs show medians with their range, and an arrow where the U test tells a change', () => {
  const sets = [five('old', 102.1, 98.4, 105, 99.7, 101.3), five('new', 111.9, 108.2, 113.5, 107.1, 110.4)];
  assert.deepEqual(texts(sets, 'session_ready p(99)'), {
    cells: ['101 ms (98.4 to 105)', '110 ms (107 to 114)'],
    changes: ['▲ +8.8 %'],
  });
  const change = buildComparison(sets).rows[0]!.changes[0]!;
  assert.equal(change.verdict, 'changed');
  assert.ok(Math.abs(change.p! - 2 / 252) < 1e-12);
  assert.ok(Math.abs(change.low! - 1.0572556762092795) < 1e-9, 'the 90 % interval of oracle O1');
});

test('a change that chance explains is n.s., with its size behind', () => {
  const sets = [five('old', 100.2, 103.8, 97.5, 110.1, 101.7, 99), five('new', 104.5, 108.9, 101.2, 115.3, 106, 102.6)];
  assert.deepEqual(texts(sets, 'session_ready p(99)').changes, ['n.s. (+4.3 %)']);
});

test('four runs a side cannot tell, however far apart they are', () => {
  const sets = [five('old', 10, 11, 12, 13), five('new', 1000, 1001, 1002, 1003)];
  assert.match(texts(sets, 'session_ready p(99)').changes[0]!, /^\(\+8,\d\d\d %\)$/u);
});

test('less is better for latency and worse for messages, and the tone says so', () => {
  const row = { unit: 'ms', more: 'worse' } as const;
  const change = { verdict: 'changed', ratio: 0.5, low: 0.4, high: 0.6, difference: -5, p: 0.001 } as const;
  assert.deepEqual(changeText(change, row), { text: '▼ −50.0 %', tone: 'good' });
  assert.deepEqual(changeText(change, { unit: 'perSecond', more: 'better' }), { text: '▼ −50.0 %', tone: 'bad' });
  assert.deepEqual(changeText(change, { unit: 'bytes', more: 'neither' }), { text: '▼ −50.0 %', tone: 'neutral' });
});

test('errors that were none before have a difference and no ratio', () => {
  const broken = changed({}, { errors: [{ code: 'timeout.connect', count: 7, first: 'x' }] });
  assert.deepEqual(texts([setOf('a', sample), setOf('b', broken)], 'errors'), { cells: ['0', '7'], changes: ['(+7)'] });
});

test('a figure that was not taken is a dash with its reason below, never 0', () => {
  const blind = changed({}, { target: { ...sample.target, gcPerMinute: null, reason: 'the target is on another machine' } });
  const comparison = buildComparison([setOf('a', sample), setOf('b', blind)]);
  const markdown = renderComparisonMarkdown(comparison);
  assert.match(markdown, /\| target: GC a minute \| 12\.0\/min \| – \| – \|/u);
  assert.match(markdown, /missing: target: GC a minute of after: the target is on another machine/u);
});

test('figures that both sides lack for one reason share a line', () => {
  const blind = changed({}, { target: { ...sample.target, gcPerMinute: null, rssPeakBytes: null, reason: 'not asked for' } });
  const markdown = renderComparisonMarkdown(buildComparison([setOf('a', blind), setOf('b', blind)]));
  assert.match(markdown, /missing: target: peak RSS, target: GC a minute of before and after: not asked for$/mu);
});

test('a percentile with too few samples is n/a with their number', () => {
  const ready = sample.metrics.session_ready!;
  const short = changed({}, { metrics: { ...sample.metrics, session_ready: { ...ready, count: 999 } as typeof ready } });
  assert.deepEqual(texts([setOf('a', sample), setOf('b', short)], 'session_ready p(99)').cells[1], 'n/a (n=999)');
});

test('the hold by itself is compared where every run has recorded it', () => {
  const rtt = sample.metrics.ws_msg_rtt!;
  const phased = { ...sample, tagged: { 'ws_msg_rtt{phase:hold}': rtt, 'ws_msg_service{phase:hold}': rtt } };
  const ids = (...reports: Report[]): string[] =>
    buildComparison([setOf('a', reports[0]!), setOf('b', reports[1]!)]).rows.map(({ id }) => id);
  assert.ok(ids(phased, phased).includes('ws_msg_rtt{phase:hold} p(99)'));
  assert.ok(ids(phased, sample).includes('ws_msg_rtt p(99)'), 'one phase is never compared with another');
});

test('a percentile of a single run has its interval within that run, counted by ranks', () => {
  // Message m of 20,000 takes m us: the ranks of its interval are its values.
  const { low, high } = quantileRanks(20_000, 0.99, 0.95)!;
  const [row] = buildComparison([setOf('a', sample), setOf('b', sample, sample)], { metrics: ['ws_msg_rtt p(99)'] }).rows;
  const [single, repeated] = row!.cells;
  assert.ok(Math.abs(single!.within!.low * 1000 - low) <= low / 1000 && Math.abs(single!.within!.high * 1000 - high) <= high / 1000);
  assert.ok(single!.within!.low < single!.median! && single!.median! < single!.within!.high);
  assert.equal(repeated!.within, undefined);
  assert.match(cellText(single!, 'ms'), /^19\.8 ms( \[19\.\d to 19\.\d\])?$/u);
  const cut = { ...sample, histograms: { ws_msg_rtt: sample.histograms.ws_msg_rtt!.slice(0, 40) } };
  assert.equal(
    buildComparison([setOf('a', cut), setOf('b', sample)], { metrics: ['ws_msg_rtt p(99)'] }).rows[0]!.cells[0]!.within,
    undefined,
  );
});

test('a third set of runs gets columns of its own, against the first', () => {
  const comparison = buildComparison([setOf('a', before), setOf('b', after), setOf('c', before)]);
  const [head] = /^\| metric .*$/mu.exec(renderComparisonMarkdown(comparison))!;
  assert.equal(head, '| metric | A | B | B against A | C | C against A |');
  assert.deepEqual(
    comparison.rows[0]!.changes.map((change) => change!.ratio!.toFixed(3)),
    ['0.162', '1.000'],
  );
});

test('--all shows every metric of the runs, --metric only those that were asked for', () => {
  const sets = [setOf('a', before), setOf('b', after)];
  const all = buildComparison(sets, { all: true }).rows.map(({ id }) => id);
  for (const name of Object.keys(sample.metrics))
    assert.ok(
      all.some((id) => id === name || id.startsWith(`${name} `)),
      name,
    );
  const asked = buildComparison(sets, { metrics: ['session_ready p(95)', 'ws_msgs_sent'] }).rows.map(({ id }) => id);
  assert.deepEqual(asked, ['session_ready p(95)', 'ws_msgs_sent', 'ws_msgs_sent rate']);
  assert.throws(
    () => buildComparison(sets, { metrics: ['sesion_ready'] }),
    (error: GwrkError) => error.code === 'GWRK_USAGE' && error.details.allowed!.includes('session_ready'),
  );
});

const REFUSALS: readonly [what: string, other: Report, said: RegExp][] = [
  ['another scenario', changed({}, { hash: 'cd'.repeat(32) }), /scenario: abababababab and cdcdcdcdcdcd/u],
  ['another number of clients', changed({}, { clients: { ...sample.clients, planned: 5 } }), /clients: 10000 and 5/u],
  ['another Node', changed({}, { environment: { ...sample.environment, node: 'v22.1.0' } }), /Node: v20 and v22/u],
  ['another machine', changed({}, { environment: { ...sample.environment, cpu: 'Other CPU' } }), /cpu: Example CPU and Other CPU/u],
  [
    'a run that its generator limited',
    changed({}, { verdict: 'invalid', reason: 'the generator was saturated', generator: { ...sample.generator, saturated: true } }),
    /limited by its generator: the generator was saturated/u,
  ],
  ['an invalid run', changed({}, { verdict: 'invalid', reason: 'three clients were missing' }), /not valid: three clients were missing/u],
  ['an interrupted run', changed({}, { verdict: 'interrupted', reason: 'ctrl-C' }), /interrupted: ctrl-C/u],
  ['a run that ended early', changed({}, { endedEarly: 'abortOnFail' }), /ended before its plan: abortOnFail/u],
  ['a profiled run', { ...sample, profiled: 'inspector' }, /profiled/u],
];

for (const [what, other, said] of REFUSALS)
  test(`${what} is refused with its reason, and --force says so in every rendering`, () => {
    const sets = [setOf('one', sample), setOf('two', other)];
    assert.throws(
      () => buildComparison(sets),
      (error: GwrkError) => {
        assert.equal(error.code, 'GWRK_NOT_COMPARABLE');
        assert.equal(error.exitCode, 104);
        assert.match(error.details.given!, said);
        assert.match(error.hint, /--force/u);
        return true;
      },
    );
    const forced = buildComparison(sets, { force: true });
    for (const text of [renderComparisonTerminal(forced, { color: false, columns: 500 }), renderComparisonMarkdown(forced)]) {
      assert.match(text, /Compared by --force/u);
      assert.match(text.replace(/\\/gu, ''), said);
    }
  });

test('a set whose own runs differ is refused too', () => {
  const other = changed({}, { clients: { ...sample.clients, planned: 5 } });
  assert.throws(() => buildComparison([setOf('a', sample, other), setOf('b', sample)]), /cannot be compared/u);
});
