import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { signedRank } from '../../src/statistics/signed-rank.js';
import { close, oracles } from './oracles.js';

const seed = 20261123;

test('the signed rank of O5 is that of scipy, of the logs and of the plain differences', () => {
  const { paired } = oracles;
  for (const differences of [paired.log_ratio, paired.cand.map((value, index) => Math.log(value / paired.base[index]!))]) {
    const result = signedRank(differences);
    assert.equal(result.wPlus, paired.wilcoxon_W_plus);
    assert.ok(result.exact);
    close(result.p, paired.p_greater);
    close(result.pTwoSided, paired.p_two_sided);
  }
});

/** The sum of the ranks of positive differences, ranks counted one by one. */
function countedW(differences: readonly number[]): number {
  const sizes = differences.map(Math.abs);
  const rankOf = (size: number): number =>
    sizes.filter((other) => other < size).length + (sizes.filter((other) => other === size).length + 1) / 2;
  return differences.reduce((sum, difference) => (difference > 0 ? sum + rankOf(difference) : sum), 0);
}

test('counting by sums equals enumerating every sign, ties and zeros included', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 9 }), (differences) => {
      const kept = differences.filter((difference) => difference !== 0);
      const observed = countedW(kept);
      let [upper, lower] = [0, 0];
      for (let mask = 0; mask < 1 << kept.length; mask++) {
        const w = countedW(kept.map((difference, index) => ((mask >> index) & 1 ? Math.abs(difference) : -Math.abs(difference))));
        if (w >= observed) upper++;
        if (w <= observed) lower++;
      }
      const total = 2 ** kept.length;
      const result = signedRank(differences);
      assert.equal(result.n, kept.length);
      assert.equal(result.wPlus, observed);
      close(result.p, upper / total);
      close(result.pTwoSided, Math.min(1, (2 * Math.min(upper, lower)) / total));
    }),
    { seed, numRuns: 150 },
  );
});

test('mirrored differences mirror W and leave the two-sided p, and every p lies in (0, 1]', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 70 }), (differences) => {
      const there = signedRank(differences);
      const back = signedRank(differences.map((difference) => -difference));
      close(there.wPlus + back.wPlus, (there.n * (there.n + 1)) / 2);
      close(there.pTwoSided, back.pTwoSided);
      for (const p of [there.p, there.pTwoSided]) assert.ok(p > 0 && p <= 1, `p ${p}`);
      assert.equal(there.exact, there.n <= 50);
    }),
    { seed, numRuns: 200 },
  );
});

test('no difference at all is no evidence', () => {
  assert.deepEqual(signedRank([0, 0, 0]), { wPlus: 0, p: 1, pTwoSided: 1, n: 0, exact: true });
});

test('ten positive differences have the smallest p that ten can have', () => {
  assert.equal(signedRank([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).p, 2 ** -10);
});

test('a value that is no number is refused', () => {
  assert.throws(() => signedRank([1, Number.POSITIVE_INFINITY]), RangeError);
});
