import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KernelEvent, plainEnd, sameEnds } from '../../../reference-server/audit/kernel-event.js';
import { type JoinFacts, SessionJoin } from '../../../reference-server/audit/session-join.js';
import { Prng } from '../../../src/core/prng.js';
import { seed } from './log-fixture.js';

const PID = 100;
const PORT = 9000;
const facts = (changes: Partial<JoinFacts>): SessionJoin =>
  new SessionJoin({ pid: PID, port: PORT, connections: [], intervals: [], ...changes });
const open = (monoNs: number, tid = 1, pid = PID): KernelEvent => ({ kind: 'open', monoNs, pid, tid });
const retransmit = (monoNs: number, local: string, remote: string): KernelEvent => ({
  kind: 'retransmit',
  monoNs,
  pid: 0,
  tid: 0,
  local,
  remote,
});

test('a TCP event on the 4-tuple of a session is exact, whichever side sent it', () => {
  const join = facts({ connections: [{ sid: 'a', peer: '10.0.0.2:5000', fromNs: 100, toNs: 1e12 }] });
  for (const [local, remote] of [
    ['10.0.0.1:9000', '10.0.0.2:5000'],
    ['10.0.0.2:5000', '10.0.0.1:9000'],
    ['[::ffff:10.0.0.1]:9000', '[::ffff:10.0.0.2]:5000'],
  ] as const)
    assert.deepEqual(join.join(retransmit(200, local, remote)), { grade: 'exact', sid: 'a', candidates: 1 });
});

test('another port, another peer, another time or another process is none', () => {
  const join = facts({
    connections: [{ sid: 'a', peer: '10.0.0.2:5000', fromNs: 100, toNs: 1_000 }],
    intervals: [{ sid: 'a', fromNs: 100, toNs: 200, tid: 1 }],
  });
  const none = { grade: 'none', sid: undefined, candidates: 0 };
  for (const event of [
    retransmit(200, '10.0.0.1:9001', '10.0.0.2:5000'),
    retransmit(200, '10.0.0.1:9000', '10.0.0.2:5001'),
    retransmit(99, '10.0.0.1:9000', '10.0.0.2:5000'),
    retransmit(61e9 + 1_000, '10.0.0.1:9000', '10.0.0.2:5000'),
    open(150, 1, PID + 1),
    open(150, 2),
    open(2_000),
  ])
    assert.deepEqual(join.join(event), none, JSON.stringify(event));
});

test('a port that is used again belongs to the connection of its time', () => {
  const peer = '10.0.0.2:5000';
  const join = facts({
    connections: [
      { sid: 'a', peer, fromNs: 100, toNs: 1_000 },
      { sid: 'b', peer, fromNs: 2_000, toNs: Number.POSITIVE_INFINITY },
    ],
  });
  const sidAt = (ns: number) => join.join(retransmit(ns, '10.0.0.1:9000', peer)).sid;
  assert.deepEqual([sidAt(500), sidAt(1_500), sidAt(2_500)], ['a', 'a', 'b']);
});

test('two operations at a moment are ambiguous, and a thread that is known decides', () => {
  const intervals = [
    { sid: 'a', fromNs: 100, toNs: 300, tid: 1 },
    { sid: 'b', fromNs: 200, toNs: 400, tid: 2 },
    { sid: 'c', fromNs: 250, toNs: 260, tid: 0 },
  ];
  const join = facts({ intervals });
  assert.deepEqual(join.join(open(220, 1)), { grade: 'unique', sid: 'a', candidates: 1 });
  assert.deepEqual(join.join(open(220, 2)), { grade: 'unique', sid: 'b', candidates: 1 });
  assert.deepEqual(join.join(open(220, 0)), { grade: 'ambiguous', sid: undefined, candidates: 2 });
  assert.deepEqual(join.join(open(255, 0)), { grade: 'ambiguous', sid: undefined, candidates: 3 });
  assert.deepEqual(join.join(open(255, 1)), { grade: 'ambiguous', sid: undefined, candidates: 2 });
  assert.deepEqual(join.join(open(350, 0)), { grade: 'unique', sid: 'b', candidates: 1 });
});

test(`joins equal those of a list that is searched through (GWRK_SEED=${seed})`, () => {
  const random = new Prng(seed);
  for (let round = 0; round < 50; round++) {
    const intervals = Array.from({ length: random.between(0, 40) }, (_, i) => {
      const fromNs = random.between(0, 100) * 10_000;
      return { sid: `s${i}`, fromNs, toNs: fromNs + random.between(0, 20) * 10_000, tid: random.between(0, 3) };
    });
    const join = facts({ intervals: [...intervals] });
    for (let i = 0; i < 100; i++) {
      const [ns, tid] = [random.between(0, 250) * 5_000, random.between(0, 3)];
      const covering = intervals.filter(
        ({ fromNs, toNs, tid: own }) => fromNs <= ns && ns <= toNs && (own === 0 || tid === 0 || own === tid),
      );
      const seen = join.join(open(ns, tid));
      assert.equal(seen.candidates, covering.length);
      assert.equal(seen.sid, covering.length === 1 ? covering[0]!.sid : undefined);
    }
  }
});

test('a microsecond is allowed only where nothing covers the event as it stands', () => {
  const join = facts({
    intervals: [
      { sid: 'a', fromNs: 10_000, toNs: 20_000, tid: 1 },
      { sid: 'b', fromNs: 20_500, toNs: 30_000, tid: 1 },
    ],
  });
  assert.equal(join.join(open(20_000)).sid, 'a');
  assert.equal(join.join(open(9_500)).sid, 'a');
  assert.equal(join.join(open(20_250)).grade, 'ambiguous');
  assert.equal(join.join(open(8_999)).grade, 'none');
});

test('the ends of two connections are the same whichever way round and however IPv4 is written', () => {
  assert.equal(plainEnd('::ffff:127.0.0.1:80'), '127.0.0.1:80');
  assert.equal(plainEnd('[::1]:80'), '[::1]:80');
  const event = { local: '127.0.0.1:80', remote: '127.0.0.2:81' };
  assert.ok(sameEnds(event, '127.0.0.2:81', '::ffff:127.0.0.1:80'));
  assert.ok(!sameEnds(event, '127.0.0.2:81', '127.0.0.1:81'));
  assert.ok(!sameEnds({}, '127.0.0.2:81', '127.0.0.1:80'));
});
