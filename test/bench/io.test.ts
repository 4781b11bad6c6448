import assert from 'node:assert/strict';
import { test } from 'node:test';
import { io } from '../../src/bench/io.js';
import { figureOf, smallContext } from './small-context.js';

test('an echo costs fewer system calls on the uring gateway than over node:net', async (t) => {
  const figures = await io.measure(smallContext());
  const [calls, alone] = figures.columns.slice(1) as [string, string];
  for (const { label } of figures.rows.slice(0, 2)) assert.ok(figureOf(figures, label, 'round trips a second') > 0);
  const reasons = figures.rows.flatMap(({ cells }) => cells.slice(0, 3).flatMap(({ reason }) => reason ?? []));
  if (reasons.length > 0) return t.skip(reasons[0]);
  assert.ok(figureOf(figures, 'gateway uring', calls) < figureOf(figures, 'node:net', calls));
  // Alone in its loop an echo of Node has to wait, read and write.
  assert.ok(figureOf(figures, 'node:net', alone) >= 2);
});
