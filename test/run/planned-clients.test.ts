import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plannedClientsAt } from '../../src/run/planned-clients.js';
import { loadScenario } from '../../src/scenario/load.js';
import type { Plan } from '../../src/scenario/plan.js';

function planOf(executors: string): Plan {
  return loadScenario(`name: x\ntarget: ws://127.0.0.1:9/\nscenarios:\n${executors}`, { file: 'x.yaml' }).plan;
}

const RAMP = `  players:
    executor: ramping-clients
    stages: [{ duration: 10s, target: 100 }, { duration: 10s, target: 100 }, { duration: 10s, target: 0 }]
    flow: [connect: {}]
`;
const LATER = `  bots:
    executor: constant-clients
    clients: 7
    duration: 10s
    startTime: 5s
    flow: [connect: {}]
`;
const OPEN = `  guests:
    executor: constant-arrival-rate
    rate: 5
    duration: 10s
    maxClients: 10
    flow: [connect: {}]
`;

test('the plan of a ramp up, a hold and a ramp down is known at each moment', () => {
  const at = plannedClientsAt(planOf(RAMP))!;
  const counts = [1, 5, 10, 15, 20, 25, 30].map((second) => at(second * 1e6));
  for (const [index, expected] of [10, 50, 100, 100, 100, 50, 0].entries())
    assert.ok(Math.abs(counts[index]! - expected) <= 1, String(counts));
  assert.equal(at(31e6), undefined);
});

test('scenarios add up, each from its own start', () => {
  const at = plannedClientsAt(planOf(RAMP + LATER))!;
  assert.ok(Math.abs(at(4e6)! - 40) <= 1);
  assert.ok(Math.abs(at(6e6)! - 67) <= 1);
  assert.ok(Math.abs(at(16e6)! - 100) <= 1);
});

test('where clients leave when they are done nobody plans how many are there', () => {
  assert.equal(plannedClientsAt(planOf(OPEN)), undefined);
  assert.equal(plannedClientsAt(planOf(RAMP + OPEN)), undefined);
});
