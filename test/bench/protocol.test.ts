import assert from 'node:assert/strict';
import { test } from 'node:test';
import { protocol } from '../../src/bench/protocol.js';

test('a binary view is smaller than JSON, and nothing is allocated to read it', async () => {
  const { columns, rows } = await protocol.measure({
    repetitions: 1,
    seed: 1,
    small: true,
    signal: AbortSignal.timeout(60_000),
    progress: () => {},
  });
  const figure = (label: string, column: string): number => {
    const { measured } = rows.find((row) => row.label === label)!.cells[columns.indexOf(column) - 1]!;
    assert.equal(typeof measured, 'number', `${label}, ${column}`);
    return measured as number;
  };
  assert.equal(figure('binary view', 'message'), 20); // docs/protocol.md: header 8, opcode and flags 4, two i32
  assert.ok(figure('JSON', 'message') > 2 * figure('binary view', 'message'));
  assert.ok(figure('protobuf', 'message') < figure('JSON', 'message'));
  assert.ok(figure('binary view', 'allocations a read') < 0.01);
  assert.ok(figure('JSON', 'allocations a read') >= 1);
  assert.ok(figure('protobuf', 'allocations a read') >= 1);
});
