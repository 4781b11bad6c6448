import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpGuards } from '../../../reference-server/rules/op-guards.js';
import { parseRules } from '../../../reference-server/rules/parse-rules.js';
import { breakerEvent } from '../../../reference-server/rules/rule-book.js';
import * as wire from '../reference-wire.js';
import { Bench, ECHO, MOVE, type Peer, position, TRADE } from '../session/bench.js';

const TRADE_FIELDS = wire.fields([4, 9], [4, 5]);
const BREAKER_OPEN = 0x0305;

function guarded(...rules: object[]): { bench: Bench; guards: OpGuards; told: string[] } {
  const told: string[] = [];
  const guards = new OpGuards((rule, from, to) => {
    const event = breakerEvent(rule, from, to);
    told.push(`${event.event} ${event.resource} ${event.from} ${event.to}`);
  });
  const bench = new Bench({ guards });
  const parsed = parseRules(JSON.stringify(rules));
  assert.ok('rules' in parsed, JSON.stringify(parsed));
  guards.apply(parsed.rules);
  return { bench, guards, told };
}

const codeOf = (messages: wire.Packet[][]): number => wire.opAck(messages[0]![0]!).code;
const trade = (peer: Peer, nonce = wire.fresh(8)): number => codeOf(peer.send(peer.opSigned(TRADE, TRADE_FIELDS, nonce)));

const SLOW_TRADES = {
  resource: 'op:trade',
  strategy: 0,
  maxAllowedRtMs: 50,
  threshold: 0.5,
  minRequestAmount: 4,
  statIntervalMs: 10_000,
  retryTimeoutMs: 2_000,
};

test('slow trades open the breaker, which refuses with 0305; a fast probe closes it', () => {
  const { bench, told } = guarded(SLOW_TRADES);
  const nowUs = () => bench.clock.us;
  let tookUs = 60_000;
  // The machine looks at the clock again when an operation has run: so long it took.
  bench.clock.nowUs = () => nowUs() + tookUs;
  const players = ['a', 'b', 'c'].map((uid) => bench.ready(bench.login(uid)));
  for (const peer of players) peer.send(peer.join(1));
  const [a, b, c] = players as [Peer, Peer, Peer];
  assert.deepEqual([trade(a), trade(a), trade(b), trade(b)], [0, 0, 0, 0]);
  assert.deepEqual([trade(c), trade(a)], [BREAKER_OPEN, BREAKER_OPEN]);
  assert.equal(codeOf(c.send(c.op(ECHO))), 0, 'other operations have nothing to do with it');
  bench.pass(2_100);
  c.take(); // what its room told meanwhile
  tookUs = 1_000;
  assert.equal(trade(c), 0);
  assert.equal(trade(c), 0);
  assert.deepEqual(told, ['breaker op:trade closed open', 'breaker op:trade open half-open', 'breaker op:trade half-open closed']);
});

test('a refused operation leaves no trace: same nonce again, and it took no place in the window of critical operations', () => {
  const { bench, guards } = guarded({ resource: 'op:trade', threshold: 0 });
  const peer = bench.ready();
  peer.send(peer.join(1));
  const nonce = wire.fresh(8);
  for (let i = 0; i < 20; i++) assert.equal(trade(peer, nonce), BREAKER_OPEN);
  assert.equal(bench.count('ops_refused'), 20);
  guards.apply({ breakers: [], flows: [] });
  const answer = wire.opAck(peer.send(peer.opSigned(TRADE, TRADE_FIELDS, nonce))[0]![0]!);
  assert.deepEqual([answer.code, answer.flags], [0, 0], 'it runs, and is no duplicate');
  for (let i = 0; i < 4; i++) assert.equal(trade(peer), 0);
  assert.equal(trade(peer), 0x0302, 'five were let through');
});

test('a known nonce is answered from memory while the breaker is open', () => {
  const { bench, guards } = guarded();
  const peer = bench.ready();
  peer.send(peer.join(1));
  const nonce = wire.fresh(8);
  assert.equal(trade(peer, nonce), 0);
  guards.apply({ breakers: [], flows: [{ id: '', resource: 'op:trade', threshold: 0, statIntervalMs: 1_000 }] });
  const again = wire.opAck(peer.send(peer.opSigned(TRADE, TRADE_FIELDS, nonce))[0]![0]!);
  assert.deepEqual([again.code, again.flags], [0, 1]);
  assert.equal(trade(peer), BREAKER_OPEN);
});

test('a flow rule lets n plain operations a second pass, and the refused ones are in the ledger', () => {
  const { bench } = guarded({ resource: 'op:move', count: 3 });
  const peer = bench.ready();
  peer.send(peer.join(1));
  const codes = Array.from({ length: 5 }, () => codeOf(peer.send(peer.op(MOVE, position(1, 2)))));
  assert.deepEqual(codes, [0, 0, 0, BREAKER_OPEN, BREAKER_OPEN]);
  assert.equal(bench.count('ops_seen'), 5);
  bench.pass(1_100);
  peer.take();
  assert.equal(codeOf(peer.send(peer.op(MOVE, position(1, 2)))), 0);
});

test('what a client does wrong opens no breaker, and what may not be sent so is not counted', () => {
  const { bench, guards, told } = guarded({ ...SLOW_TRADES, strategy: 1, minRequestAmount: 1 });
  const peer = bench.ready();
  for (let i = 0; i < 3; i++) assert.equal(trade(peer), 0x0403, 'not in a room');
  assert.equal(codeOf(peer.send(peer.op(TRADE, TRADE_FIELDS))), 0x0404);
  assert.deepEqual(told, []);
  const [report] = guards.report(bench.clock.us)!;
  assert.deepEqual([report!.resource, report!.passes, report!.refusedByBreaker], ['op:trade', 3, 0]);
});

test('a thread reports once a second while it has rules, and once more when they are gone', () => {
  const { guards } = guarded({ resource: 'op:echo', threshold: 1 });
  assert.equal(guards.report(5_000_000)!.length, 1);
  assert.equal(guards.report(5_999_999), undefined);
  assert.equal(guards.report(6_000_000)!.length, 1);
  guards.apply({ breakers: [], flows: [] });
  assert.deepEqual(guards.report(7_000_000), []);
  assert.equal(guards.report(8_000_000), undefined);
});

test('rules of other resources concern no operation', () => {
  const { guards } = guarded(
    { resource: 'login', threshold: 0 },
    { resource: 'op:dance', threshold: 0 },
    { resource: 'trade', threshold: 0 },
  );
  assert.equal(guards.count, 0);
});
