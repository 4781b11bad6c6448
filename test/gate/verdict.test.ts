import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { DEFAULT_RULES, judgeMetrics, leastP, type MetricVerdict, type Samples } from '../../src/gate/verdict.js';

/** Eight pairs of section 3.4, O5: W+ 35, p 2/256, Walsh 1.0443650, 96.09 % interval of 1.0102041 to 1.0695608. */
const O5 = { before: [100, 104, 98, 110, 102, 99, 107, 101], after: [106, 109, 99, 118, 105, 104, 106, 109] };
/** O1: U 25, p 1/252. */
const O1 = { before: [102.1, 98.4, 105, 99.7, 101.3], after: [111.9, 108.2, 113.5, 107.1, 110.4] };

const judged = (samples: readonly Omit<Samples, 'metric'>[], isPaired: boolean, rules = DEFAULT_RULES) =>
  judgeMetrics(
    samples.map((sample, index) => ({ metric: `m${index}`, ...sample })),
    isPaired,
    rules,
  );
const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-7, `${actual}, expected ${expected}`);

test('one metric, pairs: p and effect are those of the oracle, and a change below 5 % is no regression', () => {
  const [one] = judged([O5], true);
  near(one!.p, 2 / 256);
  near(one!.ratio, 1.044365);
  assert.equal(one!.verdict, 'pass'); // 90 % interval ends below +10 %
  assert.ok(one!.high! < 1.1);
  const [strict] = judged([O5], true, { ...DEFAULT_RULES, maxChange: 0.03 });
  assert.equal(strict!.verdict, 'regression');
});

test('two metrics: Holm doubles the smaller p, so eight pairs with p 2/256 prove nothing any more', () => {
  const [one, other] = judged([O5, { before: O5.before, after: O5.before }], true, { ...DEFAULT_RULES, maxChange: 0.03 });
  near(one!.p, 4 / 256);
  assert.equal(one!.verdict, 'inconclusive');
  assert.equal(other!.verdict, 'pass');
  assert.equal(other!.p, 1);
});

test('five runs against five, each slower: U test, regression; the other way round: improved by the same rule', () => {
  const [worse] = judged([O1], false);
  near(worse!.p, 1 / 252);
  near(worse!.ratio, 1.0884146);
  assert.equal(worse!.verdict, 'regression');
  const [better] = judged([{ before: O1.after, after: O1.before }], false);
  near(better!.p, 1 / 252);
  assert.equal(better!.verdict, 'improved');
});

test('a change that nobody feels passes, however sure it is', () => {
  const tenth = { before: O1.before.map((ms) => ms / 100), after: O1.after.map((ms) => ms / 100) };
  assert.equal(judged([tenth], false)[0]!.verdict, 'pass');
  assert.equal(judged([tenth], false, { ...DEFAULT_RULES, floorMs: 0.01 })[0]!.verdict, 'regression');
});

test('the fewest runs: 5 v 5 and 7 pairs with one metric, 8 pairs with two; fewer are too few, however clear they look', () => {
  near(leastP(5, 5, false), 1 / 252);
  near(leastP(4, 4, false), 1 / 70);
  near(leastP(1, 9, false), 1 / 10);
  assert.equal(leastP(7, 7, true), 1 / 128);
  const pairs = (n: number): Omit<Samples, 'metric'> => ({
    before: Array.from({ length: n }, (_, i) => 100 + i),
    after: Array.from({ length: n }, (_, i) => 200 + 2.1 * i),
  });
  const verdicts = (n: number, metrics: number): MetricVerdict[] =>
    judged(
      Array.from({ length: metrics }, () => pairs(n)),
      true,
    ).map(({ verdict }) => verdict);
  assert.deepEqual(verdicts(6, 1), ['inconclusive']);
  assert.deepEqual(verdicts(7, 1), ['regression']);
  assert.deepEqual(verdicts(7, 2), ['inconclusive', 'inconclusive']);
  assert.deepEqual(verdicts(8, 2), ['regression', 'regression']);
  const [few] = judged([pairs(2)], true);
  assert.deepEqual([few!.isTooFew, few!.low, few!.needed], [true, null, 7]);
  const [single] = judged([{ before: [100], after: [130] }], false);
  assert.deepEqual([single!.verdict, single!.isTooFew, single!.needed], ['inconclusive', true, 5]);
});

test('what is not sure says how many runs would tell: the noisier, the more', () => {
  const noisy = (cv: number): Omit<Samples, 'metric'> => {
    const steps = [-1.5, 1.5, -0.9, 1.1, -0.4, 0.3, 1.3, -1.2, 0.2, -0.1];
    return { before: steps.map(() => 100), after: steps.map((step) => 106 * Math.exp(step * cv)) };
  };
  const needed = [0.1, 0.3].map((cv) => judged([noisy(cv)], true)[0]!);
  assert.deepEqual(
    needed.map(({ verdict }) => verdict),
    ['inconclusive', 'inconclusive'],
  );
  assert.ok(needed[0]!.needed! > 10 && needed[1]!.needed! > 5 * needed[0]!.needed!, JSON.stringify(needed.map((one) => one.needed)));
});

/** Two metrics of a series of pairs, log-normal run to run, the machine getting slower all the time, the second side `factor` slower. */
function series(prng: Prng, pairs: number, cv: number, drift: number, factor: number): Omit<Samples, 'metric'>[] {
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - prng.next())) * Math.cos(2 * Math.PI * prng.next());
  return [188, 36].map((base) => {
    const before: number[] = [];
    const after: number[] = [];
    let time = 0;
    for (let pair = 0; pair < pairs; pair++)
      for (const side of pair % 2 === 0 ? ['a', 'b'] : ['b', 'a'])
        (side === 'a' ? before : after).push(base * (1 + drift) ** time++ * (side === 'b' ? factor : 1) * Math.exp(cv * gauss()));
    return { before, after };
  });
}

const share = (seed: number, count: number, cv: number, drift: number, factor: number): number => {
  const prng = new Prng(seed);
  let failed = 0;
  for (let i = 0; i < count; i++)
    if (judged(series(prng, 10, cv, drift, factor), true).some(({ verdict }) => verdict === 'regression')) failed++;
  return failed / count;
};

for (const [cv, drift] of [
  [0.05, 0],
  [0.05, 0.02],
  [0.1, 0],
] as const)
  test(`1,000 series of 10 pairs of one server with itself, ${cv * 100} % noise, ${drift * 100} % drift a run: at most 1 % false alarms`, (t) => {
    const alarms = share(20261123, 1000, cv, drift, 1);
    t.diagnostic(`seed 20261123: ${alarms * 100} % false alarms`);
    assert.ok(alarms <= 0.01, `${alarms * 100} %`);
  });

for (const [cv, least] of [
  [0.03, 0.98],
  [0.05, 0.85],
] as const)
  test(`a server that is 10 % slower is failed by 10 pairs where runs differ by ${cv * 100} %: at least ${least * 100} % of 300`, (t) => {
    const found = share(7, 300, cv, 0.02, 1.1);
    t.diagnostic(`seed 7: ${found * 100} % found`);
    assert.ok(found >= least, `${found * 100} %`);
  });
