import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { NacosSource } from '../../../reference-server/rules/sources/nacos-source.js';
import { parseSourceAddress } from '../../../reference-server/rules/sources/source-address.js';
import { FakeNacos } from './fake-nacos.js';
import type { Fault } from './fake-service.js';
import { Rig, rulesOf, until } from './rig.js';

const KEY = '/gw/rules.json';

let nacos: FakeNacos;
let rig: Rig;

function follow(query = '?group=gw', credentials: { readonly username?: string; readonly password?: string } = {}): void {
  const address = parseSourceAddress(`nacos://${nacos.host}/rules.json${query}`);
  assert.ok(address.kind === 'nacos');
  rig = new Rig((timers) => new NacosSource(address.name, address.id, { timers, random: () => 0, ...credentials }));
  rig.start();
}

/** Lets what is due run until the server holds a question of ours. */
async function untilHeld(): Promise<void> {
  await until('a held question', () => {
    if (rig.timers.waiting[0] === 0) rig.timers.advance(0);
    return nacos.heldCount === 1;
  });
}

const loginCount = (): number => nacos.requests.filter(({ url }) => url.pathname.endsWith('/login')).length;

beforeEach(async () => {
  nacos = await new FakeNacos().start();
  nacos.publish(KEY, rulesOf(1));
});
afterEach(async () => {
  rig.source.stop();
  await until('every socket is closed', () => nacos.openSockets === 0);
  assert.deepEqual(rig.timers.waiting, [], 'stop() leaves a timer');
  await nacos.stop();
});

test('the first text is loaded, then the server holds our question until there is another one', async () => {
  follow();
  await untilHeld();
  assert.deepEqual(rig.applied, [1]);
  assert.equal(nacos.askedToHoldMs, 30_000);
  assert.deepEqual(rig.timers.waiting, [40_000], 'the question is given up after 40 s and not before');
  nacos.publish(KEY, rulesOf(2));
  await rig.waitForLimit(2);
  await untilHeld();
});

test('half a minute without a change is followed by the next question, and nothing is loaded again', async () => {
  follow();
  await untilHeld();
  for (let minute = 0; minute < 3; minute++) {
    rig.timers.advance(29_500);
    nacos.release();
    await until('the answer', () => nacos.heldCount === 0 && rig.timers.waiting[0] === 0);
    await untilHeld();
  }
  assert.equal(nacos.requests.filter(({ method }) => method === 'GET').length, 1);
  assert.deepEqual(rig.applied, [1]);
});

test('a tenant is part of the question and of the load', async () => {
  nacos.publish('prod/gw/rules.json', rulesOf(9));
  follow('?group=gw&tenant=prod');
  await rig.waitForLimit(9);
  await untilHeld();
  nacos.publish(KEY, rulesOf(3));
  nacos.publish('prod/gw/rules.json', rulesOf(10));
  await rig.waitForLimit(10);
});

test('a bad text keeps the last good rules until a good one comes', async () => {
  follow();
  await untilHeld();
  nacos.publish(KEY, '{"flow":[{"resource":"login"}]}');
  await rig.waitForError('refused');
  assert.deepEqual(rig.applied, [1]);
  await untilHeld();
  nacos.publish(KEY, rulesOf(2));
  await rig.waitForLimit(2);
  assert.equal(rig.receiver.error, undefined);
});

test('a configuration that is removed leaves its last text in force, and is followed when it is back', async () => {
  follow();
  await untilHeld();
  nacos.remove(KEY);
  await rig.waitForError('unreadable');
  await untilHeld();
  assert.deepEqual(rig.applied, [1]);
  rig.timers.advance(29_500);
  nacos.release();
  await until('the answer', () => nacos.heldCount === 0 && rig.timers.waiting[0] === 0);
  assert.match(rig.receiver.error!.reason, /no configuration rules.json in the group gw/u, 'still not there');
  await untilHeld();
  nacos.publish(KEY, rulesOf(1));
  await rig.waitUntilReadable();
  assert.deepEqual(rig.applied, [1]);
});

for (const at of ['the question', 'the load'] as const)
  for (const fault of ['drop', 'error', 'garbage', 'half', 'html'] as Fault[])
    test(`${at} that meets "${fault}" leaves the last good rules in force and loses no change`, async () => {
      follow();
      await untilHeld();
      if (at === 'the load') nacos.failNext(fault);
      else {
        // The question that is held now is answered; the next one fails.
        nacos.failNext(fault);
        rig.timers.advance(29_500);
        nacos.release();
        await until('a pause', () => rig.timers.waiting[0] === 0);
        rig.timers.advance(0);
        await rig.waitForError('unreadable');
      }
      nacos.publish(KEY, rulesOf(2));
      await until('it is told', () => rig.receiver.error !== undefined);
      assert.deepEqual(rig.applied, [1]);
      await until('it is in force', () => {
        if (rig.timers.waiting.length === 1 && rig.timers.waiting[0]! <= 1_000) rig.timers.advance(rig.timers.waiting[0]!);
        return rig.applied.at(-1) === 2;
      });
      assert.equal(rig.receiver.error, undefined);
    });

test('a question that is never answered is given up after 40 s and asked again', async () => {
  follow();
  await untilHeld();
  rig.timers.advance(40_000);
  await rig.waitForError('unreadable');
  assert.match(rig.receiver.error!.reason, /within 40 s/u);
  rig.timers.advance(1_000);
  await rig.waitUntilReadable();
  await until('it is asked again', () => {
    if (rig.timers.waiting[0] === 0) rig.timers.advance(0);
    return nacos.heldCount === 2;
  });
  nacos.publish(KEY, rulesOf(2));
  await rig.waitForLimit(2);
});

test('a server whose MD5 is behind is asked once a second, not without pause', async () => {
  follow();
  await untilHeld();
  nacos.saysAlwaysChanged = true;
  nacos.publish(KEY, rulesOf(1));
  for (let second = 0; second < 3; second++) {
    await until('a pause', () => `${rig.timers.waiting}` === '1000');
    rig.timers.advance(1_000);
  }
  assert.deepEqual(rig.applied, [1]);
});

test('after an outage of the server the rules that were published meanwhile come into force', async () => {
  follow();
  await untilHeld();
  await nacos.stop();
  await rig.waitForError('unreadable');
  nacos.publish(KEY, rulesOf(4));
  await nacos.start();
  await until('it is in force', () => {
    if (rig.timers.waiting.length === 1 && rig.timers.waiting[0] !== 10_000) rig.timers.advance(rig.timers.waiting[0]!);
    return rig.applied.at(-1) === 4;
  });
});

test('with credentials it logs in once, and anew when the token is refused or has nearly run out', async () => {
  nacos.credentials = { username: 'gateway', password: 'p&ss=wörd' };
  follow('?group=gw', nacos.credentials);
  await untilHeld();
  assert.equal(loginCount(), 1);
  nacos.expireTokens();
  nacos.publish(KEY, rulesOf(2));
  await rig.waitForLimit(2);
  await untilHeld();
  assert.equal(loginCount(), 2);
  rig.timers.advance(17_000_000);
  await until('it is in force again', () => {
    if (rig.timers.waiting.length === 1 && rig.timers.waiting[0]! <= 1_000) rig.timers.advance(rig.timers.waiting[0]!);
    return loginCount() === 3 && rig.receiver.error === undefined;
  });
});

test('wrong credentials are told without the password', async () => {
  nacos.credentials = { username: 'gateway', password: 'right' };
  follow('?group=gw', { username: 'gateway', password: 'the-wrong-one' });
  await rig.waitForError('unreadable');
  assert.match(rig.receiver.error!.reason, /refused the login: HTTP 403/u);
  assert.ok(!JSON.stringify([rig.events, rig.receiver.error]).includes('the-wrong-one'));
});
