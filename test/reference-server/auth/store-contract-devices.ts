import assert from 'node:assert/strict';
import { LOGIN_DEVICE_LIMIT, LOGIN_OK } from '../../../reference-server/auth/store.js';
import { DAY_S } from './store-bench.js';
import type { ContractCase } from './store-contract.js';

const TWO = { maxSessionsPerUser: 10, maxDevicesPerUser: 2 } as const;
const TWO_DENY = { ...TWO, devicePolicy: 'deny' } as const;

/** Contract of AuthStore: the devices of a user, and what becomes of one too many. */
export const deviceCases: readonly ContractCase[] = [
  {
    sentence: 'evict: one device too many ends the sessions of the device that logged in first',
    limits: TWO,
    run: async (bench) => {
      const sessions = [await bench.login('alice phone'), await bench.login('alice tablet')];
      assert.deepEqual(await bench.takeEnded(), []);
      sessions.push(await bench.login('alice console'));
      assert.deepEqual(await bench.takeEnded(), [['replaced', 'alice phone']]);
      assert.deepEqual(await bench.living(...sessions), ['alice tablet', 'alice console']);
    },
  },
  {
    sentence: 'evict: all sessions of the device end, and they are gone from the table',
    limits: TWO,
    run: async (bench) => {
      const phones = [
        await bench.login('alice phone', 'p1'),
        await bench.login('alice phone', 'p2'),
        await bench.login('alice phone', 'p3'),
      ];
      bench.passS(1);
      const tablet = await bench.login('alice tablet');
      await bench.login('alice console');
      assert.deepEqual((await bench.takeEnded()).sort(), [
        ['replaced', 'p1'],
        ['replaced', 'p2'],
        ['replaced', 'p3'],
      ]);
      assert.ok(phones.every((session) => !bench.isInTable(session)));
      assert.ok(bench.isInTable(tablet));
    },
  },
  {
    sentence: 'a device that logs in again is no further device',
    limits: TWO_DENY,
    run: async (bench) => {
      for (const device of ['phone', 'tablet', 'phone', 'tablet', 'phone']) {
        assert.equal(await bench.outcomeOf(`alice ${device}`), LOGIN_OK, device);
      }
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'evict: a further login makes a device the latest, and the other one goes',
    limits: TWO,
    run: async (bench) => {
      await bench.login('alice phone', 'p1');
      bench.passS(1);
      await bench.login('alice tablet', 't1');
      bench.passS(1);
      await bench.login('alice phone', 'p2');
      bench.passS(1);
      await bench.login('alice console', 'c1');
      assert.deepEqual(await bench.takeEnded(), [['replaced', 't1']]);
    },
  },
  {
    sentence: 'evict: the order of logins counts within one millisecond, too',
    limits: TWO,
    run: async (bench) => {
      for (const device of ['a', 'b', 'a', 'c', 'd', 'c', 'e']) await bench.login(`alice ${device}`, device);
      assert.deepEqual(await bench.takeEnded(), [
        ['replaced', 'b'],
        ['replaced', 'a'],
        ['replaced', 'a'],
        ['replaced', 'd'],
      ]);
    },
  },
  {
    sentence: 'evict: a device without a session counts, and goes without ending any',
    limits: TWO,
    run: async (bench) => {
      const phone = await bench.login('alice phone');
      const tablet = await bench.login('alice tablet');
      await bench.store.revoke(phone.uid, phone.sid);
      await bench.takeEnded();
      const third = await bench.login('alice console');
      assert.deepEqual(await bench.takeEnded(), []);
      assert.deepEqual(await bench.living(tablet, third), ['alice tablet', 'alice console']);
    },
  },
  {
    sentence: 'evict: a device that was evicted is forgotten, and comes back as a further one',
    limits: TWO,
    run: async (bench) => {
      for (const device of ['a', 'b', 'c', 'a']) await bench.login(`alice ${device}`, device);
      assert.deepEqual(await bench.takeEnded(), [
        ['replaced', 'a'],
        ['replaced', 'b'],
      ]);
    },
  },
  {
    sentence: 'evict: where one device is allowed, each other one takes its place',
    limits: { maxSessionsPerUser: 10, maxDevicesPerUser: 1 },
    run: async (bench) => {
      const sessions = [];
      for (const entry of ['a', 'a', 'b', 'b', 'a']) sessions.push(await bench.login(`alice ${entry}`, entry));
      assert.deepEqual(
        (await bench.takeEnded()).map(([, name]) => name),
        ['a', 'a', 'b', 'b'],
      );
      assert.deepEqual(await bench.living(...sessions), ['a']);
    },
  },
  {
    sentence: 'evict: the device goes before the sessions are counted',
    limits: { maxSessionsPerUser: 3, maxDevicesPerUser: 2 },
    run: async (bench) => {
      const sessions = [await bench.login('alice a', 'a1'), await bench.login('alice b', 'b1'), await bench.login('alice a', 'a2')];
      sessions.push(await bench.login('alice c', 'c1'));
      assert.deepEqual(await bench.takeEnded(), [['replaced', 'b1']], 'b has made room for the session, too');
      assert.deepEqual(await bench.living(...sessions), ['a1', 'a2', 'c1']);
    },
  },
  {
    sentence: 'evict: a device loses its place by its last login, though that session ended first',
    limits: TWO,
    run: async (bench) => {
      await bench.login('alice a', 'a1');
      await bench.login('alice b', 'b1');
      const second = await bench.login('alice a', 'a2');
      await bench.store.revoke(second.uid, second.sid);
      await bench.takeEnded();
      await bench.login('alice c', 'c1');
      assert.deepEqual(await bench.takeEnded(), [['replaced', 'b1']]);
    },
  },
  {
    sentence: 'evict: a refresh is no login, and does not keep a device',
    limits: TWO,
    run: async (bench) => {
      const phone = await bench.login('alice a', 'a1');
      bench.passS(1);
      await bench.login('alice b', 'b1');
      bench.passS(1);
      await bench.rotate(phone, 1);
      await bench.login('alice c', 'c1');
      assert.deepEqual(await bench.takeEnded(), [['replaced', 'a1']]);
    },
  },
  {
    sentence: 'evict: another user on the same device keeps its session',
    limits: { maxSessionsPerUser: 10, maxDevicesPerUser: 1 },
    run: async (bench) => {
      await bench.login('alice shared', 'alice');
      const bob = await bench.login('bob shared', 'bob');
      await bench.login('alice other', 'alice 2');
      assert.deepEqual(await bench.takeEnded(), [['replaced', 'alice']]);
      assert.ok(await bench.isLive(bob));
    },
  },
  {
    sentence: 'deny: a further device is refused, stored nowhere, and ends nothing',
    limits: TWO_DENY,
    run: async (bench) => {
      const sessions = [await bench.login('alice phone'), await bench.login('alice tablet')];
      const [refused] = await bench.loginMany(['alice console']);
      assert.equal(refused!.outcome, LOGIN_DEVICE_LIMIT);
      assert.deepEqual([await bench.isLive(refused!), bench.isInTable(refused!)], [false, false]);
      assert.equal((await bench.refresh(refused!, 1)).kind, 'unknown');
      assert.equal((await bench.living(...sessions)).length, 2);
      assert.deepEqual(await bench.takeEnded(), []);
    },
  },
  {
    sentence: 'deny: a device that was refused is not remembered',
    limits: TWO_DENY,
    run: async (bench) => {
      await bench.login('alice phone');
      await bench.login('alice tablet');
      for (let n = 0; n < 3; n++) assert.equal(await bench.outcomeOf('alice console'), LOGIN_DEVICE_LIMIT);
      assert.equal(await bench.outcomeOf('alice phone'), LOGIN_OK);
      assert.equal(await bench.outcomeOf('alice tablet'), LOGIN_OK);
    },
  },
  {
    sentence: 'deny: a device counts after its logout',
    limits: TWO_DENY,
    run: async (bench) => {
      const phone = await bench.login('alice phone');
      const tablet = await bench.login('alice tablet');
      await bench.store.revoke(phone.uid, phone.sid);
      await bench.store.revokeUser(tablet.uid);
      assert.equal(await bench.outcomeOf('alice console'), LOGIN_DEVICE_LIMIT);
      assert.equal(await bench.outcomeOf('alice phone'), LOGIN_OK);
    },
  },
  {
    sentence: 'deny: a device counts after its session was over',
    limits: TWO_DENY,
    run: async (bench) => {
      await bench.login('alice phone');
      await bench.login('alice tablet');
      bench.passS(DAY_S + 1);
      bench.store.sweep();
      assert.equal(await bench.outcomeOf('alice console'), LOGIN_DEVICE_LIMIT);
      assert.equal(await bench.outcomeOf('alice tablet'), LOGIN_OK);
    },
  },
  {
    sentence: 'deny: a device counts after its session was replaced by one on another device',
    limits: { maxSessionsPerUser: 1, maxDevicesPerUser: 2, devicePolicy: 'deny' },
    run: async (bench) => {
      await bench.login('alice phone');
      await bench.login('alice tablet');
      assert.deepEqual(await bench.takeEnded(), [['replaced', 'alice phone']]);
      assert.equal(await bench.outcomeOf('alice console'), LOGIN_DEVICE_LIMIT);
      assert.equal(await bench.outcomeOf('alice phone'), LOGIN_OK);
    },
  },
  {
    sentence: 'deny: a device counts until 30 days have passed since its login',
    limits: TWO_DENY,
    run: async (bench) => {
      await bench.login('alice phone');
      await bench.login('alice tablet');
      bench.passMs(30 * DAY_S * 1_000 - 1);
      assert.equal(await bench.outcomeOf('alice console'), LOGIN_DEVICE_LIMIT);
    },
  },
  {
    sentence: 'deny: a device is forgotten when 30 days have passed since its login',
    limits: TWO_DENY,
    run: async (bench) => {
      await bench.login('alice phone');
      bench.passS(1);
      await bench.login('alice tablet');
      bench.passMs(30 * DAY_S * 1_000 - 1_000);
      assert.equal(await bench.outcomeOf('alice console'), LOGIN_OK, 'the phone is forgotten');
      assert.equal(await bench.outcomeOf('alice phone'), LOGIN_DEVICE_LIMIT, 'the tablet is not');
      bench.passS(1);
      assert.equal(await bench.outcomeOf('alice phone'), LOGIN_OK);
    },
  },
  {
    sentence: 'deny: each login of a device begins its 30 days anew, those of the others go on',
    limits: TWO_DENY,
    run: async (bench) => {
      await bench.login('alice phone');
      await bench.login('alice tablet');
      bench.passS(20 * DAY_S);
      await bench.login('alice phone');
      bench.passS(10 * DAY_S + 1);
      assert.equal(await bench.outcomeOf('alice console'), LOGIN_OK, 'the tablet is forgotten');
      assert.equal(await bench.outcomeOf('alice tablet'), LOGIN_DEVICE_LIMIT, 'phone and console are known');
    },
  },
  {
    sentence: 'deny: the entries of a batch are judged one by one',
    limits: TWO_DENY,
    run: async (bench) => {
      const entries = ['alice a', 'alice b', 'alice c', 'bob c', 'alice a', 'alice d'];
      const sessions = await bench.loginMany(entries);
      assert.deepEqual(
        sessions.map(({ outcome }) => outcome),
        [LOGIN_OK, LOGIN_OK, LOGIN_DEVICE_LIMIT, LOGIN_OK, LOGIN_OK, LOGIN_DEVICE_LIMIT],
      );
    },
  },
  {
    sentence: 'devices of another user do not count',
    limits: { maxSessionsPerUser: 10, maxDevicesPerUser: 1, devicePolicy: 'deny' },
    run: async (bench) => {
      await bench.login('alice phone');
      await bench.login('bob tablet');
      assert.equal(await bench.outcomeOf('bob phone'), LOGIN_DEVICE_LIMIT);
      assert.equal(await bench.outcomeOf('carol phone'), LOGIN_OK);
    },
  },
];
