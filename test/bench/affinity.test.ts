import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affinity } from '../../src/bench/affinity.js';
import { figureOf, smallContext } from './small-context.js';

test('each place has latencies and their spread, or a reason why it cannot be had here', async () => {
  const figures = await affinity.measure(smallContext());
  const [p50, p99] = ['P50', 'P99'].map((column) => figureOf(figures, 'unpinned', column)) as [number, number];
  assert.ok(p50 > 0 && p50 <= p99);
  assert.ok(Math.abs(figureOf(figures, 'unpinned', 'jitter') - (p99 - p50)) < 1e-9);
  assert.ok(figureOf(figures, 'unpinned', 'standard deviation') > 0);
  for (const { label, cells } of figures.rows) {
    const isMeasured = cells[0]!.measured !== null;
    for (const { measured, reason } of cells) {
      assert.equal(measured !== null, isMeasured, label);
      assert.equal(reason === undefined, isMeasured, label);
    }
  }
});
