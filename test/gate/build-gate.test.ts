import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildGate } from '../../src/gate/build-gate.js';
import { parseGateMetric } from '../../src/gate/gate-metric.js';
import { abbaOrder } from '../../src/gate/order.js';
import { qualityOf } from '../../src/gate/run-quality.js';
import { type FinishedRun, runSeries } from '../../src/gate/series.js';
import type { Report } from '../../src/report/report.js';
import { runWith, seriesInput, slot, tenPairs } from './sample-gate.js';

test('a slower server fails with 99 and names the metric; a faster one is said to be; the same passes', () => {
  const slower = buildGate(seriesInput(tenPairs(1.12, 1)));
  assert.deepEqual([slower.verdict, slower.exitCode], ['fail', 99]);
  assert.match(slower.reason, /^slower: session_ready p\(99\) \+1[23]\.\d % \(limit \+5\.0 %\)$/u);
  const faster = buildGate(seriesInput(tenPairs(1, 0.8)));
  assert.deepEqual([faster.verdict, faster.exitCode], ['improved', 0]);
  const same = buildGate(seriesInput(tenPairs(1, 1)));
  assert.deepEqual([same.verdict, same.exitCode], ['pass', 0]);
});

test('what is not sure is 0 as a warning, 99 with --inconclusive fail, and says what would tell', () => {
  const two = tenPairs(1.3, 1.3).slice(0, 4);
  const gate = buildGate(seriesInput(two));
  assert.deepEqual([gate.verdict, gate.exitCode], ['inconclusive', 0]);
  assert.match(gate.reason, /too few for any test, only thresholds were judged; about 8 pairs would tell$/u);
  assert.equal(buildGate(seriesInput(two, { inconclusive: 'fail' })).exitCode, 99);
  const pass = buildGate(seriesInput(two, { inconclusive: 'pass' }));
  assert.deepEqual([pass.verdict, pass.exitCode], ['pass', 0]);
});

test('runs limited by their generator, profiled ones and searches never count, whatever they measured', () => {
  const bad = (over: object): Report => ({ ...runWith(1, 1), ...over });
  for (const [over, reason] of [
    [{ verdict: 'invalid', reason: 'the generator was late' }, /the generator was late/u],
    [{ profiled: 'v8' }, /profiled/u],
    [{ findMax: {} }, /search/u],
  ] as const) {
    const { use, reason: why = '' } = qualityOf(bad(over));
    assert.equal(use, 'unusable');
    assert.match(why, reason);
  }
  const pairs = tenPairs(1, 1);
  const gate = buildGate(
    seriesInput(pairs.map((run) => (run.side === 'b' ? slot('b', run.number, bad({ verdict: 'invalid', reason: 'x' })) : run))),
  );
  assert.deepEqual([gate.verdict, gate.exitCode, gate.metrics.length], ['invalid', 111, 0]);
});

test('a pair of which one run does not count is no pair', () => {
  const runs = tenPairs(1, 1).map((run) =>
    run.side === 'b' && run.number === 3 ? slot('b', 3, { ...run.report, verdict: 'invalid' }) : run,
  );
  const gate = buildGate(seriesInput(runs));
  assert.deepEqual(
    gate.metrics.map(({ before, after }) => [before.runs, after.runs]),
    [
      [9, 9],
      [9, 9],
    ],
  );
  assert.match(gate.findings.join(), /1 of 20 runs were not counted/u);
});

test('a threshold fails the gate when it failed in most runs of the newer side, not by one bad run', () => {
  const rule = (verdict: 'pass' | 'fail') => [
    { metric: 'ws_msg_rtt', expression: 'p(99)<20', level: 'error' as const, verdict, actual: 36 },
  ];
  const failing = buildGate(seriesInput(tenPairs(1, 1, { thresholds: rule('fail') })));
  assert.deepEqual([failing.verdict, failing.exitCode], ['fail', 99]);
  assert.match(failing.reason, /ws_msg_rtt p\(99\)<20 in 10 of 10 runs/u);
  const once = tenPairs(1, 1, { thresholds: rule('pass') });
  const last = once.at(-1)!;
  const gate = buildGate(seriesInput([...once.slice(0, -1), { ...last, report: { ...last.report, thresholds: rule('fail') } }]));
  assert.equal(gate.verdict, 'pass');
});

test('runs that abortOnFail ended are no figures, but the threshold that ended them fails the gate', () => {
  const thresholds = [{ metric: 'checks', expression: 'rate>0.9', level: 'error' as const, verdict: 'fail' as const, actual: 0 }];
  const gate = buildGate(seriesInput(tenPairs(1, 1, { thresholds, verdict: 'fail', endedEarly: 'checks rate>0.9' })));
  assert.deepEqual([gate.verdict, gate.exitCode], ['fail', 99]);
  assert.match(gate.reason, /checks rate>0\.9 in 10 of 10 runs/u);
});

test('a metric that was asked for and has too few samples makes the gate invalid; a default one is left out and said', () => {
  const few = tenPairs(1, 1).map((run) => {
    const trend = run.report.metrics.session_ready;
    return trend?.type === 'trend'
      ? { ...run, report: { ...run.report, metrics: { ...run.report.metrics, session_ready: { ...trend, count: 100 } } } }
      : run;
  });
  const byDefault = buildGate(seriesInput(few));
  assert.deepEqual(
    byDefault.metrics.map(({ metric }) => metric),
    ['ws_msg_rtt p(99)'],
  );
  assert.match(byDefault.findings.join(), /session_ready p\(99\) is not compared: at most 100 samples in a run, it takes 1000/u);
  const asked = buildGate(seriesInput(few, { metrics: [parseGateMetric('session_ready p(99)')!] }));
  assert.deepEqual([asked.verdict, asked.exitCode], ['invalid', 111]);
});

test('the hold phase of ws_msg_rtt is compared where every run recorded it by itself', () => {
  const runs = tenPairs(1, 1).map((run) => {
    const trend = run.report.metrics.ws_msg_rtt!;
    return { ...run, report: { ...run.report, tagged: { 'ws_msg_rtt{phase:hold}': trend } } };
  });
  assert.deepEqual(
    buildGate(seriesInput(runs)).metrics.map(({ metric }) => metric),
    ['session_ready p(99)', 'ws_msg_rtt{phase:hold} p(99)'],
  );
});

test('the order is AB BA AB BA, or the other way round as the seed says', () => {
  const orders = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) =>
    abbaOrder(4, seed)
      .map(({ side }) => side)
      .join(''),
  );
  assert.deepEqual([...new Set(orders)].sort(), ['abbaabba', 'baabbaab']);
  assert.equal(
    orders[0],
    abbaOrder(4, 1)
      .map(({ side }) => side)
      .join(''),
  );
});

/** A host whose runs are these, in order; ends the series when they are used up. */
async function seriesOf(reports: readonly Report[], slots = abbaOrder(2, 1)): Promise<{ names: string[]; end: string; counted: number }> {
  const names: string[] = [];
  const left = [...reports];
  const { runs, end } = await runSeries(slots, {
    run: async ({ side, number }, attempt): Promise<FinishedRun> => {
      names.push(`${side}${number}.${attempt}`);
      const report = left.shift();
      return { exitCode: report?.exitCode ?? 1, reason: '', ...(report && { report, directory: 'x' }) };
    },
    rest: async () => {},
    isStopped: () => false,
    told: () => {},
  });
  return { names, end, counted: runs.filter(({ refused }) => refused === undefined).length };
}

test('an invalid run is run again at its place, three times at most, and a series of nothing but such ends early', async () => {
  const good = runWith(1, 1);
  const bad: Report = { ...good, verdict: 'invalid', exitCode: 111 };
  const once = await seriesOf([good, bad, good, good, good]);
  assert.deepEqual([once.names.map((name) => name.slice(2)), once.end, once.counted], [['.1', '.1', '.2', '.1', '.1'], 'complete', 4]);
  const never = await seriesOf(Array.from({ length: 20 }, () => bad));
  assert.equal(never.end, 'invalid');
  assert.equal(never.names.length, 6);
});

test('a run that the machine disturbed is run again; when the next ones are of no use it counts after all', async () => {
  const good = runWith(1, 1);
  const stolen: Report = { ...good, environment: { ...good.environment, stealPercent: 9 } };
  const bad: Report = { ...good, verdict: 'invalid', exitCode: 111 };
  assert.equal((await seriesOf([stolen, good, good, good, good])).counted, 4);
  assert.equal((await seriesOf([stolen, bad, bad, good, good, good])).counted, 4);
});

test('ctrl-C in a run and a run that cannot begin end the series with what there is', async () => {
  const good = runWith(1, 1);
  const stopped = await seriesOf([good, { ...good, verdict: 'interrupted', exitCode: 105 }]);
  assert.deepEqual([stopped.end, stopped.counted], ['stopped', 1]);
  const failed = await seriesOf([good]);
  assert.deepEqual([failed.end, failed.counted], ['failed', 1]);
  const gate = buildGate(seriesInput([slot('a', 1, good)], { end: 'stopped' }));
  assert.deepEqual([gate.verdict, gate.exitCode], ['interrupted', 105]);
});
