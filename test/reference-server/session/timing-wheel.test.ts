import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TimingWheel } from '../../../reference-server/timing-wheel.js';
import { Prng } from '../../../src/core/prng.js';

const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);

/** The same contract without a wheel: a map of deadlines, looked through at each tick. */
class NaiveDeadlines {
  readonly #due = new Map<number, number>();
  #tick = 0;
  readonly #tickUs: number;
  readonly #startUs: number;

  constructor(tickUs: number, startUs: number) {
    this.#tickUs = tickUs;
    this.#startUs = startUs;
  }

  get count(): number {
    return this.#due.size;
  }

  set(node: number, deadlineUs: number): void {
    this.#due.set(node, Math.max(this.#tick + 1, Math.ceil((deadlineUs - this.#startUs) / this.#tickUs)));
  }

  cancel(node: number): void {
    this.#due.delete(node);
  }

  advance(nowUs: number, fire: (node: number) => void): void {
    const target = Math.floor((nowUs - this.#startUs) / this.#tickUs);
    if (target <= this.#tick) return;
    // Those that are due leave before any of them is told, so that what is set meanwhile waits for the next call or tick.
    while (this.#tick < target) {
      this.#tick++;
      const due = [...this.#due].filter(([, tick]) => tick <= this.#tick).map(([node]) => node);
      for (const node of due) {
        this.#due.delete(node);
        fire(node);
      }
    }
  }
}

describe('a timing wheel', () => {
  it(`fires what a naive list of deadlines fires, in 3,000 random histories (GWRK_SEED=${seed})`, () => {
    for (let history = 0; history < 3_000; history++) {
      const random = new Prng(seed + history);
      const nodes = random.between(1, 12);
      const tickUs = 100;
      const startUs = random.between(0, 5_000);
      // Few buckets, so that many deadlines lie turns ahead.
      const wheel = new TimingWheel(nodes, tickUs, 2 ** random.between(1, 4), startUs);
      const naive = new NaiveDeadlines(tickUs, startUs);
      let nowUs = startUs;
      for (let step = 0; step < 40; step++) {
        const node = random.between(0, nodes - 1);
        const action = random.between(0, 9);
        if (action < 5) {
          const deadlineUs = nowUs + random.between(-500, 6_000);
          wheel.set(node, deadlineUs);
          naive.set(node, deadlineUs);
        } else if (action < 6) {
          wheel.cancel(node);
          naive.cancel(node);
        } else {
          // A history of small steps now and then has a stall of many turns.
          nowUs += random.between(0, 20) === 0 ? random.between(0, 50_000) : random.between(0, 400);
          const fired: number[] = [];
          const expected: number[] = [];
          wheel.advance(nowUs, { onDeadline: (fired_) => void fired.push(fired_) });
          naive.advance(nowUs, (due) => void expected.push(due));
          assert.deepEqual(fired.sort(), expected.sort(), `seed ${seed + history}, step ${step}`);
        }
        assert.equal(wheel.count, naive.count, `seed ${seed + history}, step ${step}`);
      }
    }
  });

  it('never fires early and at most one tick late', () => {
    const random = new Prng(seed);
    const wheel = new TimingWheel(500, 100, 64, 0);
    const deadlines = Array.from({ length: 500 }, () => random.between(1, 40_000));
    for (const [node, deadlineUs] of deadlines.entries()) wheel.set(node, deadlineUs);
    let fired = 0;
    for (let nowUs = 0; nowUs <= 41_000; nowUs += 10) {
      wheel.advance(nowUs, {
        onDeadline: (node) => {
          fired++;
          assert.ok(nowUs >= deadlines[node]! && nowUs < deadlines[node]! + 110, `${nowUs} for ${deadlines[node]}, seed ${seed}`);
        },
      });
    }
    assert.equal(fired, 500);
    assert.equal(wheel.count, 0);
  });

  it('lets an owner set and cancel any deadline while others fire', () => {
    const wheel = new TimingWheel(4, 100, 4, 0);
    for (let node = 0; node < 4; node++) wheel.set(node, 100);
    const fired: number[] = [];
    wheel.advance(100, {
      onDeadline: (node) => {
        fired.push(node);
        // The first one saves the others; itself it sets again, into the bucket that fires, one turn later.
        if (fired.length > 1) return;
        for (let other = 0; other < 4; other++) if (other !== node) wheel.cancel(other);
        wheel.set(node, 500);
      },
    });
    assert.equal(fired.length, 1);
    assert.equal(wheel.count, 1);
    wheel.advance(499, { onDeadline: () => assert.fail('too early') });
    wheel.advance(500, { onDeadline: (node) => fired.push(node) });
    assert.deepEqual(fired, [fired[0], fired[0]]);
  });

  it('says when it wants to be asked again', () => {
    const wheel = new TimingWheel(1, 100, 8, 1_000);
    assert.equal(wheel.nextTickUs(), Infinity);
    wheel.set(0, 5_000);
    assert.equal(wheel.nextTickUs(), 1_100);
    wheel.advance(1_250, { onDeadline: () => assert.fail('too early') });
    assert.equal(wheel.nextTickUs(), 1_300);
    wheel.cancel(0);
    assert.equal(wheel.nextTickUs(), Infinity);
  });
});
