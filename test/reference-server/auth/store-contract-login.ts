import assert from 'node:assert/strict';
import { LOGIN_OK } from '../../../reference-server/auth/store.js';
import { ACCESS_S, DAY_S, freshId } from './store-bench.js';
import type { ContractCase } from './store-contract.js';

/** Contract of AuthStore: logins and how many sessions a user may have. */
export const loginCases: readonly ContractCase[] = [
  {
    sentence: 'a session that logged in is found with its family and both its ends',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      const found = await bench.store.find(alice.uid, alice.sid);
      assert.deepEqual(Buffer.from(found!.family), Buffer.from(alice.family));
      assert.equal(found!.accessExpS, bench.nowS + ACCESS_S);
      assert.equal(found!.refreshExpS, bench.nowS + DAY_S);
    },
  },
  {
    sentence: 'a session is not found by another user, nor one that never was',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.login('bob');
      assert.equal(await bench.store.find(bench.uid('bob'), alice.sid), undefined);
      assert.equal(await bench.store.find(bench.uid('nobody'), alice.sid), undefined);
      assert.equal(await bench.store.find(alice.uid, freshId('sid')), undefined);
    },
  },
  {
    sentence: 'uids that differ in case, or that begin alike, are different users',
    limits: {},
    run: async (bench) => {
      const sessions = [await bench.login('a_b-C'), await bench.login('a_b-c'), await bench.login('a_b-')];
      assert.equal((await bench.living(...sessions)).length, 3);
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'a session that logged in stands in the table of this process with its token and its user',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.ok(bench.isInTable(alice));
      assert.equal(bench.isInTable(alice, freshId('jti')), false);
      assert.equal(bench.isInTable({ ...alice, uid: bench.uid('bob') }), false);
      assert.equal(bench.table.accessExpS(bench.table.find(alice.sid, 0)), bench.nowS + ACCESS_S);
    },
  },
  {
    sentence: 'a session lives until the last millisecond of its 24 hours',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.clock.ms = alice.endS * 1_000 - 1;
      assert.ok(await bench.isLive(alice));
    },
  },
  {
    sentence: 'a session is over at its absolute end, swept or not, and nobody is told',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      bench.clock.ms = alice.endS * 1_000;
      assert.equal(await bench.isLive(alice), false);
      bench.store.sweep();
      assert.equal(await bench.isLive(alice), false);
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'a batch stores each of its sessions',
    limits: {},
    run: async (bench) => {
      const sessions = await bench.loginMany(['alice', 'bob', 'carol']);
      assert.deepEqual(
        sessions.map(({ outcome }) => outcome),
        [LOGIN_OK, LOGIN_OK, LOGIN_OK],
      );
      assert.deepEqual(await bench.living(...sessions), ['alice', 'bob', 'carol']);
    },
  },
  {
    sentence: 'an empty batch does nothing',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      assert.deepEqual(await bench.loginMany([]), []);
      assert.ok(await bench.isLive(alice));
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'where one session is allowed, a further login ends the first one, which is told as replaced',
    limits: {},
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      const second = await bench.login('alice', 'second');
      assert.deepEqual(await bench.takeEnded(), [['replaced', 'first']]);
      assert.deepEqual(await bench.living(first, second), ['second']);
    },
  },
  {
    sentence: 'a session that was replaced is gone from the table, and the new one stands there',
    limits: {},
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      const second = await bench.login('alice', 'second');
      assert.deepEqual([bench.isInTable(first), bench.isInTable(second)], [false, true]);
    },
  },
  {
    sentence: 'where three are allowed, the fourth ends the one that logged in first',
    limits: { maxSessionsPerUser: 3 },
    run: async (bench) => {
      const sessions = [];
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        bench.passS(1);
        sessions.push(await bench.login('alice', name));
      }
      assert.deepEqual(await bench.takeEnded(), [
        ['replaced', 'a'],
        ['replaced', 'b'],
      ]);
      assert.deepEqual(await bench.living(...sessions), ['c', 'd', 'e']);
    },
  },
  {
    sentence: 'the order of logins counts within one millisecond, too',
    limits: { maxSessionsPerUser: 2 },
    run: async (bench) => {
      const sessions = [];
      for (let n = 0; n < 12; n++) sessions.push(await bench.login('alice', String(n)));
      assert.deepEqual(
        (await bench.takeEnded()).map(([, name]) => name),
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      );
      assert.deepEqual(await bench.living(...sessions), ['10', '11']);
    },
  },
  {
    sentence: 'the order of logins counts within one batch, too',
    limits: { maxSessionsPerUser: 2 },
    run: async (bench) => {
      const names = ['0', '1', '2', '3', '4', '5'];
      const sessions = await bench.loginMany(
        names.map(() => 'alice'),
        names,
      );
      assert.ok(sessions.every(({ outcome }) => outcome === LOGIN_OK));
      assert.deepEqual(
        (await bench.takeEnded()).map(([, name]) => name),
        ['0', '1', '2', '3'],
      );
      assert.deepEqual(await bench.living(...sessions), ['4', '5']);
    },
  },
  {
    sentence: 'a batch may end sessions of several users',
    limits: {},
    run: async (bench) => {
      await bench.loginMany(['alice', 'bob'], ['alice 1', 'bob 1']);
      await bench.loginMany(['bob', 'alice', 'carol'], ['bob 2', 'alice 2', 'carol 1']);
      assert.deepEqual((await bench.takeEnded()).sort(), [
        ['replaced', 'alice 1'],
        ['replaced', 'bob 1'],
      ]);
    },
  },
  {
    sentence: 'a login ends no session of another user',
    limits: {},
    run: async (bench) => {
      const alice = await bench.login('alice');
      await bench.login('bob');
      assert.ok(await bench.isLive(alice));
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'a session that was refreshed since keeps its place in the order of logins',
    limits: { maxSessionsPerUser: 2 },
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      bench.passS(1);
      await bench.login('alice', 'second');
      bench.passS(1);
      await bench.rotate(first, 1);
      await bench.login('alice', 'third');
      assert.deepEqual(await bench.takeEnded(), [['replaced', 'first']]);
    },
  },
  {
    sentence: 'a session whose access is over still holds its place, and is told when it loses it',
    limits: {},
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      bench.passS(ACCESS_S + 1);
      assert.ok(await bench.isLive(first));
      await bench.login('alice', 'second');
      assert.deepEqual(await bench.takeEnded(), [['replaced', 'first']]);
      assert.equal((await bench.refresh(first, 1)).kind, 'unknown');
    },
  },
  {
    sentence: 'a session that is over makes room without a word',
    limits: {},
    run: async (bench) => {
      await bench.login('alice', 'first');
      bench.passS(DAY_S);
      await bench.login('alice', 'second');
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'a session that was revoked makes room',
    limits: { maxSessionsPerUser: 2 },
    run: async (bench) => {
      const first = await bench.login('alice', 'first');
      const second = await bench.login('alice', 'second');
      await bench.store.revoke(second.uid, second.sid);
      await bench.takeEnded();
      const third = await bench.login('alice', 'third');
      assert.deepEqual(await bench.takeEnded(), []);
      assert.deepEqual(await bench.living(first, second, third), ['first', 'third']);
    },
  },
  {
    sentence: 'a hundred sessions of one user are kept where as many are allowed, and one more ends one',
    limits: { maxSessionsPerUser: 100 },
    run: async (bench) => {
      const names = Array.from({ length: 100 }, (_, n) => String(n));
      const sessions = await bench.loginMany(
        names.map(() => 'alice'),
        names,
      );
      assert.equal((await bench.living(...sessions)).length, 100);
      await bench.login('alice', 'one more');
      assert.deepEqual(await bench.takeEnded(), [['replaced', '0']]);
    },
  },
  {
    sentence: 'concurrent logins of one user leave as many sessions as are allowed, and each other one is told',
    limits: { maxSessionsPerUser: 3 },
    run: async (bench) => {
      const names = Array.from({ length: 20 }, (_, n) => String(n));
      const sessions = await Promise.all(names.map((name) => bench.login('alice', name)));
      const living = await bench.living(...sessions);
      assert.equal(living.length, 3);
      const ended = (await bench.takeEnded()).map(([, name]) => name);
      assert.deepEqual([...ended, ...living].sort(), [...names].sort());
    },
  },
];
