import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker, CLOSED, HALF_OPEN, OPEN, REFUSED, STATE_NAMES } from '../../../reference-server/rules/breaker.js';
import { type BreakerRule, ERROR_COUNT, ERROR_RATIO, SLOW_RATIO } from '../../../reference-server/rules/rule.js';
import { rule } from './small-rules.js';

// The transitions that sentinel-golang's core/circuitbreaker tests go through, for each strategy, then our five departures.

const MAX_RT_MS = 50;
const common = { retryTimeoutMs: 3_000, minRequestAmount: 10, statIntervalMs: 10_000, maxAllowedRtMs: MAX_RT_MS };
const STRATEGIES: readonly { readonly name: string; readonly rule: BreakerRule; readonly bad: readonly [number, boolean] }[] = [
  { name: 'slow-call ratio', rule: rule({ ...common, strategy: SLOW_RATIO, threshold: 0.5 }), bad: [MAX_RT_MS + 1, false] },
  { name: 'error ratio', rule: rule({ ...common, strategy: ERROR_RATIO, threshold: 0.5 }), bad: [0, true] },
  { name: 'error count', rule: rule({ ...common, strategy: ERROR_COUNT, threshold: 10 }), bad: [0, true] },
];

function call(breaker: Breaker, nowMs: number, rtMs = 0, isError = false): boolean {
  const permit = breaker.tryPass(nowMs);
  if (permit === REFUSED) return false;
  breaker.complete(permit, nowMs, rtMs, isError);
  return true;
}

function opened(given: BreakerRule, bad: readonly [number, boolean], nowMs = 0): Breaker {
  const breaker = new Breaker(given);
  for (let i = 0; i < Math.max(1, given.minRequestAmount); i++) call(breaker, nowMs, ...bad);
  assert.equal(breaker.state(nowMs), OPEN);
  return breaker;
}

for (const { name, rule: base, bad } of STRATEGIES) {
  test(`${name}: a closed breaker lets every call pass`, () => {
    const breaker = new Breaker(base);
    for (let i = 0; i < 1_000; i++) assert.ok(call(breaker, i));
    assert.equal(breaker.state(1_000), CLOSED);
  });

  test(`${name}: below the least number of requests nothing opens it, the next one does`, () => {
    const breaker = new Breaker(base);
    for (let i = 0; i < 9; i++) call(breaker, i, ...bad);
    assert.equal(breaker.state(9), CLOSED);
    call(breaker, 9, ...bad);
    assert.equal(breaker.state(9), OPEN);
  });

  test(`${name}: an open breaker refuses until the retry time, then the first call is its probe`, () => {
    const breaker = opened(base, bad);
    assert.equal(call(breaker, 2_999), false);
    assert.equal(breaker.state(3_000), OPEN, 'time alone does not half-open it');
    assert.ok(breaker.tryPass(3_000) >= 0);
    assert.equal(breaker.state(3_000), HALF_OPEN);
  });

  test(`${name}: a probe that fails opens it for another whole retry time`, () => {
    const breaker = opened(base, bad);
    assert.ok(call(breaker, 4_000, ...bad));
    assert.equal(breaker.state(4_000), OPEN);
    assert.equal(call(breaker, 6_999), false);
    assert.ok(call(breaker, 7_000));
  });

  test(`${name}: a probe that succeeds closes it and its past is forgotten`, () => {
    const breaker = opened(base, bad);
    assert.ok(call(breaker, 3_000));
    assert.equal(breaker.state(3_000), CLOSED);
    for (let i = 0; i < 9; i++) call(breaker, 3_000, ...bad);
    assert.equal(breaker.state(3_000), CLOSED, 'nine calls are below the least number again');
  });

  test(`${name}: with probeNum 10 ten probes one after the other close it, and one that fails on the way opens it`, () => {
    const good = opened({ ...base, probeNum: 10 }, bad);
    for (let i = 0; i < 10; i++) {
      assert.equal(good.state(3_000), i === 0 ? OPEN : HALF_OPEN);
      assert.ok(call(good, 3_000));
    }
    assert.equal(good.state(3_000), CLOSED);
    const failing = opened({ ...base, probeNum: 10 }, bad);
    for (let i = 0; i < 9; i++) call(failing, 3_000);
    call(failing, 3_000, ...bad);
    assert.equal(failing.state(3_000), OPEN);
    for (let i = 0; i < 9; i++) call(failing, 6_000);
    assert.equal(failing.state(6_000), HALF_OPEN, 'probes that passed before the failure count no more');
  });

  test(`${name}: what is older than the interval does not count`, () => {
    const breaker = new Breaker({ ...base, statSlidingWindowBucketCount: 10 });
    for (let i = 0; i < 9; i++) call(breaker, 500, ...bad);
    call(breaker, 10_499, ...bad);
    assert.equal(breaker.state(10_499), CLOSED);
    for (let i = 0; i < 9; i++) call(breaker, 10_500, ...bad);
    assert.equal(breaker.state(10_500), OPEN);
  });

  test(`${name}: a clock that goes backwards moves no state`, () => {
    const changes: number[] = [];
    const breaker = new Breaker({ ...base, probeNum: 2 }, { onChange: (_from, to) => changes.push(to) });
    for (let i = 0; i < 10; i++) call(breaker, 100_000, ...bad);
    for (const nowMs of [99_999, 50_000, 0, -1_000_000]) {
      assert.equal(breaker.tryPass(nowMs), REFUSED);
      assert.equal(breaker.state(nowMs), OPEN);
    }
    assert.equal(breaker.tryPass(102_999), REFUSED, 'the time spent backwards is not waited for twice');
    const probe = breaker.tryPass(103_000);
    for (const nowMs of [102_999, 0]) assert.equal(breaker.state(nowMs), HALF_OPEN);
    breaker.complete(probe, 0, 0, false);
    assert.equal(breaker.state(0), HALF_OPEN);
    assert.ok(call(breaker, 0));
    assert.equal(breaker.state(0), CLOSED);
    assert.deepEqual(changes, [OPEN, HALF_OPEN, CLOSED]);
  });
}

test('a ratio trips when it is reached: 3 of 10 at 0.3, and 2 of 10 do not', () => {
  const errors = (count: number): Breaker => {
    const breaker = new Breaker(rule({ ...common, strategy: ERROR_RATIO, threshold: 0.3 }));
    for (let i = 0; i < 10; i++) call(breaker, 0, 0, i >= 10 - count);
    return breaker;
  };
  assert.equal(errors(2).state(0), CLOSED);
  assert.equal(errors(3).state(0), OPEN);
});

test('departure 1: a call that began before the breaker opened is no probe, whatever it ends with', () => {
  for (const { rule: base, bad } of STRATEGIES) {
    const breaker = new Breaker(base);
    const [late, failing] = [breaker.tryPass(0), breaker.tryPass(0)];
    for (let i = 0; i < 10; i++) call(breaker, 0, ...bad);
    assert.ok(breaker.tryPass(3_000) >= 0);
    breaker.complete(late!, 3_001, 0, false);
    assert.equal(breaker.state(3_001), HALF_OPEN, 'a good late result does not close it');
    breaker.complete(failing!, 3_001, 9_999, true);
    assert.equal(breaker.state(3_001), HALF_OPEN, 'a bad late result does not open it');
  }
});

test('departure 2: HALF_OPEN lets max(1, probeNum) calls through and no more', () => {
  for (const probeNum of [0, 1, 3, 2_000]) {
    const breaker = opened(rule({ ...common, probeNum }), [0, true]);
    const permits = Array.from({ length: 2_100 }, () => breaker.tryPass(3_000)).filter((permit) => permit >= 0);
    assert.equal(permits.length, Math.max(1, probeNum));
    for (const permit of permits) breaker.complete(permit, 3_000, 0, false);
    assert.equal(breaker.state(3_000), CLOSED);
  }
});

test('departure 3: a probe that never ends fails after max(maxAllowedRtMs, 1 s), and the retry time begins there', () => {
  for (const [maxAllowedRtMs, leaseMs] of [
    [50, 1_000],
    [2_500, 2_500],
  ] as const) {
    for (const strategy of [SLOW_RATIO, ERROR_RATIO] as const) {
      const base = rule({ ...common, strategy, maxAllowedRtMs });
      const breaker = opened(base, [maxAllowedRtMs + 1, true]);
      const probe = breaker.tryPass(3_000);
      assert.equal(breaker.state(3_000 + leaseMs), HALF_OPEN);
      assert.equal(breaker.state(3_001 + leaseMs), OPEN);
      breaker.complete(probe, 3_001 + leaseMs, 0, false);
      assert.equal(breaker.state(3_001 + leaseMs), OPEN, 'its end is too late');
      assert.equal(breaker.tryPass(6_000 + leaseMs), REFUSED);
      assert.ok(breaker.tryPass(6_001 + leaseMs) >= 0);
    }
  }
});

test('departure 3: when nobody looked for an hour, a lost probe and its retry time are both over', () => {
  const breaker = opened(rule(common), [0, true]);
  breaker.tryPass(3_000);
  assert.ok(breaker.tryPass(3_600_000) >= 0, 'it failed an hour ago; this is the next probe');
});

test('departure 4: calls that hang open it though not one has ended', () => {
  const changes: string[] = [];
  const breaker = new Breaker(rule({ ...common, strategy: SLOW_RATIO }), {
    onChange: (from, to, atMs) => changes.push(`${STATE_NAMES[from]}>${STATE_NAMES[to]}@${atMs}`),
  });
  for (let i = 0; i < 10; i++) assert.ok(breaker.tryPass(100 * i) >= 0);
  assert.equal(breaker.state(950), CLOSED);
  assert.equal(breaker.tryPass(1_000), REFUSED);
  assert.deepEqual(changes, ['closed>open@951'], 'the tenth was overdue 51 ms after it began');
});

test('departure 4: an overdue call counts once, not again when it ends', () => {
  const base = rule({ ...common, strategy: SLOW_RATIO, minRequestAmount: 3, threshold: 1 });
  const breaker = new Breaker(base);
  const hung = breaker.tryPass(0);
  assert.equal(breaker.state(100), CLOSED);
  breaker.complete(hung, 200, 200, false);
  breaker.complete(hung, 200, 200, false);
  call(breaker, 200, 99);
  assert.equal(breaker.state(200), CLOSED, 'two calls were slow, not three or four');
  call(breaker, 200, 99);
  assert.equal(breaker.state(200), OPEN);
});

test('departure 4: calls beyond those that are watched still count when they end', () => {
  const breaker = new Breaker(rule({ ...common, strategy: SLOW_RATIO, minRequestAmount: 6, threshold: 1 }), { watchedCalls: 4 });
  const permits = Array.from({ length: 6 }, () => breaker.tryPass(0));
  assert.equal(breaker.state(1_000), CLOSED, 'four are overdue, two are not watched');
  for (const permit of permits.slice(0, 5)) breaker.complete(permit, 1_000, 1_000, false);
  assert.equal(breaker.state(1_000), CLOSED);
  breaker.complete(permits[5]!, 1_000, 1_000, false);
  assert.equal(breaker.state(1_000), OPEN);
});

test('a watched call that ended twice, and a permit that was refused, count for nothing', () => {
  const breaker = new Breaker(rule({ ...common, strategy: SLOW_RATIO, minRequestAmount: 2, threshold: 1 }));
  const permit = breaker.tryPass(0);
  breaker.complete(permit, 0, 99, false);
  breaker.complete(permit, 0, 99, false);
  breaker.complete(REFUSED, 0, 99, false);
  assert.equal(breaker.state(0), CLOSED);
});

test('the wait that is told is the time until a probe', () => {
  const breaker = opened(rule(common), [0, true]);
  assert.equal(breaker.retryAfterMs(1_000), 2_000);
  assert.equal(breaker.retryAfterMs(3_000), 0);
  breaker.tryPass(3_000);
  assert.equal(breaker.retryAfterMs(3_000), 1);
});
