import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { NO_REQUEST, RequestTable } from '../../src/swarm/request-table.js';

for (const seed of [11, 12, 13]) {
  test(`requests stay in the order of sending, by row and by step, like two plain lists (seed ${seed})`, () => {
    const prng = new Prng(seed);
    const rows = 5;
    const steps = 3;
    const table = new RequestTable(rows, steps);
    const open: { request: number; row: number; step: number; key: number }[] = [];
    for (let i = 0; i < 6_000; i++) {
      // First mostly opening (so that the table grows), then mostly closing.
      if (open.length === 0 || prng.next() < (i < 4_000 ? 0.75 : 0.25)) {
        const row = prng.between(0, rows - 1);
        const step = prng.between(0, steps - 1);
        const request = table.open(row, step, i, i + 1, i * 2, i * 3, i * 4);
        open.push({ request, row, step, key: i });
      } else {
        const [closed] = open.splice(prng.between(0, open.length - 1), 1);
        table.close(closed!.request);
      }
      assert.equal(table.size, open.length);
      const row = prng.between(0, rows - 1);
      assert.equal(table.firstOf(row), open.find((one) => one.row === row)?.request ?? NO_REQUEST);
      const step = prng.between(0, steps - 1);
      assert.equal(table.oldestOf(step), open.find((one) => one.step === step)?.request ?? NO_REQUEST);
    }
    assert.ok(open.length > 0);
    for (let row = 0; row < rows; row++) {
      const chain: number[] = [];
      for (let request = table.firstOf(row); request !== NO_REQUEST; request = table.after(request)) chain.push(request);
      assert.deepEqual(
        chain,
        open.filter((one) => one.row === row).map(({ request }) => request),
      );
    }
    for (const { request, row, step, key } of open) {
      const columns = [table.row, table.step, table.keyLow, table.keyHigh, table.intendedUs, table.sentUs, table.iteration];
      assert.deepEqual(
        columns.map((column) => column[request]),
        [row, step, key, key + 1, key * 2, key * 3, key * 4],
      );
    }
  });
}

test('a full table says so and takes requests again when one is closed', () => {
  const table = new RequestTable(1, 1, 2_000);
  const requests = Array.from({ length: 2_000 }, () => table.open(0, 0, 0, 0, 0, 0, 0));
  assert.equal(new Set(requests).size, 2_000);
  assert.equal(table.open(0, 0, 0, 0, 0, 0, 0), NO_REQUEST);
  table.close(requests[77]!);
  assert.equal(table.open(0, 0, 0, 0, 0, 0, 0), requests[77]);
  assert.equal(table.open(0, 0, 0, 0, 0, 0, 0), NO_REQUEST);
});
