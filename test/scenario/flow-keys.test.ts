import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadScenario } from '../../src/scenario/load.js';
import type { Plan } from '../../src/scenario/plan.js';
import { ScenarioProblems } from '../../src/scenario/problems.js';

const CONSTANT = 'executor: constant-clients\n    clients: 1\n    duration: 10s';

function plan(flow: string, keys = CONSTANT, env: Record<string, string> = {}): Plan {
  const text = `name: t\ntarget: ws://127.0.0.1/\nscenarios:\n  s:\n    ${keys}\n    flow: ${flow}\n`;
  return loadScenario(text, { file: 't.yaml', env }).plan;
}

/** What is said of a file, a line each, without its place. */
function faults(flow: string, keys?: string): string[] {
  try {
    plan(flow, keys);
  } catch (error) {
    if (error instanceof ScenarioProblems) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

test('an executor of iterations repeats its flow, and has ten minutes for it', () => {
  const [scenario] = plan('[ connect: {}, disconnect: {} ]', 'executor: shared-iterations\n    clients: 5\n    iterations: 10k').scenarios;
  assert.deepEqual(scenario!.executor, { kind: 'shared-iterations', clients: 5, iterations: 10_000, maxDurationUs: 600e6 });
  assert.equal(scenario!.afterFlow, 'repeat');
});

test('iterations that cannot be are told', () => {
  const shared = 'executor: shared-iterations\n    clients: 5\n    iterations: 4';
  assert.deepEqual(faults('[ connect: {}, disconnect: {} ]', shared), ['there are more clients than iterations']);
  const each = 'executor: per-client-iterations\n    clients: 5\n    iterations: 4';
  assert.deepEqual(faults('[ connect: {} ]', each), ['a flow that is repeated must end as it begins']);
  assert.deepEqual(faults('[ connect: {}, disconnect: {} ]', `${each}\n    afterFlow: hold`), ['per-client-iterations repeats the flow']);
});

test('think takes a time, an even spread or a normal one', () => {
  const thinks = (step: string) => plan(`[ connect: {}, think: ${step} ]`).scenarios[0]!.program.thinks[0];
  assert.deepEqual(thinks('2s'), { minUs: 2e6, maxUs: 2e6 });
  assert.deepEqual(thinks('{ min: 1s }'), { minUs: 1e6, maxUs: 1e6 });
  assert.deepEqual(thinks('{ min: 1s, max: 3s }'), { minUs: 1e6, maxUs: 3e6 });
  assert.deepEqual(thinks('{ mean: 2s, deviation: 250ms }'), { minUs: 2e6, maxUs: 2e6, deviationUs: 250_000 });
});

test('a think that says too little or too much is told', () => {
  const said = (step: string): string[] => faults(`[ connect: {}, think: ${step} ]`);
  assert.deepEqual(said('{}'), ['think needs either min, or mean and deviation']);
  assert.deepEqual(said('{ min: 1s, mean: 2s, deviation: 1s }'), ['think needs either min, or mean and deviation']);
  assert.deepEqual(said('{ mean: 2s }'), ['deviation is missing']);
  assert.deepEqual(said('{ min: 2s, max: 1s }'), ['max is less than min']);
  assert.deepEqual(said('{ min: 2s, deviation: 1s }'), ['deviation goes with mean']);
  assert.deepEqual(said('{ mean: 2s, deviation: 1s, max: 3s }'), ['max goes with min']);
});

test('the branches of a choose must leave the client alike, and one must be possible', () => {
  assert.deepEqual(
    faults('[ choose: [ { steps: [ connect: {} ] }, { weight: 2, steps: [ connect: { path: /b } ] } ], send: { text: x } ]'),
    [],
  );
  assert.deepEqual(faults('[ connect: {}, choose: [ { steps: [ think: 1s ] }, { steps: [ disconnect: {} ] } ] ]'), [
    'the branches of a choose must end alike',
  ]);
  assert.deepEqual(faults('[ connect: {}, choose: [ { weight: 0, steps: [ think: 1s ] } ] ]'), ['no branch can ever be drawn']);
  assert.deepEqual(faults('[ connect: {}, loop: { steps: [ choose: [ { steps: [ think: 1s ] }, { steps: [ send: { text: x } ] } ] ] } ]'), [
    'this loop would never wait',
  ]);
});

test('every stands beside a connection of its own loop, four in a flow at most, with sends only', () => {
  const every = 'every: { period: 1s, steps: [ send: { text: x } ] }';
  assert.deepEqual(faults(`[ connect: {}, ${every}, ${every} ]`), []);
  assert.deepEqual(faults(`[ loop: { count: 2, steps: [ connect: {}, ${every}, think: 1s, disconnect: {} ] } ]`), []);
  assert.deepEqual(faults(`[ ${every}, connect: {} ]`)[0], 'every must come after connect');
  assert.deepEqual(faults(`[ connect: {}, loop: { every: 1s, steps: [ ${every} ] } ]`), ['every would start again in each round']);
  assert.deepEqual(faults(`[ connect: {}, ${Array(5).fill(every).join(', ')} ]`), ['a flow has too many every steps']);
  assert.deepEqual(faults('[ connect: {}, every: { period: 1s, steps: [ think: 1s ] } ]'), ['this key is not known']);
  assert.deepEqual(faults('[ connect: {}, every: { period: 1s, steps: [ op: { code: echo } ] } ]'), ['op must come after auth']);
  assert.deepEqual(faults('[ connect: {}, every: { period: 1s, jitter: 60%, steps: [ send: { text: x } ] } ]'), [
    'rounds would overtake one another',
  ]);
});

test('reconnect stands before the first connect, once, and a storm needs it', () => {
  assert.deepEqual(plan('[ reconnect: {}, connect: {} ]').scenarios[0]!.program.reconnect, {
    minUs: 1e6,
    maxUs: 30e6,
    factor: 2,
    jitter: 0.5,
  });
  assert.deepEqual(faults('[ connect: {}, reconnect: {} ]'), ['reconnect must come before the first connect']);
  assert.deepEqual(faults('[ loop: { count: 2, steps: [ reconnect: {}, connect: {}, disconnect: {} ] } ]'), [
    'reconnect must come before the first connect',
  ]);
  assert.deepEqual(faults('[ reconnect: {}, reconnect: {}, connect: {} ]'), ['a second reconnect']);
  assert.deepEqual(faults('[ reconnect: { backoff: { min: 2s, max: 1s } }, connect: {} ]'), ['max is less than min']);
  const storm = (at: string): string => `${CONSTANT}\n    storm: { at: ${at}, share: 50% }`;
  assert.deepEqual(faults('[ reconnect: {}, connect: {} ]', storm('5s')), []);
  assert.deepEqual(faults('[ connect: {} ]', storm('5s')), ['nobody would come back from this storm']);
  assert.deepEqual(faults('[ reconnect: {}, connect: {} ]', storm('10s')), ['the storm comes after the end of its scenario']);
});

test('env of a scenario holds within it, and -e comes before it', () => {
  const keys = `${CONSTANT}\n    env: { SIZE: 3, ROOM: "r{{ env.N }}" }`;
  const flow = '[ connect: {}, loop: { count: "{{ env.SIZE }}", steps: [ send: { text: "{{ env.ROOM }} {{ client }}" } ] } ]';
  const { loops, sends } = plan(flow, keys, { N: '7' }).scenarios[0]!.program;
  assert.equal(loops[0]!.count, 3);
  assert.match(JSON.stringify(sends[0]!.text), /"r7"/);
  assert.equal(plan(flow, keys, { N: '7', SIZE: '5' }).scenarios[0]!.program.loops[0]!.count, 5);
  const other = `name: t\ntarget: ws://127.0.0.1/\nscenarios:\n  a:\n    ${CONSTANT}\n    env: { X: 1 }\n    flow: [ connect: {} ]\n  b:\n    ${CONSTANT}\n    flow: [ connect: {}, send: { text: "{{ env.X }}" } ]\n`;
  assert.throws(() => loadScenario(other, { file: 't.yaml' }), /env\.X/);
});
