import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { HttpPollSource } from '../../../reference-server/rules/sources/http-poll-source.js';
import { FakeRulesUrl } from './fake-rules-url.js';
import type { Fault } from './fake-service.js';
import { Rig, rulesOf, until } from './rig.js';

const INTERVAL_MS = 5_000;

let service: FakeRulesUrl;
let rig: Rig;
let isOpen = false;

async function open(options: { readonly holds?: boolean; readonly token?: string } = {}): Promise<void> {
  await close();
  service = await new FakeRulesUrl(rulesOf(1), options).start();
  const url = new URL(`http://${service.host}/rules`);
  rig = new Rig((timers) => new HttpPollSource(url, { timers, random: () => 0, token: options.token }));
  rig.start();
  isOpen = true;
}

async function close(): Promise<void> {
  if (!isOpen) return;
  isOpen = false;
  rig.source.stop();
  await until('every socket is closed', () => service.openSockets === 0);
  assert.deepEqual(rig.timers.waiting, [], 'stop() leaves a timer');
  await service.stop();
}

/** Only the pause between two looks waits. */
const untilPause = (ms: number): Promise<void> =>
  until(`a pause of ${ms} ms, have ${rig.timers.waiting}`, () => `${rig.timers.waiting}` === `${ms}`);

beforeEach(() => open());
afterEach(close);

test('the first text is in force at once and a new one after the next look', async () => {
  await rig.waitForLimit(1);
  service.text = rulesOf(2);
  await untilPause(INTERVAL_MS);
  rig.timers.advance(INTERVAL_MS);
  await rig.waitForLimit(2);
});

test('an unchanged text is answered 304 and is no news', async () => {
  await untilPause(INTERVAL_MS);
  for (let look = 2; look <= 4; look++) {
    rig.timers.advance(INTERVAL_MS);
    await until('the look', () => service.requests.length === look);
    await untilPause(INTERVAL_MS);
  }
  assert.match(service.requests[3]!.headers['if-none-match']!, /^"[0-9a-f]{40}"$/u);
  assert.deepEqual(rig.applied, [1]);
  assert.equal(rig.events.length, 1);
});

test('a server without entity tags does no harm: the same text again is no news, also when another one was pushed', async () => {
  await rig.waitForLimit(1);
  service.hasTags = false;
  service.text = rulesOf(7);
  await untilPause(INTERVAL_MS);
  rig.timers.advance(INTERVAL_MS);
  await rig.waitForLimit(7);
  rig.receiver.push(rulesOf(8));
  await untilPause(INTERVAL_MS);
  rig.timers.advance(INTERVAL_MS);
  await untilPause(INTERVAL_MS);
  assert.deepEqual(rig.applied, [1, 7, 8]);
  assert.equal(service.requests.at(-1)!.headers['if-none-match'], undefined);
});

test('a server that holds the request is asked again at once, so a change is there at once', async () => {
  await open({ holds: true });
  await rig.waitForLimit(1);
  await untilPause(INTERVAL_MS);
  rig.timers.advance(INTERVAL_MS);
  await until('the request is held', () => service.heldCount === 1);
  assert.equal(service.requests[1]!.headers.prefer, 'wait=30');
  rig.timers.advance(10_000);
  service.publish(rulesOf(2));
  await rig.waitForLimit(2);
  await untilPause(0);
  rig.timers.advance(0);
  await until('the next one is held', () => service.heldCount === 1);
  rig.timers.advance(30_000);
  service.release();
  await untilPause(0);
  assert.deepEqual(rig.applied, [1, 2]);
});

test('a server that says it holds requests but does not is asked four times a second at most', async () => {
  await open({ holds: true });
  await untilPause(INTERVAL_MS);
  rig.timers.advance(INTERVAL_MS);
  await until('the request is held', () => service.heldCount === 1);
  service.release();
  await untilPause(250);
});

test('a bad text keeps the last good rules, says every problem, and a good one ends it', async () => {
  await untilPause(INTERVAL_MS);
  service.text = '[{"resource":"","threshold":"x"}]';
  rig.timers.advance(INTERVAL_MS);
  await rig.waitForError('refused');
  assert.deepEqual(rig.applied, [1]);
  assert.equal(rig.receiver.error!.problems!.length, 2);
  service.text = rulesOf(3);
  await untilPause(INTERVAL_MS);
  rig.timers.advance(INTERVAL_MS);
  await rig.waitForLimit(3);
  assert.equal(rig.receiver.error, undefined);
});

for (const fault of ['drop', 'error', 'garbage', 'half'] as Fault[])
  test(`after the answer "${fault}" the last good rules stay and the source recovers`, async () => {
    await untilPause(INTERVAL_MS);
    service.failNext(fault);
    service.text = rulesOf(2);
    rig.timers.advance(INTERVAL_MS);
    await rig.waitForError('unreadable');
    assert.deepEqual(rig.applied, [1]);
    assert.deepEqual(rig.timers.waiting, [1_000]);
    rig.timers.advance(1_000);
    await rig.waitForLimit(2);
    assert.equal(rig.receiver.error, undefined);
    assert.deepEqual(
      rig.events.map(({ event }) => event),
      ['rules.applied', 'rules.unreadable', 'rules.readable', 'rules.applied'],
    );
  });

test('a page that is no rules text is refused by its first letter', async () => {
  await untilPause(INTERVAL_MS);
  service.failNext('html');
  rig.timers.advance(INTERVAL_MS);
  await rig.waitForError('refused');
  assert.match(rig.receiver.error!.reason, /not JSON/u);
  assert.deepEqual(rig.applied, [1]);
});

test('an answer that may be held and does not come is given up after forty seconds, the next one after ten', async () => {
  await untilPause(INTERVAL_MS);
  service.failNext('silence');
  rig.timers.advance(INTERVAL_MS);
  await until('the question', () => service.requests.length === 2);
  assert.deepEqual(rig.timers.waiting, [40_000]);
  rig.timers.advance(40_000);
  await rig.waitForError('unreadable');
  assert.match(rig.receiver.error!.reason, /within 40 s/u);
  service.failNext('silence');
  rig.timers.advance(1_000);
  await until('the question', () => service.requests.length === 3);
  assert.deepEqual(rig.timers.waiting, [10_000]);
});

test('an outage is told once, asked about ever less often, and over when the server is back', async () => {
  await untilPause(INTERVAL_MS);
  await service.stop();
  rig.timers.advance(INTERVAL_MS);
  const pauses: number[] = [];
  for (let failures = 1; failures <= 7; failures++) {
    await until('a pause', () => rig.timers.waiting.length === 1 && rig.timers.waiting[0] !== 10_000 && rig.receiver.error !== undefined);
    pauses.push(rig.timers.waiting[0]!);
    if (failures < 7) rig.timers.advance(pauses.at(-1)!);
  }
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  assert.equal(rig.events.filter(({ event }) => event === 'rules.unreadable').length, 1);
  service.text = rulesOf(2);
  await service.start();
  rig.timers.advance(30_000);
  await rig.waitForLimit(2);
});

test('an answer of more than 1 MiB is refused before it is read to its end', async () => {
  await untilPause(INTERVAL_MS);
  service.text = ' '.repeat(3_000_000);
  rig.timers.advance(INTERVAL_MS);
  await rig.waitForError('unreadable');
  assert.match(rig.receiver.error!.reason, /larger than 1048576 bytes/u);
});

test('a redirect on the same host is followed; one to another host is not, and the bearer stays here', async () => {
  await open({ token: 'the-bearer' });
  const other = await new FakeRulesUrl(rulesOf(666)).start();
  try {
    await untilPause(INTERVAL_MS);
    assert.equal(service.requests[0]!.headers.authorization, 'Bearer the-bearer');
    service.redirect = '/elsewhere';
    service.text = rulesOf(2);
    rig.timers.advance(INTERVAL_MS);
    await rig.waitForLimit(2);
    await untilPause(INTERVAL_MS);
    service.redirect = `http://${other.host}/rules`;
    rig.timers.advance(INTERVAL_MS);
    await rig.waitForError('unreadable');
    assert.match(rig.receiver.error!.reason, /another host/u);
    assert.equal(other.requests.length, 0);
    service.redirect = '/rules';
    rig.timers.advance(1_000);
    await until('the loop is given up', () => /more than 3 redirects/u.test(rig.receiver.error?.reason ?? ''));
  } finally {
    await other.stop();
  }
});

test('stop() in the middle of a held request ends it and nothing is told afterwards', async () => {
  await open({ holds: true });
  await untilPause(INTERVAL_MS);
  rig.timers.advance(INTERVAL_MS);
  await until('the request is held', () => service.heldCount === 1);
  rig.source.stop();
  await until('the socket is closed', () => service.openSockets === 0);
  assert.equal(rig.receiver.error, undefined);
});
