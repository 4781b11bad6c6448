import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { RowQueue } from '../../src/swarm/row-queue.js';

test('a queue gives rows back as a list does, from both ends, while it grows', () => {
  const prng = new Prng(21);
  const queue = new RowQueue(3);
  const list: number[] = [];
  for (let i = 0; i < 5_000; i++) {
    const choice = prng.next();
    if (choice < 0.55) {
      queue.push(i);
      list.push(i);
    } else if (choice < 0.9) assert.equal(queue.shift(), list.shift() ?? -1);
    else assert.equal(queue.pop(), list.pop() ?? -1);
    assert.equal(queue.size, list.length);
    assert.equal(queue.peek(), list[0] ?? -1);
  }
  assert.ok(list.length > 100);
});
