import assert from 'node:assert/strict';
import { REFRESH_GRACE_MS } from '../../../reference-server/auth/store.js';
import { ACCESS_S, DAY_S, freshId } from './store-bench.js';
import type { ContractCase } from './store-contract.js';

const isOver = (kind: string): boolean => kind === 'expired' || kind === 'unknown';

/** Contract of AuthStore: rotation, grace and reuse. */
export const refreshCases: readonly ContractCase[] = [
  {
    sentence: 'refresh: the current generation rotates: the next one, the new token, the same session',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.passS(600);
      const newJti = freshId('jti');
      const outcome = await bench.rotate(alice, 1, newJti);
      assert.equal(outcome.generation, 2);
      assert.deepEqual([Buffer.from(outcome.sid), Buffer.from(outcome.jti)], [Buffer.from(alice.sid), Buffer.from(newJti)]);
      assert.deepEqual([outcome.accessExpS, outcome.refreshExpS], [bench.nowS + ACCESS_S, alice.endS]);
    },
  },
  {
    sentence: 'refresh: twenty generations follow one another',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      for (let generation = 1; generation <= 20; generation++) {
        bench.passS(60);
        assert.equal((await bench.rotate(alice, generation)).generation, generation + 1);
      }
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'refresh: the session is found with its new end of access and the old absolute end',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.passS(700);
      await bench.rotate(alice, 1);
      const found = await bench.store.find(alice.uid, alice.sid);
      assert.deepEqual([found!.accessExpS, found!.refreshExpS], [bench.nowS + ACCESS_S, alice.endS]);
    },
  },
  {
    sentence: 'refresh: the table has the new token and its end, and the old token no more',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.passS(5);
      const { jti } = await bench.rotate(alice, 1);
      assert.deepEqual([bench.isInTable(alice), bench.isInTable(alice, jti)], [false, true]);
      assert.equal(bench.table.accessExpS(bench.table.find(alice.sid, 0)), bench.nowS + ACCESS_S);
    },
  },
  {
    sentence: 'refresh: access is cut to the absolute end',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.clock.ms = (alice.endS - 100) * 1_000;
      const outcome = await bench.rotate(alice, 1);
      assert.deepEqual([outcome.accessExpS, outcome.refreshExpS], [alice.endS, alice.endS]);
      assert.equal(bench.table.accessExpS(bench.table.find(alice.sid, 0)), alice.endS);
    },
  },
  {
    sentence: 'refresh: a session whose access is over goes on',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.passS(12 * 3_600);
      const outcome = await bench.rotate(alice, 1);
      assert.equal(outcome.accessExpS, bench.nowS + ACCESS_S);
      assert.ok(bench.isInTable(alice, outcome.jti));
    },
  },
  {
    sentence: 'refresh: the last millisecond before the absolute end is early enough',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.clock.ms = alice.endS * 1_000 - 1;
      assert.equal((await bench.refresh(alice, 1)).kind, 'rotated');
    },
  },
  {
    sentence: 'refresh: no rotation moves the absolute end',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.passS(DAY_S - 10);
      await bench.rotate(alice, 1);
      bench.passS(10);
      assert.equal(await bench.isLive(alice), false);
      assert.ok(isOver((await bench.refresh(alice, 2)).kind));
    },
  },
  {
    sentence: 'refresh: the generation before gets the same answer again, to the letter',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      const first = await bench.rotate(alice, 1);
      bench.passS(3);
      assert.deepEqual(await bench.refresh(alice, 1), { ...first, kind: 'repeated' });
      assert.deepEqual(await bench.refresh(alice, 1), { ...first, kind: 'repeated' });
      assert.ok(bench.isInTable(alice, first.jti));
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'refresh: an answer that was repeated may be used',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.rotate(alice, 1);
      bench.passS(9);
      await bench.refresh(alice, 1);
      assert.equal((await bench.rotate(alice, 2)).generation, 3);
    },
  },
  {
    sentence: 'refresh: at exactly 10 s the generation before is still good',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.rotate(alice, 1);
      bench.passMs(REFRESH_GRACE_MS);
      assert.equal(REFRESH_GRACE_MS, 10_000);
      assert.equal((await bench.refresh(alice, 1)).kind, 'repeated');
    },
  },
  {
    sentence: 'refresh: a millisecond later it is reuse: the session is ended, told as revoked, and gone from the table',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      const { jti } = await bench.rotate(alice, 1);
      bench.passMs(REFRESH_GRACE_MS + 1);
      assert.deepEqual(await bench.refresh(alice, 1), { kind: 'reuse' });
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'alice']]);
      assert.deepEqual([await bench.isLive(alice), bench.isInTable(alice, jti)], [false, false]);
    },
  },
  {
    sentence: 'refresh: repeating does not lengthen the grace',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.rotate(alice, 1);
      for (let n = 0; n < 5; n++) {
        bench.passMs(2_000);
        assert.equal((await bench.refresh(alice, 1)).kind, 'repeated');
      }
      bench.passMs(1);
      assert.equal((await bench.refresh(alice, 1)).kind, 'reuse');
    },
  },
  {
    sentence: 'refresh: the generation before the last is reuse, however young',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.rotate(alice, 1);
      bench.passMs(1);
      await bench.rotate(alice, 2);
      bench.passMs(1);
      assert.equal((await bench.refresh(alice, 1)).kind, 'reuse');
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'alice']]);
    },
  },
  {
    sentence: 'refresh: each rotation begins a grace of its own',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.rotate(alice, 1);
      bench.passMs(9_000);
      await bench.rotate(alice, 2);
      bench.passMs(9_999);
      assert.equal((await bench.refresh(alice, 2)).kind, 'repeated');
    },
  },
  {
    sentence: 'refresh: a generation that is not yet is reuse',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.equal((await bench.refresh(alice, 2)).kind, 'reuse');
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'alice']]);
    },
  },
  {
    sentence: 'refresh: generation 0 is reuse, right after the login, too',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.equal((await bench.refresh(alice, 0)).kind, 'reuse');
      assert.equal(await bench.isLive(alice), false);
    },
  },
  {
    sentence: 'refresh: the greatest generation there can be is reuse, and no overflow of anything',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.equal((await bench.refresh(alice, 0xffff_ffff)).kind, 'reuse');
    },
  },
  {
    sentence: 'refresh: after reuse the thief and the player are both out',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.rotate(alice, 1);
      await bench.rotate(alice, 2);
      assert.equal((await bench.refresh(alice, 1)).kind, 'reuse');
      for (const generation of [1, 2, 3]) assert.equal((await bench.refresh(alice, generation)).kind, 'unknown', String(generation));
    },
  },
  {
    sentence: 'refresh: reuse ends no other session of the user',
    limits: { maxSessionsPerUser: 2 },
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      const second = await bench.login('alice', 'second');
      await bench.refresh(first, 7);
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'first']]);
      assert.deepEqual(await bench.living(first, second), ['second']);
      assert.equal((await bench.refresh(second, 1)).kind, 'rotated');
    },
  },
];
