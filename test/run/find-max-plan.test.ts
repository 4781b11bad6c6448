import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadKind, probePlan } from '../../src/run/find-max-plan.js';
import { loadScenario } from '../../src/scenario/load.js';
import type { Plan } from '../../src/scenario/plan.js';
import { createSchedule } from '../../src/scenario/schedule.js';

function planOf(...executors: string[]): Plan {
  const scenarios = executors.map(
    (executor, index) => `  s${index}: { executor: ${executor}, startTime: 5s, flow: [{ connect: {} }, { disconnect: {} }] }\n`,
  );
  return loadScenario(`name: x\ntarget: ws://127.0.0.1:1/\nscenarios:\n${scenarios.join('')}`, { file: 'x' }).plan;
}

const FEW = 'constant-clients, clients: 10, duration: 1m';
const MANY = 'ramping-clients, stages: [{ duration: 1s, target: 30 }, { duration: 1s, target: 5 }]';
const OPEN = 'constant-arrival-rate, rate: 50, duration: 5s, maxClients: 500';
const RISING = 'ramping-arrival-rate, stages: [{ duration: 1s, target: 100 }], maxClients: 100';
const ROUNDS = 'per-client-iterations, clients: 2, iterations: 2';

test('scenarios share the connections as in the file, and none is lost or doubled', () => {
  const plan = planOf(FEW, MANY);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (load) => {
      const { plan: probe, clients } = probePlan(plan, { kind: 'clients', load, stepTimeUs: 10e6 });
      const sizes = probe.scenarios.map(({ executor }) => createSchedule(executor).maxClients);
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        load,
      );
      assert.equal(clients, load);
      assert.equal(probe.maxClients, load);
      if (sizes.length === 2) assert.ok(Math.abs(sizes[0]! * 3 - sizes[1]!) <= 4, String(sizes));
    }),
  );
});

test('every load begins at once, comes at 2,000 a second at most, and is held for the step time', () => {
  const { plan, heldFromMs, heldUntilMs } = probePlan(planOf(MANY), { kind: 'clients', load: 6000, stepTimeUs: 10e6 });
  assert.deepEqual(plan.scenarios[0]!.executor, {
    kind: 'ramping-clients',
    startClients: 0,
    stages: [
      { durationUs: 3e6, target: 6000 },
      { durationUs: 11e6, target: 6000 },
    ],
  });
  assert.equal(plan.scenarios[0]!.startTimeUs, 0);
  assert.deepEqual([heldFromMs, heldUntilMs, plan.durationUs], [4000, 14_000, 14e6]);
  assert.equal(probePlan(planOf(MANY), { kind: 'clients', load: 6000, stepTimeUs: 10e6, connectRate: 600 }).heldFromMs, 11_000);
});

test('a rate is shared by the arrivals of the file; what has clients keeps them', () => {
  const { plan, clients } = probePlan(planOf(OPEN, RISING, FEW), { kind: 'arrivals', load: 300, stepTimeUs: 4e6 });
  assert.deepEqual(
    plan.scenarios.map(({ executor }) => executor),
    [
      { kind: 'constant-arrival-rate', ratePerSecond: 100, durationUs: 6e6, maxClients: 500 },
      { kind: 'constant-arrival-rate', ratePerSecond: 200, durationUs: 6e6, maxClients: 100 },
      {
        kind: 'ramping-clients',
        startClients: 0,
        stages: [
          { durationUs: 1e6, target: 10 },
          { durationUs: 5e6, target: 10 },
        ],
      },
    ],
  );
  assert.equal(clients, 10);
});

test('what cannot be scaled is refused, with what could be done', () => {
  assert.equal(loadKind('connections', planOf(FEW, OPEN), false), 'clients');
  assert.equal(loadKind('rate', planOf(FEW, OPEN), false), 'arrivals');
  assert.equal(loadKind('rate', planOf(FEW), true), 'messages');
  assert.throws(() => loadKind('rate', planOf(FEW), false), { code: 'GWRK_USAGE', message: 'no scenario has a rate' });
  assert.throws(() => loadKind('connections', planOf(OPEN), false), { code: 'GWRK_USAGE' });
  assert.throws(() => loadKind('connections', planOf(FEW, ROUNDS), false), { code: 'GWRK_USAGE', message: /ends after its iterations/u });
});
