import assert from 'node:assert/strict';
import { test } from 'node:test';
import { protocol } from '../../src/bench/protocol.js';
import { figureOf, smallContext } from './small-context.js';

test('a binary view is smaller than JSON, and nothing is allocated to read it', async () => {
  const figures = await protocol.measure(smallContext());
  const figure = (label: string, column: string): number => figureOf(figures, label, column);
  assert.equal(figure('binary view', 'message'), 20); // docs/protocol.md: header 8, opcode and flags 4, two i32
  assert.ok(figure('JSON', 'message') > 2 * figure('binary view', 'message'));
  assert.ok(figure('protobuf', 'message') < figure('JSON', 'message'));
  assert.ok(figure('binary view', 'allocations a read') < 0.01);
  assert.ok(figure('JSON', 'allocations a read') >= 1);
  assert.ok(figure('protobuf', 'allocations a read') >= 1);
});
