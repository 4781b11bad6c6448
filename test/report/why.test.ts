import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cause } from '../../src/core/cause.js';
import type { SlowOperation } from '../../src/measure/slow-operation.js';
import type { ServerCauses } from '../../src/report/causes.js';
import { CoveredTime } from '../../src/report/covered-time.js';
import { Explainer, type Explanation } from '../../src/report/why.js';
import { renderWhy } from '../../src/report/why-text.js';

const CLIENT = '10.0.0.2:40112';
const TARGET = '10.0.0.1:9000';
/** The operation of all cases: planned and sent at 1,000 ms, answered 300 ms later. */
const OPERATION: SlowOperation = {
  worker: 0,
  row: 7,
  name: 'op trade',
  signed: true,
  sequence: 12,
  intendedUs: 1_000_000,
  sentUs: 1_000_000,
  doneUs: 1_300_000,
  outcome: 'ok',
  local: CLIENT,
};
const SERVER: ServerCauses = {
  threads: 1,
  queues: 1,
  operationsAskStore: true,
  kernel: { source: 'bpftrace', reasons: [], drops: 0 },
  completeFromUs: {},
  clockErrorUs: 0,
  causes: [],
};

/** Times in milliseconds. */
const cause = (kind: Cause['kind'], startMs: number, endMs: number, more: Partial<Cause> = {}): Cause => ({
  kind,
  startUs: startMs * 1e3,
  endUs: endMs * 1e3,
  ...more,
});
const retransmit = (atMs: number, local = CLIENT, remote = TARGET): Cause => cause('RETRANSMIT', atMs, atMs, { local, remote });

function explain(causes: readonly Cause[], operation: Partial<SlowOperation> = {}, server: Partial<ServerCauses> = {}): Explanation {
  return new Explainer([TARGET], { ...SERVER, ...server, causes }).explain({ ...OPERATION, ...operation });
}
const labelOf = (...given: Parameters<typeof explain>): string => explain(...given).label;

test('a retransmit of the own connection inside the wait explains it, whichever side sent again', () => {
  assert.equal(labelOf([retransmit(1_208)]), 'RETRANSMIT');
  assert.equal(labelOf([retransmit(1_208, TARGET, CLIENT)]), 'RETRANSMIT');
  assert.equal(labelOf([retransmit(1_208)], { outcome: 'timeout' }), 'RETRANSMIT');
});

test('a retransmit of another connection, of another server or outside of the wait explains nothing', () => {
  assert.equal(labelOf([retransmit(1_208, '10.0.0.2:40113')]), 'UNKNOWN');
  assert.equal(labelOf([retransmit(1_208, '10.0.0.3:40112')]), 'UNKNOWN');
  assert.equal(labelOf([retransmit(1_208, CLIENT, '10.0.0.1:9001')]), 'UNKNOWN');
  assert.equal(labelOf([retransmit(1_208, '10.0.0.9:1', CLIENT)]), 'UNKNOWN');
  assert.deepEqual(explain([retransmit(999.999), retransmit(1_300.001)]).chain, []);
  assert.equal(explain([retransmit(1_002), retransmit(1_300)]).chain.length, 2, 'the ends belong to it');
  assert.deepEqual(explain([retransmit(1_000), retransmit(1_001.999)]).chain, [], 'no timer of the kernel is shorter than 2 ms');
  assert.equal(labelOf([retransmit(1_208)], { local: undefined as unknown as string }), 'UNKNOWN');
});

test('what takes up less than half of the response time is shown and not blamed', () => {
  assert.equal(labelOf([retransmit(1_149.999)]), 'UNKNOWN');
  assert.equal(labelOf([retransmit(1_150)]), 'RETRANSMIT');
  const early = explain([cause('LOOP_LAG', 1_000, 1_100, { thread: 0 })]);
  assert.equal(early.label, 'UNKNOWN');
  assert.equal(early.chain.length, 1);
  assert.match(early.reason!, /less than half/u);
});

test('an interval counts as far as it overlaps the wait, and two that overlap count once', () => {
  assert.equal(labelOf([cause('LOOP_LAG', 0, 1_149, { thread: 0 })]), 'UNKNOWN');
  assert.equal(labelOf([cause('LOOP_LAG', 0, 1_150, { thread: 0 })]), 'LOOP_LAG');
  assert.equal(labelOf([cause('GC', 1_100, 9_000, { thread: 0, pauseUs: 1 })]), 'GC');
  assert.equal(labelOf([cause('LOOP_LAG', 1_000, 1_100), cause('LOOP_LAG', 1_000, 1_100)]), 'UNKNOWN');
  assert.equal(labelOf([cause('LOOP_LAG', 1_000, 1_100), cause('GC', 1_200, 1_250)]), 'LOOP_LAG', 'together half, the larger one named');
});

test('measured intervals take their time before a retransmit does', () => {
  const explanation = explain([cause('GC', 1_010, 1_100), retransmit(1_290)]);
  assert.equal(explanation.label, 'RETRANSMIT');
  assert.deepEqual(
    explanation.chain.map(({ label, shareUs }) => [label, shareUs]),
    [
      ['GC', 90_000],
      ['RETRANSMIT', 200_000],
    ],
  );
  assert.equal(labelOf([cause('GC', 1_010, 1_200), retransmit(1_290)]), 'GC');
});

test('a turn of a gateway thread is not blamed where several have the connections', () => {
  assert.equal(labelOf([cause('LOOP_LAG', 1_000, 1_300, { thread: 1 })], {}, { threads: 2 }), 'UNKNOWN');
});

test('the store is blamed only where operations ask it, and only for those that do', () => {
  const slow = [cause('STORE_SLOW', 1_000, 1_290, { name: 'allow' })];
  assert.equal(labelOf(slow), 'STORE_SLOW');
  assert.equal(labelOf(slow, { signed: false }), 'UNKNOWN');
  assert.equal(labelOf(slow, {}, { operationsAskStore: false }), 'UNKNOWN');
});

test('an open breaker is blamed only for a refused operation of its own resource', () => {
  const open = [cause('BREAKER', 0, 60_000, { name: 'op:trade' })];
  assert.equal(labelOf(open, { outcome: 'fail' }), 'BREAKER');
  assert.equal(labelOf(open), 'UNKNOWN');
  assert.equal(labelOf([cause('BREAKER', 0, 60_000, { name: 'login' })], { outcome: 'fail' }), 'UNKNOWN');
});

test('a full queue is blamed only where there is one', () => {
  const full = [cause('QUEUE', 1_000, 1_300, { name: 'logic 0 from 0' })];
  assert.equal(labelOf(full), 'QUEUE');
  assert.equal(labelOf(full, {}, { queues: 2 }), 'UNKNOWN');
  assert.equal(labelOf(full, {}, { queues: 0 }), 'UNKNOWN');
});

test('an operation that gwrk sent late is called so, whatever the server did', () => {
  assert.equal(labelOf([], { sentUs: 1_200_000 }), 'LATE_SEND');
  const explanation = new Explainer([TARGET], { unknown: 'not asked' }).explain({ ...OPERATION, sentUs: 1_200_000 });
  assert.equal(explanation.label, 'LATE_SEND');
});

test('the time in which the own worker of gwrk did not run is called so', () => {
  const stalls = [
    { worker: 1, startUs: 0, endUs: 2_000_000 },
    { worker: 0, startUs: 1_150_000, endUs: 1_400_000 },
  ];
  const by = (...own: typeof stalls): string => new Explainer([TARGET], SERVER, own).explain(OPERATION).label;
  assert.equal(by(...stalls), 'LATE_READ');
  assert.equal(by(stalls[0]!), 'UNKNOWN');
});

test('UNKNOWN says why it is not known', () => {
  assert.equal(new Explainer([TARGET], { unknown: 'nobody was asked' }).explain(OPERATION).reason, 'nobody was asked');
  assert.match(explain([]).reason!, /^nothing was found in its time$/u);
  assert.match(explain([], {}, { kernel: { source: 'none', reasons: [], drops: 0 } }).reason!, /nobody watched for retransmits/u);
  assert.match(explain([], {}, { kernel: { source: 'tracefs', reasons: [], drops: 3 } }).reason!, /3 kernel events were dropped/u);
  assert.match(explain([], {}, { completeFromUs: { GC: 1_000_001 } }).reason!, /log of GC does not reach back/u);
  assert.match(explain([], { local: undefined as unknown as string }).reason!, /address of its connection is not known/u);
});

test('covered time is the measure of the union of what was taken', () => {
  const covered = new CoveredTime();
  assert.deepEqual(
    [covered.take(0, 10), covered.take(20, 30), covered.take(5, 25), covered.take(0, 30), covered.take(30, 40), covered.take(9, 9)],
    [10, 10, 10, 0, 10, 0],
  );
  assert.equal(covered.totalUs, 40);
});

test('the text counts by label, tells the chain in the order of time and keeps to its limit', () => {
  const explanations = [explain([cause('GC', 1_010, 1_100, { thread: 0, pauseUs: 80_000 }), retransmit(1_290)]), explain([], { row: 8 })];
  const text = renderWhy(explanations, { limit: 1, slowUs: 150_000, total: 2, thresholdUs: 150_000 });
  assert.match(text, /^2 operations took 150 ms or longer/u);
  assert.match(text, /^ {2}RETRANSMIT {7}1 {3}50\.0 % {2}worst 300 ms$/mu);
  assert.match(text, /^ {2}UNKNOWN {10}1 {3}50\.0 % {2}worst 300 ms$/mu);
  const order = [
    'sent 0',
    '80.0 ms of it garbage collection',
    'waited for a segment that 10.0.0.2:40112 sent again at 290 ms',
    'answered 300 ms',
  ];
  const places = order.map((part) => text.indexOf(part));
  assert.ok(
    places.every((place, i) => place > (places[i - 1] ?? 0)),
    text,
  );
  assert.match(text, /and 1 more/u);
});

test('requests of HTTP, which are not looked at, are not passed over in silence', () => {
  const facts = { limit: 1, slowUs: 150_000, total: 0, thresholdUs: 150_000 };
  assert.equal(renderWhy([], facts), 'no operation that was kept took 150 ms or longer\n');
  assert.match(renderWhy([], { ...facts, httpRequests: 75 }), /\nthe run's 75 requests of HTTP are not among these: .*\n$/u);
});
