import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadScenario } from '../../src/scenario/load.js';
import { loadModelOf } from '../../src/scenario/load-model.js';

const CLIENTS = 'executor: constant-clients, clients: 1, duration: 1s';
const ROUNDS = 'executor: per-client-iterations, clients: 1, iterations: 3';
const ARRIVALS = 'executor: constant-arrival-rate, rate: 5, duration: 1s, maxClients: 5';
const ASK = '{ send: { text: x, expect: { within: 1s } } }';
const TELL = '{ send: { text: x } }';

const model = (...scenarios: readonly (readonly [executor: string, ...steps: string[]])[]): string =>
  loadModelOf(
    loadScenario(
      `name: m\ntarget: ws://h/\nscenarios:\n${scenarios.map(([executor, ...steps], i) => `  s${i}: { ${executor}, flow: [ { connect: {} }, ${steps.join(', ')} ] }\n`).join('')}`,
      { file: 'm.yaml' },
    ).plan,
  );

test('a plan is open where it has a time for every round, closed where an answer brings the next, and mixed with both', () => {
  const rows: [string, string][] = [
    ['open', model([CLIENTS, `{ loop: { every: 1s, steps: [ ${ASK} ] } }`])],
    ['open', model([CLIENTS, `{ every: { period: 1s, steps: [ ${ASK} ] } }, { think: 1s }`])],
    ['open', model([CLIENTS, ASK])],
    ['open', model([ARRIVALS, ASK, '{ disconnect: {} }'])],
    ['open', model([CLIENTS, `{ loop: { every: 1s, steps: [ ${ASK}, { loop: { count: 2, steps: [ ${ASK} ] } } ] } }`])],
    ['open', model([CLIENTS, `{ loop: { count: 3, steps: [ ${TELL}, { think: 1s } ] } }`])],
    ['closed', model([CLIENTS, `{ loop: { steps: [ ${ASK} ] } }`])],
    ['closed', model([CLIENTS, `{ loop: { steps: [ ${ASK}, { think: 100ms } ] } }`])],
    ['closed', model([ROUNDS, ASK, '{ disconnect: {} }'])],
    ['closed', model([ROUNDS, '{ disconnect: {} }'])],
    ['mixed', model([ARRIVALS, `{ loop: { count: 3, steps: [ ${ASK} ] } }`])],
    ['mixed', model([CLIENTS, `{ every: { period: 1s, steps: [ ${ASK} ] } }, { loop: { steps: [ ${ASK} ] } }`])],
    ['mixed', model([CLIENTS, `{ loop: { every: 1s, steps: [ ${ASK} ] } }`], [CLIENTS, `{ loop: { steps: [ ${ASK} ] } }`])],
  ];
  for (const [index, [expected, actual]] of rows.entries()) assert.equal(actual, expected, `row ${index + 1}`);
});
