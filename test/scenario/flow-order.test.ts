import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { checkFlow } from '../../src/scenario/flow-order.js';

/** What is said of a flow: "path: message". */
function faults(flow: string, afterFlow?: string): string[] {
  const said: string[] = [];
  checkFlow(parse(flow), [], afterFlow, (path, message) => said.push(`${path.join('.')}: ${message}`));
  return said;
}

test('flows in order are left alone', () => {
  for (const flow of [
    '[connect: {}]',
    '[login: {}, connect: {}, auth: {}, heartbeat: {}, join: {}, op: {}, leave: {}, disconnect: {}]',
    '[connect: {}, login: {}, auth: {}]',
    '[connect: {}, send: {}, expect: {}, disconnect: {}, connect: {}, send: {}]',
    '[login: {}, connect: {}, auth: {}, disconnect: {}, connect: {}, auth: {}, heartbeat: {}]',
    '[connect: {}, loop: { every: 1s, steps: [send: {}] }, disconnect: {}]',
    '[loop: { count: 3, steps: [connect: {}, send: {}, disconnect: {}] }]',
    '[loop: { steps: [connect: {}, disconnect: {}] }]',
    '[connect: {}, loop: { steps: [loop: { every: 1s, steps: [loop: { count: 2, steps: [think: {}] }] }] }]',
  ]) {
    assert.deepEqual(faults(flow), [], flow);
  }
});

test('a step before what it needs is told at its place', () => {
  assert.deepEqual(faults('[auth: {}, connect: {}]'), [
    '0.auth: auth must come after login and connect',
    '1.connect: connect a second time on one connection',
  ]);
  assert.deepEqual(faults('[connect: {}, auth: {}]'), ['1.auth: auth must come after login']);
  assert.deepEqual(faults('[login: {}, connect: {}, op: {}]'), ['2.op: op must come after auth']);
  assert.deepEqual(faults('[login: {}, connect: {}, heartbeat: {}]'), ['2.heartbeat: heartbeat must come after auth']);
  assert.deepEqual(faults('[connect: {}, join: {}, leave: {}]'), ['1.join: join must come after auth']);
  assert.deepEqual(faults('[send: {}, connect: {}]')[0], '0.send: send must come after connect');
  assert.deepEqual(faults('[connect: {}, disconnect: {}, send: {}]'), ['2.send: send must come after connect']);
  assert.deepEqual(faults('[connect: {}, disconnect: {}, disconnect: {}]'), ['2.disconnect: disconnect must come after connect']);
  assert.deepEqual(faults('[login: {}, connect: {}, auth: {}, disconnect: {}, connect: {}, op: {}]'), ['5.op: op must come after auth']);
});

test('what holds for a connection is not given to it twice', () => {
  assert.deepEqual(faults('[connect: {}, connect: {}]'), ['1.connect: connect a second time on one connection']);
  assert.deepEqual(faults('[login: {}, connect: {}, auth: {}, auth: {}]'), ['3.auth: auth a second time on one connection']);
  assert.deepEqual(faults('[login: {}, connect: {}, auth: {}, heartbeat: {}, heartbeat: {}]'), [
    '4.heartbeat: heartbeat a second time on one connection',
  ]);
});

test('a loop must end as it began', () => {
  assert.deepEqual(faults('[loop: { count: 2, steps: [connect: {}] }]'), ['0.loop: a loop must end as it begins']);
  assert.deepEqual(faults('[connect: {}, loop: { every: 1s, steps: [disconnect: {}] }]'), ['1.loop: a loop must end as it begins']);
  assert.deepEqual(faults('[login: {}, connect: {}, auth: {}, loop: { every: 1s, steps: [heartbeat: {}] }]'), [
    '3.loop: heartbeat would start again in each round',
  ]);
});

test('a loop in which nothing waits is told, one that waits somewhere is not', () => {
  const never = ': this loop would never wait';
  assert.deepEqual(faults('[connect: {}, loop: { steps: [send: { text: a }] }]'), [`1.loop${never}`]);
  assert.deepEqual(faults('[connect: {}, loop: { steps: [loop: { count: 2, steps: [send: { text: a }] }] }]'), [`1.loop${never}`]);
  assert.deepEqual(faults('[connect: {}, loop: { steps: [send: { text: a, expect: {} }] }]'), []);
  assert.deepEqual(faults('[connect: {}, loop: { steps: [send: { text: a }, think: {}] }]'), []);
  assert.deepEqual(faults('[connect: {}, loop: { for: 1s, steps: [send: { text: a }] }]'), []);
  assert.deepEqual(faults('[connect: {}, loop: { steps: [loop: { every: 1s, steps: [send: { text: a }] }] }]'), []);
});

test('loops nest three deep', () => {
  const loops = (depth: number): string => (depth === 0 ? '{ think: {} }' : `{ loop: { count: 2, steps: [${loops(depth - 1)}] } }`);
  assert.deepEqual(faults(`[connect: {}, ${loops(3)}]`), []);
  assert.deepEqual(faults(`[connect: {}, ${loops(4)}]`), ['1.loop.steps.0.loop.steps.0.loop.steps.0.loop: loops nest too deep']);
});

test('a flow that never connects, or is repeated while connected, is told', () => {
  assert.deepEqual(faults('[login: {}]'), [': this flow never connects']);
  assert.deepEqual(faults('[connect: {}]', 'repeat'), [': a flow that is repeated must end as it begins']);
  assert.deepEqual(faults('[connect: {}, disconnect: {}]', 'repeat'), []);
});

test('anything at all may stand where a flow should', () => {
  for (const flow of [
    'null',
    '7',
    'text',
    '{}',
    '[]',
    '[null]',
    '[[]]',
    '[7]',
    '[{}]',
    '[loop: null, connect: null]',
    '[loop: { steps: 7 }]',
    '[loop: { steps: [null] }]',
    '[constructor: {}, hasOwnProperty: {}]',
  ]) {
    assert.doesNotThrow(() => faults(flow), flow);
  }
});
