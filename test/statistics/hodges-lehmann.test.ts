import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Estimate, pairedRatio, ratio, shift, walsh } from '../../src/statistics/hodges-lehmann.js';
import { close, oracles } from './oracles.js';

const seed = 20261123;

function check(actual: Estimate, oracle: { lo: number; hi: number; coverage: number; k: number }, estimate: number): void {
  assert.equal(actual.k, oracle.k);
  close(actual.estimate, estimate, 'estimate');
  close(actual.low, oracle.lo, 'low');
  close(actual.high, oracle.hi, 'high');
  close(actual.confidence, oracle.coverage, 'confidence');
}

for (const [name, oracle] of Object.entries(oracles.mann_whitney))
  test(`effect and interval of ${name} are the oracle's, at 95 % and at 90 %`, () => {
    check(ratio(oracle.base, oracle.cand, 0.95), oracle.ratio_HL_95, oracle.ratio_HL_95.estimate);
    check(ratio(oracle.base, oracle.cand, 0.9), oracle.ratio_HL_90, oracle.ratio_HL_90.estimate);
  });

test("effect and interval of the pairs of O5 are the oracle's, at 95 % and at 90 %", () => {
  const { base, cand, ci95, ci90, walsh_HL } = oracles.paired;
  check(pairedRatio(base, cand, 0.95), ci95, walsh_HL);
  check(pairedRatio(base, cand, 0.9), ci90, walsh_HL);
});

const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 30 });

test('an interval encloses its estimate and is as sure as was asked; exchanging the samples mirrors it', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [there, back] = [shift(a, b, 0.9), shift(b, a, 0.9)];
      assert.ok(there.low <= there.estimate && there.estimate <= there.high);
      assert.ok(there.confidence >= 0.9 - 1e-9 && there.confidence <= 1);
      close(there.estimate, -back.estimate);
      close(there.low === Number.NEGATIVE_INFINITY ? 0 : there.low, back.high === Number.POSITIVE_INFINITY ? 0 : -back.high);
    }),
    { seed, numRuns: 150 },
  );
});

test('all values moved by one amount move the effect by that amount', (t) => {
  t.diagnostic(`seed ${seed}`);
  fc.assert(
    fc.property(values, fc.integer({ min: -50, max: 50 }), (differences, by) => {
      const moved = walsh(
        differences.map((difference) => difference + by),
        0.9,
      );
      close(moved.estimate, walsh(differences, 0.9).estimate + by);
    }),
    { seed, numRuns: 100 },
  );
});

test('one run against one has an effect and no interval', () => {
  assert.deepEqual(shift([2], [5], 0.9), { estimate: 3, low: -Infinity, high: Infinity, confidence: 1, k: 0 });
  assert.deepEqual(walsh([3], 0.9), { estimate: 3, low: -Infinity, high: Infinity, confidence: 1, k: 0 });
});

test('the interval of large samples goes on where counting ends', () => {
  const a = Array.from({ length: 25 }, (_, index) => (index * 37) % 101);
  const b = a.map((value) => value + 7);
  const exact = shift(a, b, 0.95);
  const large = shift([...a, 50], b, 0.95);
  assert.ok(Math.abs(exact.k - large.k) <= 10, `${exact.k} and ${large.k}`);
});

test('a ratio of nothing or of values that are not above zero is refused', () => {
  assert.throws(() => ratio([], [1], 0.9), RangeError);
  assert.throws(() => ratio([1, 0], [1], 0.9), RangeError);
  assert.throws(() => pairedRatio([1, 2], [1], 0.9), RangeError);
});
