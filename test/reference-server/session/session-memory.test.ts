import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER_NAMES, Counters, closeCounter, GAUGE_NAMES, PACKETS_IN, PACKETS_OUT } from '../../../reference-server/counters.js';
import { NonceRings } from '../../../reference-server/nonce-ring.js';
import { OpWindows } from '../../../reference-server/op-window.js';
import { SessionIndex } from '../../../reference-server/session-index.js';
import { Prng } from '../../../src/core/prng.js';

const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);

describe('nonce rings', () => {
  it(`remember what a list of the last 320 remembers for 600 s (GWRK_SEED=${seed})`, () => {
    const random = new Prng(seed);
    const rings = new NonceRings();
    const owned = Array.from({ length: 20 }, () => ({
      ring: rings.allocate(),
      list: [] as { nonce: number; code: number; atUs: number }[],
    }));
    assert.equal(new Set(owned.map(({ ring }) => ring)).size, 20);
    let nowUs = 1;
    for (let i = 0; i < 40_000; i++) {
      const { ring, list } = owned[random.between(0, 19)]!;
      const nonce = random.between(0, 700);
      const action = random.between(0, 99);
      nowUs += random.between(0, 100_000);
      while (list.length > 0 && nowUs - list[0]!.atUs > 600_000_000) list.shift();
      const known = list.find((entry) => entry.nonce === nonce);
      assert.equal(rings.find(ring, nonce, ~nonce >>> 0, nowUs), known?.code ?? -1, `step ${i}, seed ${seed}`);
      if (action === 0 && known !== undefined) {
        rings.dropOlder(ring, nonce, ~nonce >>> 0, nowUs);
        list.splice(0, list.indexOf(known));
      } else if (known === undefined) {
        const code = random.between(0, 65_535);
        rings.store(ring, nonce, ~nonce >>> 0, code, nowUs);
        list.push({ nonce, code, atUs: nowUs });
        if (list.length > 320) list.shift();
      }
    }
  });

  it('are empty when they are handed out again', () => {
    const rings = new NonceRings();
    const ring = rings.allocate();
    rings.store(ring, 1, 2, 3, 0);
    assert.equal(rings.inUse, 1);
    rings.release(ring);
    assert.equal(rings.inUse, 0);
    assert.equal(rings.allocate(), ring);
    assert.equal(rings.find(ring, 1, 2, 0), -1);
  });

  it('tell nonces apart by all their 64 bits', () => {
    const rings = new NonceRings();
    const ring = rings.allocate();
    rings.store(ring, 1, 2, 7, 0);
    assert.equal(rings.find(ring, 1, 3, 0), -1);
    assert.equal(rings.find(ring, 2, 2, 0), -1);
    assert.equal(rings.find(ring, 1, 2, 0), 7);
  });
});

describe('operation windows', () => {
  it(`let through what a list of times lets through (GWRK_SEED=${seed})`, () => {
    const random = new Prng(seed);
    const windows = new OpWindows();
    const user = new Uint8Array(16);
    const window = windows.acquire(user, 0);
    let passed: number[] = [];
    let nowUs = 0;
    for (let i = 0; i < 20_000; i++) {
      nowUs += random.between(0, 3) * 1_000_000;
      passed = passed.filter((atUs) => atUs > nowUs - 10_000_000);
      assert.equal(windows.allow(window, nowUs), passed.length < 5, `step ${i}, seed ${seed}`);
      if (passed.length < 5) passed.push(nowUs);
    }
  });

  it('are shared by the connections of a user and freed ten seconds after the last one', () => {
    const windows = new OpWindows();
    const users = new Uint8Array(32);
    users[16] = 1;
    const one = windows.acquire(users, 0);
    assert.equal(windows.acquire(users, 0), one);
    assert.notEqual(windows.acquire(users, 16), one);
    windows.release(one, 0);
    windows.sweep(60_000_000);
    assert.equal(windows.inUse, 2);
    windows.release(one, 60_000_000);
    windows.sweep(69_999_999);
    assert.equal(windows.inUse, 2);
    windows.sweep(70_000_000);
    assert.equal(windows.inUse, 1);
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
