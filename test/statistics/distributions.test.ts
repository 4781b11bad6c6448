import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binomialCumulative, binomialProbability } from '../../src/statistics/binomial.js';
import { holm } from '../../src/statistics/holm.js';
import { normalQuantile, normalUpperTail } from '../../src/statistics/normal.js';
import { medianInterval, quantileInterval, quantileRanks } from '../../src/statistics/quantile-interval.js';
import { fewestPairs, fewestRuns, pairsNeeded, runsNeeded } from '../../src/statistics/sample-size.js';
import { studentTwoSided } from '../../src/statistics/student-t.js';
import { student, welch } from '../../src/statistics/t-test.js';
import { close, closeRelative, oracles } from './oracles.js';

test("Holm's adjustment is the oracle's, in the order given", () => {
  holm(oracles.holm.p).forEach((p, index) => {
    close(p, oracles.holm.adjusted[index]!);
  });
  assert.deepEqual(holm([]), []);
  assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
});

test("the ranks around a median are the oracle's, and five values give none at 95 %", () => {
  for (const [n, [low, high, confidence]] of Object.entries(oracles.median_ci_order_stats_95)) {
    const ranks = quantileRanks(Number(n), 0.5, 0.95)!;
    assert.deepEqual([ranks.low, ranks.high], [low, high], `n = ${n}`);
    close(ranks.confidence, confidence);
  }
  assert.equal(quantileRanks(5, 0.5, 0.95), undefined);
  assert.equal(medianInterval([1, 2, 3, 4, 5], 0.95), undefined);
});

test("the ranks around a P99 and a P99.9 of up to 100,000 values are the oracle's", () => {
  for (const [question, [low, high, confidence]] of Object.entries(oracles.quantile_ci_ranks_95)) {
    const [, n, q] = /^n=(\d+),q=(\.\d+)$/u.exec(question)!;
    const ranks = quantileRanks(Number(n), Number(q), 0.95)!;
    assert.deepEqual([ranks.low, ranks.high], [low, high], question);
    close(ranks.confidence, confidence);
  }
});

test('an interval of values is read from the sorted values', () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index * 7) % 1000);
  const interval = quantileInterval(values, 0.99, 0.95)!;
  assert.deepEqual([interval.low, interval.high], [982, 996]); // the 983rd and the 997th of 0 .. 999
});

test("the test of Welch is scipy's, of the values and of their logs", () => {
  const { base, cand } = oracles.mann_whitney.O2!;
  const [plain, logs] = [welch(base, cand), welch(base.map(Math.log), cand.map(Math.log))];
  const oracle = oracles.welch_O2_greater;
  close(plain.t, oracle.t);
  close(plain.df, oracle.df);
  close(plain.p, oracle.p);
  close(logs.t, oracle.log_t);
  close(logs.df, oracle.log_df);
  close(logs.p, oracle.log_p);
});

test("Student's distribution has its closed forms at one, two and four degrees of freedom", () => {
  for (const t of [0, 0.5, 1, 3, 10, 1e4]) {
    closeRelative(studentTwoSided(t, 1), t === 0 ? 1 : (2 / Math.PI) * Math.atan(1 / t));
    if (t <= 10) closeRelative(studentTwoSided(t, 2), 1 - t / Math.sqrt(2 + t * t));
    const x = t / Math.sqrt(t * t + 4);
    if (t <= 10) closeRelative(studentTwoSided(t, 4), 1 - x * (1 + (1 - x * x) / 2));
  }
});

test('values without any spread are equal or as different as can be, never not-a-number', () => {
  assert.equal(student([1, 1], [1, 1]).pTwoSided, 1);
  assert.equal(welch([1, 1], [1, 1]).pTwoSided, 1);
  for (const { p, pTwoSided } of [student([1, 1], [2, 2]), welch([1, 1], [2, 2])]) assert.ok(p >= 0 && p < 1e-300 && pTwoSided > 0);
  assert.ok(student([2, 2], [1, 1]).p > 0.999);
  assert.throws(() => welch([1], [1, 2]), RangeError);
  assert.throws(() => student([1], [2]), RangeError);
});

test('the normal tail has its tabulated values, and its inverse leads back', () => {
  closeRelative(normalUpperTail(1), 0.15865525393145707);
  closeRelative(normalUpperTail(3), 0.0013498980316300957);
  closeRelative(normalUpperTail(6), 9.86587645037698e-10);
  closeRelative(normalUpperTail(10), 7.61985302416052e-24);
  closeRelative(normalQuantile(0.99), 2.3263478740408408);
  for (const p of [1e-12, 0.01, 0.3, 0.5, 0.8, 0.99]) closeRelative(normalUpperTail(-normalQuantile(p)), p);
  assert.throws(() => normalQuantile(1), RangeError);
});

test('binomial chances are those of factorials, and sum to one', () => {
  closeRelative(binomialProbability(10, 3, 0.5), 120 / 1024);
  closeRelative(binomialProbability(5, 5, 0.1), 1e-5);
  for (const [n, p] of [
    [20, 0.3],
    [500, 0.99],
  ] as const) {
    let sum = 0;
    for (let k = 0; k <= n; k++) {
      sum += binomialProbability(n, k, p);
      close(binomialCumulative(n, k, p), sum, `P(X <= ${k}) of ${n}`);
    }
  }
});

test('the number of runs needed is that of the specification', () => {
  const question = { sd: 0.05, effect: 0.1, alpha: 0.01, power: 0.8 };
  assert.equal(runsNeeded(question), 6 + 2);
  assert.equal(pairsNeeded(question), 7); // the formula says 3 + 2, and fewer than 7 pairs cannot reach 0.01
  assert.equal(pairsNeeded({ ...question, sd: 0.1 }), 14);
  assert.deepEqual([fewestRuns(0.01), fewestPairs(0.01)], [5, 7]);
  assert.deepEqual([fewestRuns(0.005), fewestPairs(0.005)], [5, 8]); // two metrics by Holm
  assert.throws(() => runsNeeded({ ...question, effect: 0 }), RangeError);
});
