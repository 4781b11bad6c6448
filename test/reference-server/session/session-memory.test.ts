import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER_NAMES, Counters, closeCounter, GAUGE_NAMES, PACKETS_IN, PACKETS_OUT } from '../../../reference-server/counters.js';
import { NONCE_RUNNING, NONCE_UNKNOWN, NonceRings } from '../../../reference-server/nonce-ring.js';
import { OP_ALLOWED, OP_REFUSED, OpWindows } from '../../../reference-server/op-window.js';
import { SessionIndex } from '../../../reference-server/session-index.js';
import { Prng } from '../../../src/core/prng.js';

const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);

/** Key number `n`, 16 bytes. Few different first words, so that buckets of the index collide. */
function keyOf(n: number): Uint8Array {
  const key = new Uint8Array(16);
  new DataView(key.buffer).setUint32(0, n % 3, true);
  new DataView(key.buffer).setUint32(12, n, true);
  return key;
}

describe('nonce rings', () => {
  it(`remember what a list of the last 320 remembers for 600 s, for each session (GWRK_SEED=${seed})`, () => {
    const random = new Prng(seed);
    const memory = NonceRings.allocate(200);
    // Two threads' views of one memory.
    const views = [new NonceRings(memory), new NonceRings(memory)];
    const owned = Array.from({ length: 90 }, (_, n) => ({ sid: keyOf(n), list: [] as { nonce: number; code: number; atMs: number }[] }));
    // The milliseconds pass 2^31 on the way.
    let nowMs = 2 ** 31 - 1_000_000;
    for (let i = 0; i < 40_000; i++) {
      const { sid, list } = owned[random.between(0, 99) < 70 ? random.between(0, 3) : random.between(0, 89)]!;
      const rings = views[random.between(0, 1)]!;
      const nonce = random.between(0, 700);
      const [low, high] = [nonce, ~nonce >>> 0];
      nowMs += random.between(0, 100);
      const nowUs = nowMs * 1_000;
      while (list.length > 0 && nowMs - list[0]!.atMs > 600_000) list.shift();
      const known = list.find((entry) => entry.nonce === nonce);
      assert.equal(rings.find(sid, 0, low, high, nowUs), known?.code ?? NONCE_UNKNOWN, `step ${i}, seed ${seed}`);
      switch (random.between(0, 199)) {
        case 0:
          rings.dropOlder(sid, 0, low, high, nowUs);
          if (known !== undefined) list.splice(0, list.indexOf(known));
          break;
        case 1:
          rings.forget(sid, 0);
          list.length = 0;
          break;
        case 2:
          rings.sweep(nowUs);
          assert.equal(rings.inUse, owned.filter((other) => other.list.some(({ atMs }) => nowMs - atMs <= 600_000)).length);
          break;
        default: {
          const code = random.between(0, 65_535);
          assert.equal(rings.begin(sid, 0, low, high, nowUs), known?.code ?? NONCE_UNKNOWN);
          if (known !== undefined) break;
          assert.equal(views[0]!.begin(sid, 0, low, high, nowUs), NONCE_RUNNING);
          rings.finish(sid, 0, low, high, code, nowUs);
          list.push({ nonce, code, atMs: nowMs });
          if (list.length > 320) list.shift();
        }
      }
    }
  });

  it('of more sessions than there is room for: the one silent for longest loses its own', () => {
    const rings = new NonceRings(NonceRings.allocate(3));
    const run = (session: number, nonce: number): void => {
      rings.begin(keyOf(session), 0, nonce, 0, nonce);
      rings.finish(keyOf(session), 0, nonce, 0, 7, nonce);
    };
    run(1, 1);
    run(2, 2);
    run(3, 3);
    run(1, 4);
    run(4, 5);
    const codes = [1, 2, 3, 4].map((session, i) => rings.find(keyOf(session), 0, [1, 2, 3, 5][i]!, 0, 6));
    assert.deepEqual(codes, [7, NONCE_UNKNOWN, 7, 7]);
    assert.equal(rings.inUse, 3);
  });

  it('tell nonces apart by all their 64 bits, and sessions by all their 128', () => {
    const rings = new NonceRings(NonceRings.allocate(8));
    rings.begin(keyOf(1), 0, 1, 2, 0);
    rings.finish(keyOf(1), 0, 1, 2, 7, 0);
    assert.equal(rings.find(keyOf(1), 0, 1, 3, 0), NONCE_UNKNOWN);
    assert.equal(rings.find(keyOf(1), 0, 2, 2, 0), NONCE_UNKNOWN);
    assert.equal(rings.find(keyOf(1), 0, 1, 2, 0), 7);
    assert.equal(rings.find(keyOf(4), 0, 1, 2, 0), NONCE_UNKNOWN);
  });

  it('of an operation whose session ended while it ran are not made again', () => {
    const rings = new NonceRings(NonceRings.allocate(8));
    rings.begin(keyOf(1), 0, 1, 2, 0);
    rings.forget(keyOf(1), 0);
    rings.finish(keyOf(1), 0, 1, 2, 7, 0);
    assert.equal(rings.find(keyOf(1), 0, 1, 2, 0), NONCE_UNKNOWN);
    assert.equal(rings.inUse, 0);
  });

  it('cost memory as they are used, not for all the sessions that may be', () => {
    const memory = NonceRings.allocate(1_000_000);
    const rings = new NonceRings(memory);
    for (let n = 0; n < 1_000; n++) rings.begin(keyOf(n * 3), 0, 1, 2, 0);
    const bytes = memory.segments.reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert.ok(bytes < 1_300 * 5_200, `${bytes} bytes for 1,000 rings`);
  });
});

describe('operation windows', () => {
  it(`let through what a list of times lets through, user by user (GWRK_SEED=${seed})`, () => {
    const random = new Prng(seed);
    const memory = OpWindows.allocate(64);
    const views = [new OpWindows(memory), new OpWindows(memory)];
    const passed: number[][] = Array.from({ length: 20 }, () => []);
    let nowUs = 0;
    for (let i = 0; i < 40_000; i++) {
      nowUs += random.between(0, 3) * 200_000;
      const user = random.between(0, 19);
      const windows = views[random.between(0, 1)]!;
      passed[user] = passed[user]!.filter((atUs) => atUs > nowUs - 10_000_000);
      const expected = passed[user]!.length < 5 ? OP_ALLOWED : OP_REFUSED;
      assert.equal(windows.ask(keyOf(user), 0, nowUs), expected, `step ${i}, seed ${seed}`);
      if (expected === OP_ALLOWED) passed[user]!.push(nowUs);
      if (random.between(0, 99) > 0) continue;
      windows.sweep(nowUs);
      assert.equal(windows.inUse, passed.filter((times) => times.some((atUs) => atUs > nowUs - 10_000_000)).length);
    }
  });

  it('are freed ten seconds after the last operation that was let through', () => {
    const windows = new OpWindows(OpWindows.allocate(4));
    for (let i = 0; i < 6; i++) windows.ask(keyOf(1), 0, i);
    windows.sweep(10_000_003);
    assert.equal(windows.inUse, 1);
    windows.sweep(10_000_004);
    assert.equal(windows.inUse, 0);
  });
});

describe('the index of sessions', () => {
  it(`finds what a Map finds while sessions come and go (GWRK_SEED=${seed})`, () => {
    const random = new Prng(seed);
    const slots = 64;
    const sids = new Uint8Array(slots * 16);
    const index = new SessionIndex(sids);
    const map = new Map<string, number>();
    const key = (bytes: Uint8Array, at: number): string => Buffer.from(bytes.subarray(at, at + 16)).toString('hex');
    const probe = new Uint8Array(16);
    for (let i = 0; i < 50_000; i++) {
      const slot = random.between(0, slots - 1);
      const held = [...map].find(([, owner]) => owner === slot);
      if (held !== undefined) {
        index.remove(slot);
        map.delete(held[0]);
      } else {
        // Few different first bytes, so that buckets collide, also around the end of the table.
        for (let j = 0; j < 16; j++) sids[slot * 16 + j] = j === 0 ? 120 + random.between(0, 10) : j < 4 ? 255 : random.between(0, 1);
        if (map.has(key(sids, slot * 16))) continue;
        index.insert(slot);
        map.set(key(sids, slot * 16), slot);
      }
      probe.set(sids.subarray(random.between(0, slots - 1) * 16).subarray(0, 16));
      assert.equal(index.find(probe, 0), map.get(key(probe, 0)) ?? -1, `step ${i}, seed ${seed}`);
      assert.equal(index.size, map.size);
    }
  });
});

describe('counters', () => {
  it('have one name each, fit for Prometheus, and are read in another thread’s view of the same memory', () => {
    assert.equal(new Set(COUNTER_NAMES).size, COUNTER_NAMES.length);
    for (const name of COUNTER_NAMES) assert.match(name, /^[a-z][a-z0-9_]*$/);
    for (const name of GAUGE_NAMES) assert.ok(COUNTER_NAMES.includes(name));
    const counters = Counters.create();
    counters.values[COUNTER_NAMES.indexOf('heartbeats')] = 7;
    assert.equal(new Counters(counters.buffer).get('heartbeats'), 7);
  });

  it('of packet types and close codes are those of their names', () => {
    assert.equal(COUNTER_NAMES[PACKETS_IN[0x10]!], 'packets_in_ping');
    assert.equal(COUNTER_NAMES[PACKETS_OUT[0x34]!], 'packets_out_room_state');
    assert.equal(COUNTER_NAMES[PACKETS_IN[0x9999]!], 'packets_in_other');
    assert.equal(COUNTER_NAMES[closeCounter(4_205)], 'closed_4205');
    assert.equal(COUNTER_NAMES[closeCounter(3_999)], 'closed_other');
    assert.equal(COUNTER_NAMES[closeCounter(65_535)], 'closed_other');
  });
});
