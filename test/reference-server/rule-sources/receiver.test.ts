import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { RuleSet } from '../../../reference-server/rules/rule.js';
import { RuleReceiver, type RulesEvent } from '../../../reference-server/rules/sources/receiver.js';
import { ManualClock } from '../auth/manual-clock.js';
import { rulesOf } from './rig.js';

function makeReceiver(): { receiver: RuleReceiver; events: RulesEvent[]; sets: RuleSet[] } {
  const events: RulesEvent[] = [];
  const sets: RuleSet[] = [];
  const receiver = new RuleReceiver({
    source: 'the-source',
    clock: new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5)),
    apply: (rules, version) => {
      assert.equal(version, sets.push(rules));
    },
    onEvent: (event) => events.push(event),
  });
  return { receiver, events, sets };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('the empty set is in force at the start, as version 0', () => {
  const { receiver } = makeReceiver();
  const { version, text, appliedAt } = receiver.inForce;
  assert.deepEqual([version, text, appliedAt], [0, '[]', null]);
});

test('a good text is applied as one frozen set and audited with source, version, hash and counts', () => {
  const { receiver, events, sets } = makeReceiver();
  const text = JSON.stringify({
    circuitBreaker: [{ resource: 'store', retryTimeoutMs: 1000, statIntervalMs: 1000, threshold: 0.5 }],
    flow: [
      { resource: 'login', threshold: 5 },
      { resource: 'op', threshold: 9 },
    ],
  });
  receiver.onText(text);
  assert.ok(Object.isFrozen(sets[0]) && Object.isFrozen(sets[0]!.flows) && Object.isFrozen(sets[0]!.flows[0]));
  const counts = { circuitBreaker: 1, flow: 2, added: 3, removed: 0 };
  assert.deepEqual(events, [{ event: 'rules.applied', source: 'the-source', version: 1, sha256: sha256(text), counts }]);
  receiver.onText(rulesOf(5));
  assert.deepEqual(receiver.inForce.counts, { circuitBreaker: 0, flow: 1, added: 0, removed: 2 });
  assert.equal(receiver.inForce.appliedAt, '2026-01-02T03:04:05.000Z');
});

test('the same text again does nothing, whether it was good or bad', () => {
  const { receiver, events, sets } = makeReceiver();
  for (const text of [rulesOf(1), rulesOf(1), '{', '{', '{']) receiver.onText(text);
  assert.equal(sets.length, 1);
  assert.deepEqual(
    events.map(({ event }) => event),
    ['rules.applied', 'rules.refused'],
  );
  assert.equal(receiver.refusedCount, 1);
});

test('a refused text says why with every problem, and is forgotten with the next good one, be it the one in force', () => {
  const { receiver, events } = makeReceiver();
  receiver.onText(rulesOf(1));
  receiver.onText('[{"resource":"a","threshold":-1},{"threshold":1},{"resource":"b","threshold":1,"colour":"red"}]');
  const { error } = receiver;
  assert.equal(error!.kind, 'refused');
  assert.deepEqual(
    error!.problems!.map(({ path }) => path),
    ['$[0].threshold', '$[1].resource', '$[2].colour'],
  );
  assert.match(error!.reason, /^\$\[0\]\.threshold: .*; \$\[1\]\.resource: .*; \$\[2\]\.colour: /u);
  receiver.onText(rulesOf(1));
  assert.equal(receiver.error, undefined);
  assert.equal(receiver.inForce.version, 1);
  assert.equal(events.length, 2);
});

test('what a text holds cannot break the line that tells of it, nor make it long', () => {
  const { receiver } = makeReceiver();
  const nasty = `\u001b[2J\r\n${'x'.repeat(5_000)}\u2028`;
  receiver.onText(JSON.stringify([{ resource: 'a', threshold: 1, [nasty]: 1 }]));
  assert.doesNotMatch(receiver.error!.reason, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u);
  assert.ok(receiver.error!.reason.length < 600);
});

test('an outage is told when it begins and when it ends, and changes nothing', () => {
  const { receiver, events, sets } = makeReceiver();
  receiver.onText(rulesOf(1));
  receiver.onTrouble('ECONNREFUSED');
  receiver.onTrouble('ECONNREFUSED');
  receiver.onTrouble('no route');
  assert.equal(receiver.error!.reason, 'no route');
  assert.equal(receiver.isSourceReadable, false);
  receiver.onUnchanged();
  receiver.onUnchanged();
  assert.equal(receiver.error, undefined);
  assert.deepEqual(
    events.map(({ event }) => event),
    ['rules.applied', 'rules.unreadable', 'rules.readable'],
  );
  assert.equal(sets.length, 1);
});

test('a pushed set stays until the source brings another text, not when it repeats its own', () => {
  const { receiver, sets } = makeReceiver();
  receiver.onText(rulesOf(1));
  assert.deepEqual(receiver.push(rulesOf(2)), { kind: 'applied' });
  assert.equal(receiver.inForce.source, 'push');
  receiver.onText(rulesOf(1));
  assert.equal(sets.at(-1)!.flows[0]!.threshold, 2);
  assert.deepEqual(receiver.push(rulesOf(2)), { kind: 'unchanged' });
  receiver.onText(rulesOf(3));
  assert.equal(receiver.inForce.source, 'the-source');
  assert.equal(sets.at(-1)!.flows[0]!.threshold, 3);
});

test('a refused push is told to who pushed, and is no error of the source', () => {
  const { receiver, events } = makeReceiver();
  const outcome = receiver.push('[{"resource":1}]');
  assert.ok(outcome.kind === 'refused' && outcome.problems.length > 0);
  assert.equal(receiver.error, undefined);
  assert.equal(events[0]!.event, 'rules.refused');
  assert.equal(receiver.refusedCount, 1);
});

test('the entity tag changes with each set and differs after a restart with other rules', () => {
  const [one, other] = [makeReceiver().receiver, makeReceiver().receiver];
  const tags = [one.etag];
  for (const limit of [1, 2, 1]) {
    one.onText(rulesOf(limit));
    tags.push(one.etag);
  }
  assert.equal(new Set(tags).size, 4);
  other.onText(rulesOf(9));
  assert.ok(!tags.includes(other.etag));
  for (const tag of tags) assert.match(tag, /^"[\x21\x23-\x7e]+"$/u);
});
