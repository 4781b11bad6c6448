import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BenchFigures } from '../../src/bench/bench.js';
import { sync } from '../../src/bench/sync.js';
import { figureOf, smallContext } from './small-context.js';

/** Both threads need a core at the same time, which a busy machine may refuse them for a whole short run: the best of each way counts. */
const RUNS = 5;

test('two threads pass more messages through the ring without locks than through a queue behind a mutex', async () => {
  const tables: BenchFigures[] = [];
  for (let run = 0; run < RUNS; run++) tables.push(await sync.measure(smallContext()));
  const rate = (label: string): number => Math.max(...tables.map((figures) => figureOf(figures, label, 'operations a second')));
  assert.ok(rate('lock-free ring, batches of 256') > rate('queue behind a mutex'));
  assert.ok(rate('snapshot behind a reader/writer lock, 95 % reads') > 0);
});
