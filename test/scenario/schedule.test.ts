import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ExecutorSpec, Stage } from '../../src/scenario/plan.js';
import { createSchedule, type Schedule, shardCount } from '../../src/scenario/schedule.js';

const S = 1e6;
const stage = (seconds: number, target: number): Stage => ({ durationUs: seconds * S, target });
const ramp = (startClients: number, ...stages: Stage[]): Schedule => createSchedule({ kind: 'ramping-clients', startClients, stages });
const rates = (startRatePerSecond: number, ...stages: Stage[]): Schedule =>
  createSchedule({ kind: 'ramping-arrival-rate', startRatePerSecond, stages, maxClients: 1e9 });
const arrivals = (schedule: Schedule): number[] => Array.from({ length: schedule.arrivals }, (_, k) => schedule.arrivalUs(k));
const departures = (schedule: Schedule): number[] => Array.from({ length: schedule.departures }, (_, j) => schedule.departureUs(j));
const near = (have: number, want: number, what: string): void =>
  assert.ok(Math.abs(have - want) <= Math.max(1e-3, Math.abs(want) * 1e-9), `${what}: have ${have}, want ${want}`);

const anyStages = fc.array(fc.record({ durationUs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 * S })), target: fc.nat(300) }), {
  minLength: 1,
  maxLength: 6,
});

test('constant clients all come at once and none goes', () => {
  const schedule = createSchedule({ kind: 'constant-clients', clients: 5, durationUs: 10 * S });
  assert.deepEqual(arrivals(schedule), [0, 0, 0, 0, 0]);
  assert.deepEqual([schedule.departures, schedule.endUs, schedule.maxClients], [0, 10 * S, 5]);
});

test('a ramp of clients is a straight line that ends exactly at its border', () => {
  assert.deepEqual(arrivals(ramp(0, stage(10, 5))), [2 * S, 4 * S, 6 * S, 8 * S, 10 * S]);
  const million = ramp(0, stage(120, 1_000_000), stage(120, 1_000_000));
  assert.equal(million.arrivals, 1_000_000);
  assert.equal(million.arrivalUs(999_999), 120 * S);
  assert.equal(million.arrivalUs(499_999), 60 * S);
  assert.equal(million.arrivalUs(0), 120);
  assert.equal(million.departures, 0);
  assert.equal(million.endUs, 240 * S);
});

test('stages up, down and up again bring and take clients in turn', () => {
  const schedule = ramp(2, stage(4, 4), stage(2, 1), stage(0, 3), stage(1, 3));
  assert.deepEqual(arrivals(schedule), [0, 0, 2 * S, 4 * S, 6 * S, 6 * S]);
  for (const [j, us] of departures(schedule).entries()) near(us, (4 + (2 * (j + 1)) / 3) * S, `departure ${j}`);
  assert.equal(schedule.departures, 3);
  assert.equal(schedule.departureUs(2), 6 * S);
  assert.deepEqual([schedule.maxClients, schedule.endUs], [4, 7 * S]);
});

test('clients present at any moment are within one of the line, and equal to the target at every border', () => {
  fc.assert(
    fc.property(fc.nat(100), anyStages, (start, stages) => {
      const schedule = ramp(start, ...stages);
      const come = arrivals(schedule);
      const go = departures(schedule);
      let fromUs = 0;
      let from = start;
      for (const { durationUs, target } of stages) {
        for (const share of [0.1, 0.37, 0.5, 0.93]) {
          const us = fromUs + share * durationUs;
          if (durationUs === 0) continue;
          const line = from + (target - from) * share;
          const present = come.filter((at) => at <= us).length - go.filter((at) => at <= us).length;
          assert.ok(Math.abs(present - line) < 1 + 1e-6, `at ${us}: ${present} clients, the line is at ${line}`);
        }
        fromUs += durationUs;
        from = target;
      }
      assert.equal(come.length - go.length, from);
      assert.equal(schedule.endUs, fromUs);
      assert.equal(schedule.maxClients, Math.max(start, ...stages.map(({ target }) => target)));
    }),
  );
});

test('a constant rate brings one every 1/rate, the first at once, the last before the end', () => {
  const schedule = createSchedule({ kind: 'constant-arrival-rate', ratePerSecond: 4, durationUs: 2 * S, maxClients: 100 });
  assert.deepEqual(arrivals(schedule), [0, 0.25 * S, 0.5 * S, 0.75 * S, S, 1.25 * S, 1.5 * S, 1.75 * S]);
  for (const [ratePerSecond, seconds, count] of [
    [0.3, 10, 3],
    [0.1, 30, 3],
    [1 / 3, 9, 3],
    [1000, 60, 60_000],
    [0.5, 1, 1],
    [7, 1.1, 8],
  ] as const) {
    const one = createSchedule({ kind: 'constant-arrival-rate', ratePerSecond, durationUs: seconds * S, maxClients: 1e9 });
    assert.equal(one.arrivals, count, `${ratePerSecond}/s for ${seconds} s`);
    for (const k of [0, one.arrivals >> 1, one.arrivals - 1])
      near(one.arrivalUs(k), (k / ratePerSecond) * S, `arrival ${k} at ${ratePerSecond}/s`);
  }
});

test('a rising rate brings arrivals at the square root of their number', () => {
  // r(t) = 2 t, so A(t) = t^2 and arrival k comes at sqrt(k).
  const schedule = rates(0, stage(10, 20));
  assert.equal(schedule.arrivals, 100);
  for (let k = 0; k < 100; k++) near(schedule.arrivalUs(k), Math.sqrt(k) * S, `arrival ${k}`);
});

test('a falling rate is a rising one seen from the end', () => {
  const up = rates(0, stage(10, 20));
  const down = rates(20, stage(10, 0));
  assert.equal(down.arrivals, 100);
  for (let k = 1; k < 100; k++) near(down.arrivalUs(k), 10 * S - up.arrivalUs(100 - k), `arrival ${k}`);
});

test('a pause in the rate holds the next arrival back until the rate returns', () => {
  const schedule = rates(10, stage(1, 10), stage(0, 0), stage(5, 0), stage(0, 10), stage(1, 10));
  assert.equal(schedule.arrivals, 20);
  near(schedule.arrivalUs(9), 0.9 * S, 'the last before the pause');
  assert.equal(schedule.arrivalUs(10), 6 * S);
  near(schedule.arrivalUs(19), 6.9 * S, 'the last');
});

test('arrivals at any moment are the area under the rate', () => {
  fc.assert(
    fc.property(fc.nat(50), anyStages, (start, stages) => {
      const schedule = rates(start, ...stages);
      const come = arrivals(schedule);
      let fromUs = 0;
      let from = start;
      let area = 0;
      for (const { durationUs, target } of stages) {
        for (const share of [0.2, 0.5, 0.8]) {
          const us = fromUs + share * durationUs;
          const now = area + (share * durationUs * (from + from + (target - from) * share)) / 2e6;
          // Half an arrival of room for rounding exactly at a whole number.
          const arrived = come.filter((at) => at < us).length;
          assert.ok(
            Math.abs(arrived - Math.ceil(now)) <= 1 && arrived >= now - 1e-6 && arrived <= now + 1 + 1e-6,
            `at ${us}: ${arrived} came, the area is ${now}`,
          );
        }
        area += ((from + target) * durationUs) / 2e6;
        fromUs += durationUs;
        from = target;
      }
      assert.ok(Math.abs(schedule.arrivals - area) < 1 + 1e-6);
    }),
    { numRuns: 50 },
  );
});

const anyExecutor: fc.Arbitrary<ExecutorSpec> = fc.oneof(
  fc.record({ kind: fc.constant('ramping-clients' as const), startClients: fc.nat(50), stages: anyStages }),
  fc.record({
    kind: fc.constant('ramping-arrival-rate' as const),
    startRatePerSecond: fc.nat(20),
    stages: anyStages,
    maxClients: fc.integer({ min: 1, max: 1000 }),
  }),
  fc.record({
    kind: fc.constant('constant-clients' as const),
    clients: fc.integer({ min: 1, max: 500 }),
    durationUs: fc.integer({ min: 1, max: 60 * S }),
  }),
  fc.record({
    kind: fc.constant('constant-arrival-rate' as const),
    ratePerSecond: fc.double({ min: 0.01, max: 100, noNaN: true }),
    durationUs: fc.integer({ min: 1, max: 60 * S }),
    maxClients: fc.integer({ min: 1, max: 1000 }),
  }),
);

test('arrivals and departures never go back in time, and lie within the plan', () => {
  fc.assert(
    fc.property(anyExecutor, (executor) => {
      const schedule = createSchedule(executor);
      for (const times of [arrivals(schedule), departures(schedule)]) {
        let last = 0;
        for (const us of times) {
          assert.ok(us >= last && us <= schedule.endUs, `${us} after ${last}, end ${schedule.endUs}`);
          last = us;
        }
      }
    }),
  );
});

test('all workers together run exactly the plan, whatever their number and the order of asking', () => {
  fc.assert(
    fc.property(anyExecutor, fc.integer({ min: 1, max: 9 }), (executor, workers) => {
      const whole = createSchedule(executor);
      const seen = new Float64Array(whole.arrivals).fill(-1);
      let total = 0;
      for (let w = workers - 1; w >= 0; w--) {
        // Each worker makes its own schedule and asks from the last arrival to the first.
        const own = createSchedule(executor);
        const share = shardCount(own.arrivals, w, workers);
        total += share;
        for (let i = share - 1; i >= 0; i--) {
          const k = w + i * workers;
          assert.equal(seen[k], -1, `arrival ${k} has two workers`);
          seen[k] = own.arrivalUs(k);
        }
      }
      assert.equal(total, whole.arrivals);
      assert.deepEqual(Array.from(seen), arrivals(whole));
    }),
  );
});

test('no worker ever has fewer than no clients, or more than its share of the most', () => {
  fc.assert(
    fc.property(fc.nat(50), anyStages, fc.integer({ min: 1, max: 7 }), (start, stages, workers) => {
      const schedule = ramp(start, ...stages);
      const events = [
        ...arrivals(schedule).map((us, k) => ({ us, w: k % workers, change: 1 })),
        ...departures(schedule).map((us, j) => ({ us, w: j % workers, change: -1 })),
      ];
      events.sort((a, b) => a.us - b.us || b.change - a.change);
      const present = new Array<number>(workers).fill(0);
      for (const { w, change } of events) {
        present[w]! += change;
        assert.ok(present[w]! >= 0);
      }
      assert.equal(
        present.reduce((sum, each) => sum + each, 0),
        stages.at(-1)!.target,
      );
    }),
  );
});
