import assert from 'node:assert/strict';
import { ACCESS_S, DAY_S, freshId } from './store-bench.js';
import type { ContractCase } from './store-contract.js';

/** Contract of AuthStore: admit, revoke, revokeUser and sweep. */
export const endingCases: readonly ContractCase[] = [
  {
    sentence: 'admit: a session with its current token is admitted, and nothing changes',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.equal(await bench.store.admit(alice.uid, alice.sid, alice.jti), true);
      assert.equal(await bench.store.admit(alice.uid, alice.sid, alice.jti), true);
      assert.ok((await bench.isLive(alice)) && bench.isInTable(alice));
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'admit: another token, another user or another sid is not',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.login('bob');
      const { uid, sid, jti } = alice;
      assert.equal(await bench.store.admit(uid, sid, freshId('jti')), false);
      assert.equal(await bench.store.admit(bench.uid('bob'), sid, jti), false);
      assert.equal(await bench.store.admit(uid, freshId('sid'), jti), false);
      assert.ok(bench.isInTable(alice), 'and nothing changes');
    },
  },
  {
    sentence: 'admit: after a rotation the new token is admitted and the old one is not',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      const { jti } = await bench.rotate(alice, 1);
      assert.equal(await bench.store.admit(alice.uid, alice.sid, alice.jti), false);
      assert.equal(await bench.store.admit(alice.uid, alice.sid, jti), true);
      assert.ok(bench.isInTable(alice, jti));
    },
  },
  {
    sentence: 'admit: a token is admitted until its access is over, to the second',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.clock.ms = (bench.nowS + ACCESS_S) * 1_000 - 1;
      assert.equal(await bench.store.admit(alice.uid, alice.sid, alice.jti), true);
      bench.passMs(1);
      assert.equal(await bench.store.admit(alice.uid, alice.sid, alice.jti), false);
      const { jti } = await bench.rotate(alice, 1);
      assert.equal(await bench.store.admit(alice.uid, alice.sid, jti), true);
    },
  },
  {
    sentence: 'admit: a session that was revoked, replaced or is over is not',
    limits: {},
    run: async (bench) => {
      const [alice, bob, carol] = [await bench.login('alice'), await bench.login('bob'), await bench.login('carol')];
      await bench.store.revoke(alice.uid, alice.sid);
      await bench.login('bob', 'bob 2');
      assert.equal(await bench.store.admit(alice.uid, alice.sid, alice.jti), false);
      assert.equal(await bench.store.admit(bob.uid, bob.sid, bob.jti), false);
      bench.passS(DAY_S);
      assert.equal(await bench.store.admit(carol.uid, carol.sid, carol.jti), false);
    },
  },
  {
    sentence: 'revoke: ends a session once, which is told as revoked and gone from the table',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.equal(await bench.store.revoke(alice.uid, alice.sid), true);
      assert.equal(await bench.store.revoke(alice.uid, alice.sid), false);
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'alice']]);
      assert.deepEqual([await bench.isLive(alice), bench.table.find(alice.sid, 0)], [false, -1]);
    },
  },
  {
    sentence: 'revoke: not for another user, nor a session that never was',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.equal(await bench.store.revoke(bench.uid('bob'), alice.sid), false);
      assert.equal(await bench.store.revoke(alice.uid, freshId('sid')), false);
      assert.ok(await bench.isLive(alice));
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'revoke: ends that session only',
    limits: { maxSessionsPerUser: 3 },
    run: async (bench) => {
      const sessions = [await bench.login('alice', 'a'), await bench.login('alice', 'b'), await bench.login('alice', 'c')];
      await bench.store.revoke(sessions[1]!.uid, sessions[1]!.sid);
      assert.deepEqual(await bench.living(...sessions), ['a', 'c']);
    },
  },
  {
    sentence: 'revoke: a session whose access is over may be revoked, one that is over may not',
    limits: {},
    run: async (bench) => {
      const [alice, bob] = [await bench.login('alice'), await bench.login('bob')];
      bench.passS(ACCESS_S + 1);
      assert.equal(await bench.store.revoke(alice.uid, alice.sid), true);
      bench.passS(DAY_S);
      assert.equal(await bench.store.revoke(bob.uid, bob.sid), false);
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'alice']]);
    },
  },
  {
    sentence: 'revoke: the user may log in again at once',
    limits: {},
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      await bench.store.revoke(first.uid, first.sid);
      const second = await bench.login('alice', 'second');
      assert.ok((await bench.isLive(second)) && bench.isInTable(second));
    },
  },
  {
    sentence: 'revoke: ten at once of one session end it once',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      const answers = await Promise.all(Array.from({ length: 10 }, () => bench.store.revoke(alice.uid, alice.sid)));
      assert.equal(answers.filter(Boolean).length, 1);
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'alice']]);
    },
  },
  {
    sentence: 'revokeUser: ends all sessions of the user, says how many, and tells each as revoked',
    limits: { maxSessionsPerUser: 3 },
    run: async (bench) => {
      const sessions = [
        await bench.login('alice phone', 'a'),
        await bench.login('alice tablet', 'b'),
        await bench.login('alice phone', 'c'),
      ];
      assert.equal(await bench.store.revokeUser(bench.uid('alice')), 3);
      assert.deepEqual((await bench.takeEnded()).sort(), [
        ['revoked', 'a'],
        ['revoked', 'b'],
        ['revoked', 'c'],
      ]);
      assert.deepEqual(await bench.living(...sessions), []);
      assert.ok(sessions.every((session) => bench.table.find(session.sid, 0) === -1));
      for (const session of sessions) assert.equal((await bench.refresh(session, 1)).kind, 'unknown');
    },
  },
  {
    sentence: 'revokeUser: a user without sessions is 0, and nobody is told',
    limits: {},
    run: async (bench) => {
      assert.equal(await bench.store.revokeUser(bench.uid('nobody')), 0);
      await bench.login('alice');
      await bench.store.revokeUser(bench.uid('alice'));
      await bench.takeEnded();
      assert.equal(await bench.store.revokeUser(bench.uid('alice')), 0);
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'revokeUser: sessions that are over are not counted, and not told',
    limits: { maxSessionsPerUser: 3 },
    run: async (bench) => {
      await bench.login('alice', 'a');
      bench.passS(3_600);
      await bench.login('alice', 'b');
      bench.passS(DAY_S - 3_600);
      assert.equal(await bench.store.revokeUser(bench.uid('alice')), 1);
      assert.deepEqual(await bench.takeEnded(), [['revoked', 'b']]);
    },
  },
  {
    sentence: 'revokeUser: ends no session of another user, and the user may log in again',
    limits: {},
    run: async (bench) => {
      const bob = await bench.login('bob');
      await bench.login('alice');
      await bench.store.revokeUser(bench.uid('alice'));
      assert.ok(await bench.isLive(bob));
      assert.ok(await bench.isLive(await bench.login('alice', 'again')));
    },
  },
  {
    sentence: 'sweep: leaves what lives, to the last millisecond',
    limits: { maxSessionsPerUser: 2 },
    run: async (bench) => {
      const early = await bench.login('alice', 'early');
      bench.passMs(1_000);
      const late = await bench.login('alice', 'late');
      bench.clock.ms = late.endS * 1_000 - 1;
      bench.store.sweep();
      assert.deepEqual(await bench.living(early, late), ['late']);
      assert.equal((await bench.refresh(late, 1)).kind, 'rotated');
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
];
