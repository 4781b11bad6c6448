import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bestSplit } from '../../src/statistics/best-split.js';
import { changePoints } from '../../src/statistics/e-divisive.js';
import { moments } from '../../src/statistics/moments.js';
import { permutationP } from '../../src/statistics/permutation-test.js';
import { studentTwoSided } from '../../src/statistics/student-t.js';
import { close, closeRelative, oracles } from './oracles.js';

const { E1, E2, E3 } = oracles.e_divisive;
const seed = 20261123;

for (const [name, oracle] of Object.entries({ E1, E2, E3 }))
  test(`the change points of ${name} are those of Apache Otava`, () => {
    const found = changePoints(oracle.series, {
      window: oracle.window,
      maxP: oracle.max_pvalue,
      minMagnitude: 'min_magnitude' in oracle ? (oracle.min_magnitude ?? 0) : 0,
    });
    assert.deepEqual(
      found.map(({ index }) => index),
      oracle.change_points,
    );
    // Otava puts the deviation of the sample (divided by n) where the test wants that of the population (by n - 1): with its
    // own t its own p comes out; ours is a little larger.
    const bounds = [0, ...oracle.change_points, oracle.series.length];
    [oracle.p].flat().forEach((p, index) => {
      const [left, right] = [0, 1].map((side) => moments(oracle.series.slice(bounds[index + side], bounds[index + side + 1])));
      const df = left!.n + right!.n - 2;
      const pooled = ((left!.n - 1) * (left!.squares / left!.n) + (right!.n - 1) * (right!.squares / right!.n)) / df;
      closeRelative(studentTwoSided((left!.mean - right!.mean) / Math.sqrt(pooled * (1 / left!.n + 1 / right!.n)), df), p);
      const ours = found[index]!.p;
      assert.ok(ours > p && ours < p * 3, `${ours} and ${p}`);
    });
  });

test('q of the best splits is that of the oracles', () => {
  close(bestSplit(E1.series, 0, 14)!.qHat, E1.first_qhat);
  close(bestSplit(E2.series, 0, 20)!.qHat, E2.whole_series_qhat);
  close(bestSplit(E3.series, 0, 50)!.qHat, E3.first_qhat);
  // Given to six decimals only.
  assert.ok(Math.abs(bestSplit(E1.series, 5, 14)!.qHat - E1.second_qhat) < 1e-6);
  assert.ok(Math.abs(bestSplit(E3.series, 20, 50)!.qHat - E3.second_qhat) < 1e-6);
});

test('a change point tells the means before and after it', () => {
  const [point] = changePoints(E2.series, { window: 10, maxP: 1e-4 });
  close(point!.before, E2.mean_before);
  close(point!.after, E2.mean_after);
  close(point!.change, E2.mean_after / E2.mean_before - 1);
  const steps = changePoints(E3.series);
  close(steps[0]!.before, E3.means[0]!);
  close(steps[1]!.before, E3.means[1]!);
  close(steps[1]!.after, E3.means[2]!);
});

/** The definition, sum by sum. */
function definedQ(x: readonly number[], y: readonly number[]): number {
  const [n, m] = [x.length, y.length];
  const pairs = (values: readonly number[]): number =>
    values.reduce((sum, a, i) => values.slice(i + 1).reduce((inner, b) => inner + Math.abs(a - b), sum), 0);
  const across = x.reduce((sum, a) => y.reduce((inner, b) => inner + Math.abs(a - b), sum), 0);
  const within = (values: readonly number[], other: number): number =>
    values.length < 2 ? 0 : ((2 * other) / ((n + m) * (values.length - 1))) * pairs(values);
  return (2 / (n + m)) * across - within(x, m) - within(y, n);
}

test('the best split is the one that the definition finds among all', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 12 }), (series) => {
      let best = Number.NEGATIVE_INFINITY;
      for (let split = 1; split < series.length; split++)
        for (let end = split + 1; end <= series.length; end++)
          best = Math.max(best, definedQ(series.slice(0, split), series.slice(split, end)));
      close(bestSplit(series, 0, series.length)!.qHat, best);
    }),
    { seed, numRuns: 150 },
  );
});

test('a flat series, a short one and an empty one have no change', () => {
  assert.deepEqual(changePoints(new Array(80).fill(7)), []);
  assert.deepEqual(changePoints([1, 100]), []);
  assert.deepEqual(changePoints([5]), []);
  assert.deepEqual(changePoints([]), []);
});

test('a step smaller than the smallest magnitude is none', () => {
  const series = Array.from({ length: 40 }, (_, index) => (index < 20 ? 100 : 104) + (index % 3) * 0.1);
  assert.deepEqual(changePoints(series), []);
  assert.deepEqual(
    changePoints(series, { minMagnitude: 0.01 }).map(({ index }) => index),
    [20],
  );
});

test('a step far behind the first window is found', () => {
  const series = Array.from({ length: 300 }, (_, index) => (index < 230 ? 10 : 12) + ((index * 7) % 11) * 0.02);
  assert.deepEqual(
    changePoints(series).map(({ index }) => index),
    [230],
  );
});

test('shuffled orders rarely split as clearly as a step does, and often as clearly as noise', () => {
  assert.equal(permutationP(E3.series, 0, 60, 1), 0.001);
  assert.ok(permutationP(E3.series, 0, 20, 1) > 0.02);
  assert.equal(permutationP(E3.series, 0, 20, 7, 99), permutationP(E3.series, 0, 20, 7, 99));
  assert.equal(permutationP([3], 0, 1, 1), 1);
  assert.equal(permutationP([3, 3, 3, 3], 0, 4, 1), 1);
});

test('a series with a value that is no number is refused', () => {
  assert.throws(() => changePoints([1, Number.NaN, 2]), RangeError);
  assert.throws(() => changePoints([1, 2], { window: 1 }), RangeError);
});
