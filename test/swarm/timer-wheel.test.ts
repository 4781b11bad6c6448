import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { TimerWheel } from '../../src/swarm/timer-wheel.js';

const TICK_US = 256;
const SEEDS = [1, 2, 3, 4, 5];

/** A list of timers, searched through each time: what the wheel must do, written to be obviously right. */
class NaiveTimers {
  readonly due = new Map<number, { tick: number; order: number }>();
  #tick = 0;
  #order = 0;

  set(timer: number, dueUs: number): void {
    this.due.set(timer, { tick: Math.max(Math.ceil(dueUs / TICK_US), this.#tick + 1), order: this.#order++ });
  }

  /** The timers due at nowUs, in their order. A visitor may change the others. */
  advance(nowUs: number, visit: (timer: number) => void): void {
    const last = Math.floor(nowUs / TICK_US);
    for (;;) {
      const next = [...this.due].filter(([, { tick }]) => tick <= last).sort(([, a], [, b]) => a.tick - b.tick || a.order - b.order)[0];
      if (next === undefined) break;
      this.due.delete(next[0]);
      this.#tick = Math.max(this.#tick, next[1].tick);
      visit(next[0]);
    }
    this.#tick = last;
  }
}

for (const seed of SEEDS) {
  test(`the wheel fires what a plain list fires, in the same order (seed ${seed})`, () => {
    const prng = new Prng(seed);
    const timers = 60;
    // 64 buckets of 256 us are 16 ms: most timers wait several rounds.
    const wheel = new TimerWheel({ timers, startUs: 0, buckets: 64 });
    const naive = new NaiveTimers();
    let nowUs = 0;
    for (let step = 0; step < 3_000; step++) {
      const timer = prng.between(0, timers - 1);
      const dueUs = nowUs + prng.between(-1_000, prng.next() < 0.2 ? 200_000 : 5_000);
      const choice = prng.next();
      if (choice < 0.5) {
        wheel.set(timer, dueUs);
        naive.set(timer, dueUs);
      } else if (choice < 0.65) {
        wheel.cancel(timer);
        naive.due.delete(timer);
      } else {
        nowUs += prng.between(0, prng.next() < 0.1 ? 40_000 : 900);
        const fired: number[] = [];
        const expected: number[] = [];
        // Visitors set and cancel timers too, by a rule that both sides follow.
        wheel.advance(nowUs, {
          onTimer(due) {
            fired.push(due);
            if (due % 5 === 0) wheel.set((due * 7 + 1) % timers, nowUs + due * 100);
            if (due % 5 === 1) wheel.cancel((due + 3) % timers);
          },
        });
        naive.advance(nowUs, (due) => {
          expected.push(due);
          if (due % 5 === 0) naive.set((due * 7 + 1) % timers, nowUs + due * 100);
          if (due % 5 === 1) naive.due.delete((due + 3) % timers);
        });
        assert.deepEqual(fired, expected, `step ${step} at ${nowUs} us`);
      }
      assert.equal(wheel.size, naive.due.size);
      const probe = prng.between(0, timers - 1);
      assert.equal(wheel.isSet(probe), naive.due.has(probe));
    }
  });
}

test('a timer fires at most one tick late and never early', () => {
  const wheel = new TimerWheel({ timers: 1, startUs: 5_000 });
  const fired: number[] = [];
  wheel.set(0, 7_777);
  for (let nowUs = 5_000; nowUs < 9_000; nowUs++) wheel.advance(nowUs, { onTimer: () => fired.push(nowUs) });
  assert.equal(fired.length, 1);
  assert.ok(fired[0]! >= 7_777 && fired[0]! < 7_777 + TICK_US, `${fired[0]}`);
});

test('the next look is never later than the next timer, and Infinity without one in sight', () => {
  const prng = new Prng(9);
  const wheel = new TimerWheel({ timers: 100, startUs: 0, buckets: 1024 });
  const due = new Map<number, number>();
  assert.equal(wheel.nextUs(1e9), Number.POSITIVE_INFINITY);
  for (let timer = 0; timer < 100; timer++) {
    const dueUs = prng.between(1, 5_000_000);
    due.set(timer, dueUs);
    wheel.set(timer, dueUs);
  }
  let looks = 0;
  for (let nowUs = 0; due.size > 0; looks++) {
    const nextUs = wheel.nextUs(nowUs + 1e6);
    const earliestUs = Math.min(...due.values());
    assert.ok(nextUs <= Math.ceil(earliestUs / TICK_US) * TICK_US || earliestUs > nowUs + 200_000, `${nextUs} for ${earliestUs}`);
    nowUs = Math.max(nowUs + 1, Math.min(nextUs, nowUs + 1e6));
    wheel.advance(nowUs, { onTimer: (timer) => due.delete(timer) });
  }
  // A bucket may hold timers of later rounds: those cost a look each round, no more.
  assert.ok(looks < 2_100, `${looks}`);
});

test('a pause of hours is made up for in one call', () => {
  const wheel = new TimerWheel({ timers: 3, startUs: 0 });
  wheel.set(2, 3_600e6);
  wheel.set(0, 10);
  wheel.set(1, 7_200e6);
  const fired: number[] = [];
  wheel.advance(9_000e6, { onTimer: (timer) => fired.push(timer) });
  assert.deepEqual(fired, [0, 2, 1]);
});

test('a number of buckets that is no power of two is refused', () => {
  assert.throws(() => new TimerWheel({ timers: 1, startUs: 0, buckets: 100 }), RangeError);
});
