import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEVICE_MEMORY_MS, DeviceMemory } from '../../../reference-server/auth/device-memory.js';
import { Prng } from '../../../src/core/prng.js';

const seed = Number(process.env.GWRK_SEED ?? 31);

/** Sixteen bytes of a number; many begin alike, so that they share buckets. */
function id(number: number): Uint8Array {
  const bytes = new Uint8Array(16).fill(7);
  bytes[15] = number;
  bytes[0] = number & 3;
  return bytes;
}

test('a full memory forgets the device that came first', () => {
  const memory = new DeviceMemory(3);
  for (let n = 1; n <= 5; n++) memory.remember(id(n), id(100 + n), n);
  assert.equal(memory.size, 3);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((n) => memory.find(id(n), 0, id(100 + n), 0) >= 0),
    [false, false, true, true, true],
  );
});

test('what is over is swept, and its place is used again', () => {
  const memory = new DeviceMemory(2);
  memory.remember(id(1), id(9), 1_000);
  memory.remember(id(2), id(9), 2_000.5);
  memory.sweep(1_000 + DEVICE_MEMORY_MS - 1);
  assert.equal(memory.size, 2);
  memory.sweep(2_000 + DEVICE_MEMORY_MS);
  assert.equal(memory.size, 0);
  memory.remember(id(3), id(9), 3_000);
  memory.remember(id(4), id(9), 3_000);
  assert.equal(memory.first(id(1), 0), -1);
  assert.ok(memory.find(id(3), 0, id(9), 0) >= 0 && memory.find(id(4), 0, id(9), 0) >= 0);
});

test(`over 20,000 random verbs it holds what a list holds (seed ${seed})`, () => {
  const prng = new Prng(seed);
  const memory = new DeviceMemory(40);
  let list: { user: number; device: number; seenMs: number }[] = [];
  for (let step = 0; step < 20_000; step++) {
    const [user, device] = [prng.between(0, 19), prng.between(0, 5)];
    const at = list.findIndex((entry) => entry.user === user && entry.device === device);
    const row = memory.find(id(user), 0, id(device), 0);
    assert.equal(row >= 0, at >= 0, `step ${step}`);
    if (row >= 0) {
      assert.equal(memory.seenMs(row), list[at]!.seenMs);
      memory.forget(row);
      list.splice(at, 1);
    } else {
      memory.remember(id(user), id(device), step);
      list.push({ user, device, seenMs: step });
      list = list.slice(-40);
    }
    const rows: number[] = [];
    for (let next = memory.first(id(user), 0); next >= 0; next = memory.next(next)) rows.push(memory.seenMs(next));
    assert.deepEqual(
      rows,
      list.filter((entry) => entry.user === user).map(({ seenMs }) => seenMs),
    );
    assert.equal(memory.size, list.length);
  }
});
