import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sync } from '../../src/bench/sync.js';
import { figureOf, smallContext } from './small-context.js';

test('two threads pass more messages through the ring without locks than through a queue behind a mutex', async () => {
  const figures = await sync.measure(smallContext());
  const rate = (label: string): number => figureOf(figures, label, 'operations a second');
  assert.ok(rate('lock-free ring, batches of 256') > rate('queue behind a mutex'));
  assert.ok(rate('snapshot behind a reader/writer lock, 95 % reads') > 0);
});
