import assert from 'node:assert/strict';
import { DAY_S, deviceMac, freshId, type StoreBench } from './store-bench.js';
import type { ContractCase } from './store-contract.js';

const isOver = (kind: string): boolean => kind === 'expired' || kind === 'unknown';

/** Shows generation 1 `count` times at once: one rotates, the others get the very same answer. */
async function race(bench: StoreBench, count: number): Promise<void> {
  const alice = await bench.login('alice');
  const outcomes = await Promise.all(Array.from({ length: count }, () => bench.refresh(alice, 1)));
  const rotated = outcomes.filter(({ kind }) => kind === 'rotated');
  assert.equal(rotated.length, 1);
  for (const outcome of outcomes) assert.deepEqual({ ...outcome, kind: 'rotated' }, rotated[0]);
  assert.ok(await bench.isLive(alice));
  assert.deepEqual(await bench.takeEnded(), []);
}

/** Contract of AuthStore: refreshes that are refused, and refreshes at once. */
export const refusalCases: readonly ContractCase[] = [
  {
    sentence: 'refresh: a family that never was is unknown, and nothing ends',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.deepEqual(await bench.refresh(alice, 1, { family: freshId('family') }), { kind: 'unknown' });
      assert.ok(await bench.isLive(alice));
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'refresh: a family of another user is unknown, and stays with its own',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.login('bob');
      assert.equal((await bench.refresh(alice, 1, { uid: bench.uid('bob') })).kind, 'unknown');
      assert.equal((await bench.refresh(alice, 1, { uid: bench.uid('nobody') })).kind, 'unknown');
      assert.deepEqual(await bench.takeEnded(), []);
      assert.equal((await bench.refresh(alice, 1)).kind, 'rotated');
    },
  },
  {
    sentence: 'refresh: another device is refused and ends the session, which is told as revoked',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.deepEqual(await bench.refresh(alice, 1, { deviceMac: deviceMac('thief') }), { kind: 'device' });
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'alice']]);
      assert.deepEqual([await bench.isLive(alice), bench.isInTable(alice)], [false, false]);
    },
  },
  {
    sentence: 'refresh: another device of the same user is another device',
    limits: { maxSessionsPerUser: 2 },
    run: async (bench) => {
      const phone = await bench.login('alice phone');
      const tablet = await bench.login('alice tablet');
      assert.equal((await bench.refresh(phone, 1, { deviceMac: deviceMac('tablet') })).kind, 'device');
      assert.deepEqual(await bench.living(phone, tablet), ['alice tablet']);
    },
  },
  {
    sentence: 'refresh: the device is judged before the generation',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.rotate(alice, 1);
      bench.passS(60);
      assert.equal((await bench.refresh(alice, 1, { deviceMac: deviceMac('thief') })).kind, 'device');
    },
  },
  {
    sentence: 'refresh: a session that is over is expired or unknown, swept or not, and nobody is told',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.clock.ms = alice.endS * 1_000;
      assert.ok(isOver((await bench.refresh(alice, 1)).kind));
      bench.store.sweep();
      assert.ok(isOver((await bench.refresh(alice, 1)).kind));
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'refresh: a session that is over is not judged by its device or its generation',
    limits: {},
    run: async (bench) => {
      const [alice, bob] = [await bench.login('alice'), await bench.login('bob')];
      bench.passS(DAY_S + 3_600);
      assert.ok(isOver((await bench.refresh(alice, 1, { deviceMac: deviceMac('thief') })).kind));
      assert.ok(isOver((await bench.refresh(bob, 9)).kind));
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'refresh: the family of a session that was revoked is unknown',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.store.revoke(alice.uid, alice.sid);
      assert.equal((await bench.refresh(alice, 1)).kind, 'unknown');
    },
  },
  {
    sentence: 'refresh: the family of a session that was replaced is unknown',
    limits: {},
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      await bench.login('alice', 'second');
      assert.equal((await bench.refresh(first, 1)).kind, 'unknown');
    },
  },
  {
    sentence: 'refresh: the family of a session whose device was evicted is unknown',
    limits: { maxSessionsPerUser: 5, maxDevicesPerUser: 1 },
    run: async (bench) => {
      const phone = await bench.login('alice phone');
      await bench.login('alice tablet');
      assert.equal((await bench.refresh(phone, 1)).kind, 'unknown');
    },
  },
  {
    sentence: 'refresh: a user may log in again after reuse, and begins with generation 1',
    limits: {},
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      await bench.rotate(first, 1);
      await bench.refresh(first, 9);
      const second = await bench.login('alice', 'second');
      assert.equal((await bench.rotate(second, 1)).generation, 2);
    },
  },
  {
    sentence: 'refresh: what was answered is the caller’s own: writing to it changes nothing in the store',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      const first = await bench.rotate(alice, 1);
      const kept = [...first.jti];
      first.sid.fill(0);
      first.jti.fill(0);
      const again = await bench.refresh(alice, 1);
      assert.deepEqual('jti' in again && [...again.jti], kept);
      assert.ok(await bench.isLive(alice));
    },
  },
  {
    sentence: 'refresh: a new token that the caller overwrites afterwards stays what it was',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      const newJti = freshId('jti');
      const kept = newJti.slice();
      await bench.rotate(alice, 1, newJti);
      newJti.fill(0);
      assert.ok(bench.isInTable(alice, kept));
    },
  },
  {
    sentence: 'refresh: two sessions of a user rotate apart',
    limits: { maxSessionsPerUser: 2 },
    run: async (bench) => {
      const phone = await bench.login('alice phone');
      const tablet = await bench.login('alice tablet');
      await bench.rotate(phone, 1);
      await bench.rotate(phone, 2);
      assert.equal((await bench.rotate(tablet, 1)).generation, 2);
      assert.equal((await bench.rotate(phone, 3)).generation, 4);
    },
  },
  {
    sentence: 'refresh: a time of store that stepped back does not turn an honest repetition into reuse',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.rotate(alice, 1);
      bench.passMs(-3_000);
      assert.equal((await bench.refresh(alice, 1)).kind, 'repeated');
    },
  },
  ...[2, 3, 10, 50].map((count) => ({
    sentence: `refresh: ${count} at once of one token are one rotation and the same answer for all`,
    limits: {},
    run: (bench: StoreBench) => race(bench, count),
  })),
  {
    sentence: 'refresh: at once with a revocation it never leaves a session behind',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      const [, revoked] = await Promise.all([bench.refresh(alice, 1), bench.store.revoke(alice.uid, alice.sid), bench.refresh(alice, 1)]);
      assert.equal(revoked, true);
      assert.equal(await bench.isLive(alice), false);
      assert.equal(bench.table.find(alice.sid, 0), -1);
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'alice']]);
    },
  },
  {
    sentence: 'refresh: at once with a login that replaces the session it never leaves two',
    limits: {},
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      const [, second] = await Promise.all([bench.refresh(first, 1), bench.login('alice', 'second'), bench.refresh(first, 1)]);
      assert.deepEqual(await bench.living(first, second), ['second']);
      assert.equal(bench.table.find(first.sid, 0), -1);
    },
  },
];
