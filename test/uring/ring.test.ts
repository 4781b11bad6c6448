import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IORING_OP_NOP, IORING_SQ_TASKRUN } from '../../src/uring/kernel-constants.js';
import { Ring } from '../../src/uring/ring.js';
import { encodeSocketAddress, formatSocketAddress } from '../../src/uring/socket-address.js';
import { skipReason } from './pair.js';

function completions(ring: Ring): number[][] {
  const { queue, completionHead, completionTail, completions: at, completionMask } = ring;
  const out: number[][] = [];
  let head = queue[completionHead]!;
  for (const tail = Atomics.load(queue, completionTail); head !== tail; head = (head + 1) | 0) {
    const from = at + ((head & completionMask) << 2);
    out.push([queue[from]!, queue[from + 1]!, queue[from + 2]!]);
  }
  Atomics.store(queue, completionHead, head);
  return out;
}

test('every entry of a batch completes with its own user data', { skip: skipReason }, () => {
  const ring = new Ring(64, 128);
  for (let i = 0; i < 50; i++) {
    const at = ring.claim();
    ring.words[at] = IORING_OP_NOP;
    ring.words[at + 8] = i;
    ring.words[at + 9] = -i;
  }
  assert.equal(ring.room, 14);
  ring.collect();
  assert.equal(ring.room, 64);
  assert.deepEqual(
    completions(ring),
    Array.from({ length: 50 }, (_, i) => [i, -i | 0, 0]),
  );
  ring.destroy();
});

test('a wait with nothing under way ends at its time limit without an error', { skip: skipReason }, () => {
  const ring = new Ring(8, 16);
  const before = performance.now();
  ring.wait(20_000);
  assert.ok(performance.now() - before >= 19);
  assert.deepEqual(completions(ring), []);
  ring.destroy();
});

test('a ring that the kernel said too late to have work for does not look busy for long', { skip: skipReason }, () => {
  const ring = new Ring(8, 16);
  const others = 0x4000_0000;
  Atomics.or(ring.queue, ring.flagsAt, IORING_SQ_TASKRUN | others);
  assert.ok(ring.hasWork);
  ring.collect();
  assert.deepEqual(completions(ring), []);
  assert.ok(!ring.hasWork);
  assert.equal(Atomics.load(ring.queue, ring.flagsAt), others, 'the other flags are the kernel’s');
  ring.destroy();
});

test('more entries than one ring holds pass through it many times over', { skip: skipReason }, () => {
  const ring = new Ring(8, 16);
  let seen = 0;
  for (let i = 0; i < 10_000; i++) {
    if (ring.room === 0) {
      ring.collect();
      for (const [low] of completions(ring)) assert.equal(low, seen++);
    }
    const at = ring.claim();
    ring.words[at] = IORING_OP_NOP;
    ring.words[at + 8] = i;
  }
  ring.collect();
  seen += completions(ring).length;
  assert.equal(seen, 10_000);
  ring.destroy();
});

for (const [address, port] of [
  ['127.0.0.1', 9000],
  ['255.1.2.3', 65535],
  ['[::1]', 80],
  ['[fe80:1:2:3:4:5:6:7]', 1],
  ['[2001:db8::7]', 443],
] as const) {
  test(`${address}:${port} is the same after a round through a sockaddr`, () => {
    const bytes = encodeSocketAddress(address.replace(/[[\]]/g, ''), port);
    assert.equal(formatSocketAddress(bytes, 0), `${address}:${port}`);
  });
}

test('an address that is none is refused', () => {
  assert.throws(() => encodeSocketAddress('127.0.0', 1), RangeError);
  assert.throws(() => encodeSocketAddress('127.0.0.256', 1), RangeError);
});
