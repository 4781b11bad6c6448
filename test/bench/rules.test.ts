import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rules } from '../../src/bench/rules.js';
import { figureOf, smallContext } from './small-context.js';

test('a server that is asked every five seconds judges by old rules for longer than one that rules are pushed to', async () => {
  const figures = await rules.measure(smallContext());
  const old = (label: string): number => figureOf(figures, label, 'judged by old rules');
  const push = 'HTTP push to the admin port';
  const poll = 'HTTP, asked every 5 s';
  assert.ok(old(poll) > old(push), `${old(poll)} > ${old(push)}`);
  assert.ok(figureOf(figures, poll, 'in force, P50') > figureOf(figures, push, 'in force, P50'));
  for (const { label } of figures.rows) assert.ok(old(label) >= 0 && old(label) <= 100, label);
  assert.equal(figures.rows.length, 4);
});
