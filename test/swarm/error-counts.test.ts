import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCounts, MAX_ERROR_CODES } from '../../src/swarm/error-counts.js';

test('errors are counted by code with the first text of each, the most frequent first', () => {
  const errors = new ErrorCounts();
  errors.add('a', 'first a');
  errors.add('b', 'first b');
  errors.add('b', 'second b');
  assert.deepEqual(errors.list(), [
    { code: 'b', count: 2, first: 'first b' },
    { code: 'a', count: 1, first: 'first a' },
  ]);
});

test('a change is told once', () => {
  const errors = new ErrorCounts();
  assert.equal(errors.takeChanged(), false);
  errors.add('a', '');
  assert.equal(errors.takeChanged(), true);
  assert.equal(errors.takeChanged(), false);
});

test('codes beyond the limit are counted as other, and none is lost', () => {
  const errors = new ErrorCounts();
  for (let i = 0; i < MAX_ERROR_CODES + 500; i++) errors.add(`closed.${i}`, '');
  const list = errors.list();
  assert.equal(list.length, MAX_ERROR_CODES + 1);
  assert.equal(list[0]!.code, 'other');
  assert.equal(list[0]!.count, 500);
});

test('text of a server cannot forge lines or drive a terminal, and is bounded', () => {
  const errors = new ErrorCounts();
  errors.add('x', `a\r\nb\u001b[31mc\u2028d\u009be${'f'.repeat(1_000)}`);
  const { first } = errors.list()[0]!;
  assert.match(first, /^a b \[31mc d ef+$/u);
  assert.ok(first.length <= 200);
});
