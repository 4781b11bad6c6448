import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auth } from '../../src/bench/auth.js';
import { figureOf, smallContext } from './small-context.js';

const REPLAYS = 'replay protection: refused';
const THEFTS = 'hijack risk: thefts refused';

test('a single JWT is accepted from whoever has it as often as they like, dual auth refuses each replay and each stolen token', async (t) => {
  const figures = await auth.measure(smallContext());
  const { columns, rows } = figures;
  const [jwt, redis, memory] = rows as [(typeof rows)[0], (typeof rows)[0], (typeof rows)[0]];
  const told = (row: typeof jwt, column: string) => row.cells[columns.indexOf(column) - 1]!;
  assert.match(jwt.label, /^one JWT, users in PGlite/u, JSON.stringify(jwt));
  for (const column of [REPLAYS, THEFTS]) {
    assert.equal(told(jwt, column).measured, '0 of 12');
    assert.equal(told(memory, column).measured, '12 of 12');
  }
  for (const { label } of [jwt, memory]) {
    const [p50, p99] = [figureOf(figures, label, 'response P50'), figureOf(figures, label, 'response P99')];
    assert.ok(p50 > 0 && p99 >= p50, label);
  }
  const reason = told(redis, REPLAYS).reason;
  if (reason !== undefined) {
    assert.equal(reason, 'redis-server is not installed here');
    return t.skip(`dual auth by Redis was not measured: ${reason}`);
  }
  for (const column of [REPLAYS, THEFTS]) assert.equal(told(redis, column).measured, '12 of 12');
});
