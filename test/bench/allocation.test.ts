import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocation } from '../../src/bench/allocation.js';
import { figureOf, smallContext } from './small-context.js';

test('buffers that grow on demand grow and are collected, preallocated and pooled ones never grow', async () => {
  const figures = await allocation.measure(smallContext());
  assert.ok(figureOf(figures, 'grown on demand', 'growths') > 1_000);
  assert.ok(figureOf(figures, 'grown on demand', 'collections') > figureOf(figures, 'preallocated', 'collections'));
  for (const label of ['preallocated', 'pooled']) assert.equal(figureOf(figures, label, 'growths'), 0);
});
