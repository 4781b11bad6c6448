import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connections } from '../../src/bench/connections.js';
import { measureEcho } from '../../src/bench/echo-load.js';
import { smallContext } from './small-context.js';

test('the table of connections has a figure in each cell, and says why where it has none', async (t) => {
  const { columns, rows } = await connections.measure(smallContext());
  for (const { label, cells } of rows) {
    assert.equal(cells.length, columns.length - 1);
    for (const { measured, reason } of cells) assert.ok(typeof measured === 'number' ? Number.isFinite(measured) : reason, label);
  }
  const gap = rows.flatMap(({ cells }) => cells).find(({ measured }) => measured === null);
  if (gap !== undefined) t.diagnostic(`not measured here: ${gap.reason}`);
});

test('an object graph, a timer and buffers cost more memory a connection than rows of typed arrays', async (t) => {
  if (process.platform !== 'linux') return t.skip('resident memory of another process is read from /proc');
  const load = { clients: 3_000, rampS: 2, holdS: 6, everyMs: 3_000, seed: 1 };
  const perConnection = async (kind: 'naive' | 'uring'): Promise<number> => {
    const { report, idleRssBytes } = await measureEcho(kind, load, AbortSignal.timeout(300_000));
    return (report.target.rssPeakBytes! - idleRssBytes!) / load.clients;
  };
  const pooled = await perConnection('uring').catch((error: Error) => error.message);
  if (typeof pooled === 'string') return t.skip(`no gateway uring here: ${pooled}`);
  const naive = await perConnection('naive');
  t.diagnostic(`naive ${naive.toFixed(0)} B, pooled ${pooled.toFixed(0)} B a connection`);
  assert.ok(naive > pooled, `${naive} > ${pooled}`);
});
