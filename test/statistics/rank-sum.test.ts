import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rankSum } from '../../src/statistics/rank-sum.js';
import { close, oracles } from './oracles.js';

for (const [name, oracle] of Object.entries(oracles.mann_whitney))
  test(`the rank sum of ${name} is that of scipy and of enumeration`, () => {
    const result = rankSum(oracle.base, oracle.cand);
    assert.equal(result.u, oracle.U_cand);
    assert.ok(result.exact);
    close(result.a12, oracle.A12);
    close(result.p, oracle.p_one_sided_exact_midrank);
    close(result.p, oracle.perm_count / oracle.perm_total);
    close(result.pAsymptotic, oracle.p_one_sided_asymptotic_cc);
  });

test('the two-sided p of O4 is twice the share of choices with a U of 48 or less', () => {
  const { base, cand } = oracles.mann_whitney.O4_null!;
  // measure.md says .91178120, which is no multiple of 2 / C(20, 10): counted, 84,230 of 184,756 choices lie there.
  close(rankSum(base, cand).pTwoSided, (2 * 84_230) / 184_756);
});

/** How many values above, ties half, of a pair of samples. */
function countedU(a: readonly number[], b: readonly number[]): number {
  return b.reduce((sum, y) => sum + a.reduce((s, x) => s + (y > x ? 1 : y === x ? 0.5 : 0), 0), 0);
}

/** Every way to choose which values are b: the share with a U at least that large, and at most. */
function enumerated(a: readonly number[], b: readonly number[]): { upper: number; lower: number } {
  const all = [...a, ...b];
  const observed = countedU(a, b);
  let [upper, lower, total] = [0, 0, 0];
  for (let mask = 0; mask < 1 << all.length; mask++) {
    const chosen = all.filter((_, index) => (mask >> index) & 1);
    if (chosen.length !== b.length) continue;
    const u = countedU(
      all.filter((_, index) => !((mask >> index) & 1)),
      chosen,
    );
    total++;
    if (u >= observed) upper++;
    if (u <= observed) lower++;
  }
  return { upper: upper / total, lower: lower / total };
}

const few = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });
const seed = 20261123;

test('counting by sums equals enumerating every choice, ties included', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(few, few, (a, b) => {
      const { upper, lower } = enumerated(a, b);
      const result = rankSum(a, b);
      assert.equal(result.u, countedU(a, b));
      close(result.p, upper);
      close(result.pTwoSided, Math.min(1, 2 * Math.min(upper, lower)));
    }),
    { seed, numRuns: 150 },
  );
});

const some = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });

test('exchanging the samples mirrors U and leaves the two-sided p, and every p lies in (0, 1]', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(some, some, (a, b) => {
      const [there, back] = [rankSum(a, b), rankSum(b, a)];
      assert.equal(there.u + back.u, a.length * b.length);
      close(there.pTwoSided, back.pTwoSided);
      for (const p of [there.p, there.pTwoSided, there.pAsymptotic]) assert.ok(p > 0 && p <= 1, `p ${p}`);
    }),
    { seed, numRuns: 200 },
  );
});

test('equal values in both samples are no evidence, in small samples and in large ones', () => {
  assert.equal(rankSum([3, 3], [3, 3, 3]).p, 1);
  assert.equal(rankSum(new Array(40).fill(3), new Array(40).fill(3)).p, 1);
});

test('beyond fifty values the approximation goes on where counting ends', () => {
  const a = Array.from({ length: 25 }, (_, index) => (index * 37) % 101);
  const b = Array.from({ length: 25 }, (_, index) => ((index * 53) % 101) + 9);
  const exact = rankSum(a, b);
  assert.ok(exact.exact && Math.abs(exact.p - exact.pAsymptotic) < 0.003, `${exact.p} and ${exact.pAsymptotic}`);
  const more = rankSum([...a, 50], b);
  assert.ok(!more.exact && more.p === more.pAsymptotic);
});

test('a large difference between large samples has a p above zero', () => {
  const low = Array.from({ length: 6000 }, (_, index) => index);
  const { p, pTwoSided } = rankSum(
    low,
    low.map((value) => value + 6000),
  );
  assert.ok(p > 0 && p < 1e-100);
  assert.ok(pTwoSided > 0 && pTwoSided < 1e-100);
});

test('a value that is no number is refused', () => {
  assert.throws(() => rankSum([1, Number.NaN], [2]), RangeError);
});
