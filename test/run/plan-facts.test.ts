import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginsWithLogin } from '../../src/run/plan-facts.js';
import { loadScenario } from '../../src/scenario/load.js';

const planOf = (...flows: string[]) => {
  const scenarios = flows.map(
    (flow, i) => `  s${i}:\n    executor: constant-clients\n    clients: 1\n    duration: 1s\n    flow: ${flow}\n`,
  );
  return loadScenario(`name: test\ntarget: ws://127.0.0.1:9/\nscenarios:\n${scenarios.join('')}`, { file: 'test.yaml' }).plan;
};

test('a plan begins with a login only where that is the first step of a flow', () => {
  const login = '{ login: { uid: "p{{ client }}", proof: none } }';
  const connect = '{ connect: {} }';
  assert.equal(beginsWithLogin(planOf(`[ ${login}, ${connect} ]`)), true);
  assert.equal(beginsWithLogin(planOf(`[ ${connect} ]`, `[ ${login}, ${connect} ]`)), true);
  assert.equal(beginsWithLogin(planOf(`[ ${connect}, ${login} ]`)), false);
  assert.equal(beginsWithLogin(planOf(`[ ${connect} ]`)), false);
});
