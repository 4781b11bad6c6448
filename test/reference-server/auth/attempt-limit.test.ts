import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttemptLimit } from '../../../reference-server/auth/attempt-limit.js';
import { ManualClock } from './manual-clock.js';

const LIMITS = { burst: 10, refillMs: 12_000, maxKeys: 1_000 };

test('ten attempts pass at once, the eleventh waits twelve seconds', () => {
  const clock = new ManualClock();
  const limit = new AttemptLimit({ clock, ...LIMITS });
  for (let n = 0; n < 10; n++) assert.equal(limit.attempt('alice'), 0);
  assert.equal(limit.attempt('alice'), 12_000);
  assert.equal(limit.attempt('alice'), 12_000, 'a refused attempt costs nothing');
  assert.equal(limit.attempt('bob'), 0, 'others are not held up');
  clock.ms += 11_999;
  assert.equal(limit.attempt('alice'), 1);
  clock.ms += 1;
  assert.equal(limit.attempt('alice'), 0);
  assert.equal(limit.attempt('alice'), 12_000);
});

test('five attempts a minute pass for ever, and a long pause gives ten again but no more', () => {
  const clock = new ManualClock();
  const limit = new AttemptLimit({ clock, ...LIMITS });
  for (let n = 0; n < 200; n++) {
    assert.equal(limit.attempt('alice'), 0);
    clock.ms += 12_000;
  }
  clock.ms += 86_400_000;
  for (let n = 0; n < 10; n++) assert.equal(limit.attempt('alice'), 0);
  assert.ok(limit.attempt('alice') > 0);
});

test('no more than the given number of keys is remembered, and the one seen last is', () => {
  const limit = new AttemptLimit({ clock: new ManualClock(), ...LIMITS, burst: 1, maxKeys: 3 });
  for (const key of ['a', 'b', 'c', 'd']) assert.equal(limit.attempt(key), 0);
  assert.ok(limit.attempt('d') > 0);
  assert.ok(limit.attempt('b') > 0);
  assert.equal(limit.attempt('a'), 0, 'forgotten: it was seen longest ago');
});
