import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineFacts, parseMachineTicks, stealShare } from '../../src/run/machine-facts.js';

test('guest time is not counted twice and steal is the eighth column', () => {
  assert.deepEqual(parseMachineTicks('cpu  10 20 30 40 50 60 70 80 1000 1000\ncpu0 1 1 1 1 1 1 1 1 0 0\n'), { total: 360, steal: 80 });
});

test('a kernel without a steal column has stolen nothing', () => {
  assert.deepEqual(parseMachineTicks('cpu  10 20 30 40\n'), { total: 100, steal: 0 });
});

test('the share is that of the time between two readings', () => {
  assert.equal(stealShare({ total: 1000, steal: 100 }, { total: 1200, steal: 150 }), 0.25);
  assert.equal(stealShare({ total: 1000, steal: 100 }, { total: 1000, steal: 100 }), undefined);
  assert.equal(stealShare(undefined, { total: 1, steal: 0 }), undefined);
});

test('the facts name this version of Node', () => {
  const facts = machineFacts('1.2.3');
  assert.equal(facts.node, process.version);
  assert.equal(facts.gwrk, '1.2.3');
});
