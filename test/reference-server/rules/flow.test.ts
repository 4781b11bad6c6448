import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowLimit } from '../../../reference-server/rules/flow.js';
import { Prng } from '../../../src/core/prng.js';

const limit = (threshold: number, statIntervalMs = 1_000) => new FlowLimit({ id: '', resource: 'r', threshold, statIntervalMs });

function call(flow: FlowLimit, nowMs: number): boolean {
  const passes = flow.wouldPass(nowMs);
  if (passes) flow.pass(nowMs);
  return passes;
}

test('n calls a second pass, the n+1st does not, and refused ones are not counted', () => {
  const flow = limit(3);
  assert.deepEqual(
    [0, 1, 2, 3, 400].map((nowMs) => call(flow, nowMs)),
    [true, true, true, false, false],
  );
  assert.equal(call(flow, 999), false);
  assert.equal(call(flow, 1_000), true, 'the first half second is a second ago');
});

test('a threshold of 0 lets nothing pass, half a call a second neither', () => {
  for (const threshold of [0, 0.5]) for (let nowMs = 0; nowMs < 5_000; nowMs += 250) assert.equal(call(limit(threshold), nowMs), false);
});

test('a clock that goes backwards gives nothing back', () => {
  const flow = limit(1);
  assert.equal(call(flow, 10_000), true);
  for (const nowMs of [9_000, 0, -5_000, 10_000, 10_499]) assert.equal(call(flow, nowMs), false);
});

test('a limit that goes on with the statistic of another counts its calls', () => {
  const old = limit(3);
  for (const nowMs of [0, 1, 2]) call(old, nowMs);
  const higher = new FlowLimit({ id: '', resource: 'r', threshold: 5, statIntervalMs: 1_000 }, old);
  assert.deepEqual(
    [3, 4, 5].map((nowMs) => call(higher, nowMs)),
    [true, true, false],
  );
});

const seed = Number(process.env.GWRK_SEED ?? Math.floor(Math.random() * 2 ** 31));
test(`passes are those that lists of times allow, for any interval (GWRK_SEED=${seed})`, () => {
  const random = new Prng(seed);
  for (let run = 0; run < 2_000; run++) {
    const intervalMs = [1, 7, 250, 500, 1_000, 1_500, 10_000, 60_000][random.between(0, 7)]!;
    const bucketMs = intervalMs % 500 === 0 && intervalMs <= 10_000 ? 500 : intervalMs;
    const threshold = random.between(0, 6);
    const flow = limit(threshold, intervalMs);
    const passed: number[] = [];
    let nowMs = random.between(0, 3_000);
    for (let i = 0; i < 60; i++) {
      if (random.between(0, 2) === 0) nowMs += random.between(0, intervalMs);
      const firstBucket = Math.floor(nowMs / bucketMs) - intervalMs / bucketMs + 1;
      const expected = passed.filter((atMs) => Math.floor(atMs / bucketMs) >= firstBucket).length + 1 <= threshold;
      assert.equal(call(flow, nowMs), expected, `GWRK_SEED=${seed} run ${run} call ${i}`);
      if (expected) passed.push(nowMs);
    }
  }
});
