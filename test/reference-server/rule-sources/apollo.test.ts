import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ApolloSource } from '../../../reference-server/rules/sources/apollo-source.js';
import { parseSourceAddress } from '../../../reference-server/rules/sources/source-address.js';
import { FakeApollo } from './fake-apollo.js';
import type { Fault } from './fake-service.js';
import { Rig, rulesOf, until } from './rig.js';

let apollo: FakeApollo;
let rig: Rig;

function follow(path = 'game/default/application?key=rules', secret?: string): void {
  const address = parseSourceAddress(`apollo://${apollo.host}/${path}`);
  assert.ok(address.kind === 'apollo');
  const options = { random: () => 0, unixMs: () => 1_790_000_000_000, secret };
  rig = new Rig((timers) => new ApolloSource(address.name, address.namespace, { timers, ...options }));
  rig.start();
}

const publish = (threshold: number): void => apollo.publish('application', { other: '1', rules: rulesOf(threshold) });

/** Lets what is due run until the server holds a question of ours. */
async function untilHeld(): Promise<void> {
  await until('a held question', () => {
    if (rig.timers.waiting[0] === 0) rig.timers.advance(0);
    return apollo.heldCount === 1;
  });
}

beforeEach(async () => {
  apollo = await new FakeApollo('game', 'default').start();
  publish(1);
});
afterEach(async () => {
  rig.source.stop();
  await until('every socket is closed', () => apollo.openSockets === 0);
  assert.deepEqual(rig.timers.waiting, [], 'stop() leaves a timer');
  await apollo.stop();
});

test('the first text is loaded, then the server holds our question until the namespace is released again', async () => {
  follow();
  await untilHeld();
  assert.deepEqual(rig.applied, [1]);
  assert.deepEqual(rig.timers.waiting, [90_000], 'the question is given up after 90 s and not before');
  publish(2);
  await rig.waitForLimit(2);
  await untilHeld();
});

test('a minute without a release is answered 304 and followed by the next question', async () => {
  follow();
  await untilHeld();
  for (let minute = 0; minute < 3; minute++) {
    rig.timers.advance(60_000);
    apollo.release();
    await until('the answer', () => apollo.heldCount === 0 && rig.timers.waiting[0] === 0);
    await untilHeld();
  }
  assert.deepEqual(rig.applied, [1]);
});

test('a release that does not touch the rules is no news', async () => {
  follow();
  await untilHeld();
  apollo.publish('application', { other: '2', rules: rulesOf(1) });
  await until('it was heard', () => apollo.heldCount === 0);
  await untilHeld();
  assert.deepEqual(rig.applied, [1]);
  const load = apollo.requests.filter(({ url }) => url.pathname.startsWith('/configs/')).at(-1)!;
  assert.equal(load.url.searchParams.get('releaseKey'), '2026-101');
  assert.match(load.url.searchParams.get('messages')!, /"game\+default\+application":102/u);
});

test('a namespace that is a file has its text under "content"', async () => {
  apollo.publish('gateway.json', { content: rulesOf(5) });
  follow('game/default/gateway.json');
  await rig.waitForLimit(5);
});

test('a bad text keeps the last good rules until a good one comes', async () => {
  follow();
  await untilHeld();
  apollo.publish('application', { rules: '[{"resource":"login","threshold":-1}]' });
  await rig.waitForError('refused');
  assert.deepEqual(rig.applied, [1]);
  await untilHeld();
  publish(2);
  await rig.waitForLimit(2);
  assert.equal(rig.receiver.error, undefined);
});

test('a release without the key keeps the last good rules and says so, a minute later too', async () => {
  follow();
  await untilHeld();
  apollo.publish('application', { other: '1' });
  await rig.waitForError('unreadable');
  assert.match(rig.receiver.error!.reason, /has no key rules/u);
  await untilHeld();
  rig.timers.advance(60_000);
  apollo.release();
  await until('the answer', () => apollo.heldCount === 0 && rig.timers.waiting[0] === 0);
  assert.match(rig.receiver.error!.reason, /has no key rules/u);
  await untilHeld();
  publish(3);
  await rig.waitForLimit(3);
});

test('a namespace that was never released is told and found when it is', async () => {
  follow('game/default/later?key=rules');
  await rig.waitForError('unreadable');
  assert.match(rig.receiver.error!.reason, /no released namespace later of game/u);
  await untilHeld();
  apollo.publish('later', { rules: rulesOf(6) });
  await rig.waitForLimit(6);
});

for (const at of ['the question', 'the load'] as const)
  for (const fault of ['drop', 'error', 'garbage', 'half', 'html'] as Fault[])
    test(`${at} that meets "${fault}" leaves the last good rules in force and loses no release`, async () => {
      follow();
      await untilHeld();
      apollo.failNext(fault);
      if (at === 'the question') {
        rig.timers.advance(60_000);
        apollo.release();
        await until('a pause', () => rig.timers.waiting[0] === 0);
        rig.timers.advance(0);
        await rig.waitForError('unreadable');
      }
      publish(2);
      await until('it is told', () => rig.receiver.error !== undefined);
      assert.deepEqual(rig.applied, [1]);
      rig.timers.advance(1_000);
      await rig.waitForLimit(2);
      assert.equal(rig.receiver.error, undefined);
    });

test('a question that is never answered is given up after 90 s and asked again', async () => {
  follow();
  await untilHeld();
  rig.timers.advance(90_000);
  await rig.waitForError('unreadable');
  rig.timers.advance(1_000);
  await rig.waitUntilReadable();
  await until('it is asked again', () => {
    if (rig.timers.waiting[0] === 0) rig.timers.advance(0);
    return apollo.heldCount === 2;
  });
});

test('after an outage of the server the rules that were released meanwhile come into force', async () => {
  follow();
  await untilHeld();
  await apollo.stop();
  await rig.waitForError('unreadable');
  publish(4);
  await apollo.start();
  await until('it is in force', () => {
    if (rig.timers.waiting.length === 1 && rig.timers.waiting[0] !== 10_000) rig.timers.advance(rig.timers.waiting[0]!);
    return rig.applied.at(-1) === 4;
  });
});

test('with a secret every request is signed as Apollo asks, and a wrong one is told without it', async () => {
  apollo.secret = 'the-right-secret';
  follow('game/default/application?key=rules', 'the-right-secret');
  await untilHeld();
  assert.deepEqual(rig.applied, [1]);
  rig.source.stop();
  follow('game/default/application?key=rules', 'a-wrong-secret');
  await rig.waitForError('unreadable');
  assert.ok(!JSON.stringify([rig.events, rig.receiver.error]).includes('a-wrong-secret'));
});
