import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Clock } from '../../src/core/clock.js';
import { TickTimer } from '../../src/net/tick-timer.js';

/** Time moves only here: the clock and Node's timers go together, whole milliseconds at a time or by a part of one between two polls. */
let nowUs = 0;
const clock: Clock = { nowUs: () => nowUs, unixMs: () => 0 };
let immediates: (() => void)[] = [];

const sleep = (ms: number): void => {
  nowUs += ms * 1e3;
  mock.timers.tick(ms);
};
const turn = (passedUs: number): void => {
  nowUs += passedUs;
  const due = immediates;
  immediates = [];
  for (const run of due) run();
};

beforeEach(() => {
  nowUs = 1e6;
  immediates = [];
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(globalThis, 'setImmediate', (run: () => void) => immediates.push(run));
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

test('ticks once for all the events of a batch', () => {
  const ticks: number[] = [];
  const timer = new TickTimer(clock, (now) => {
    ticks.push(now);
    return Infinity;
  });
  timer.start();
  turn(0);
  for (let event = 0; event < 100; event++) timer.wake();
  assert.equal(immediates.length, 1);
  turn(10);
  assert.deepEqual(ticks, [1e6, 1e6 + 10]);
});

test('sleeps until the last millisecond before a deadline, then polls until it is due', () => {
  const ticks: number[] = [];
  new TickTimer(clock, (now) => {
    ticks.push(now);
    return 1e6 + 20_000;
  }).start();
  turn(0);
  sleep(18);
  assert.equal(immediates.length, 0, 'asleep');
  sleep(1);
  for (let poll = 0; poll < 9; poll++) turn(100);
  assert.deepEqual(ticks, [1e6]);
  turn(100);
  assert.deepEqual(ticks, [1e6, 1e6 + 20_000]);
});

test('ticks every 100 ms without any deadline', () => {
  const ticks: number[] = [];
  new TickTimer(clock, (now) => {
    ticks.push(now);
    return Infinity;
  }).start();
  turn(0);
  for (let ms = 0; ms < 300; ms++) {
    sleep(1);
    turn(0);
  }
  assert.deepEqual(ticks, [1e6, 1e6 + 100_000, 1e6 + 200_000, 1e6 + 300_000]);
});

test('spends about a fifth of the time on polling when a deadline is always near', () => {
  let polledUs = 0;
  new TickTimer(clock, (now) => now + 1_400).start();
  turn(0);
  for (let elapsedUs = 0; elapsedUs < 2e6; ) {
    if (immediates.length > 0) {
      turn(50);
      polledUs += 50;
      elapsedUs += 50;
    } else {
      sleep(1);
      elapsedUs += 1_000;
    }
  }
  assert.ok(polledUs > 0.15 * 2e6 && polledUs < 0.3 * 2e6, `${polledUs} us of polling in 2 s`);
});

test('gives the sockets a turn before a deadline that has passed already, and ends for good with -1', () => {
  const answers = [0, 0, -1, 0];
  const ticks: number[] = [];
  const timer = new TickTimer(clock, (now) => {
    ticks.push(now);
    return answers[ticks.length - 1]!;
  });
  timer.start();
  for (let round = 0; round < 6; round++) turn(1);
  timer.wake();
  turn(1);
  sleep(1_000);
  assert.equal(ticks.length, 3);
});
