import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '../../src/bench/operations.js';
import { smallContext } from './small-context.js';

test('an index finds a session faster than reading every line, a push reaches all servers faster than a rolling restart, and all recovers', async (t) => {
  const { columns, rows } = await operations.measure(smallContext());
  assert.deepEqual(columns, ['operation', 'before', 'after']);
  const figures = (label: string): readonly [number, number] => {
    const row = rows.find((each) => each.label.startsWith(label));
    const [before, after] = row!.cells.map(({ measured }) => measured);
    assert.ok(typeof before === 'number' && typeof after === 'number', `${label}: ${JSON.stringify(row)}`);
    return [before, after];
  };
  for (const label of ['log search, every line parsed', '1,250 rules in force']) {
    const [before, after] = figures(label);
    assert.ok(before > after, `${label}: ${before} > ${after}`);
  }
  figures('latency P95');
  for (const { label, cells } of rows.filter((row) => row.label.startsWith('recovery'))) {
    const after = cells[1]!;
    if (typeof after.measured === 'number') assert.ok(after.measured > 0 && after.measured < 60_000, label);
    else {
      assert.match(after.reason ?? '', /redis-server is not installed|network namespace|is not installed/u, label);
      t.diagnostic(`${label}: ${after.reason}`);
    }
  }
});
