import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as wire from '../reference-server/reference-wire.js';
import { TYPE } from '../reference-server/reference-wire.js';
import { loginAfter, VirtualReference } from './virtual-reference.js';
import { runVirtual, START_US } from './virtual-run.js';

const session = (steps: string, clients = 2, duration = '1s'): string => `
executor: constant-clients
clients: ${clients}
duration: ${duration}
gracefulStop: 10s
flow:
  - login: { uid: "p{{ client }}", proof: none }
  - connect: {}
  - auth: { timeout: 2s }
${steps.replace(/^(?=.)/gm, '  ')}`;

const moving = '- loop: { every: 100ms, steps: [ { op: { code: move, x: "{{ iteration }}", y: -5, expect: { code: ok, within: 1s } } } ] }';

test('a whole session runs: login, AUTH, room, operations, heartbeats, and an end with equal ledgers', async () => {
  const server = new VirtualReference();
  const steps = `
- heartbeat: { every: 200ms, jitter: 10% }
- join: { room: "{{ client + 7 }}" }
${moving}`;
  const run = await runVirtual(session(steps), server, { onLogin: loginAfter(5_000) });
  assert.deepEqual(run.errors(), {});
  assert.equal(run.counter('sessions_ready'), 2);
  assert.equal(run.counter('ledger_ok'), 18 + 1); // client 0's tick at 0 is past when it is ready, client 1's phase is 50 ms
  assert.ok(run.counter('heartbeats_sent') >= 8);
  assert.equal(run.counter('heartbeats_sent'), run.counter('heartbeats_answered'));
  assert.equal(run.trend('pacing_lag').count, run.counter('heartbeats_sent') + run.counter('ledger_sent'));
  assert.equal(run.counter('ledger_mismatches'), 0);
  assert.equal(run.counter('connections_lost'), 0);
  for (const row of [0, 1]) {
    const types = server.types(row);
    assert.deepEqual(types.slice(0, 2), [TYPE.AUTH, TYPE.ROOM_JOIN]);
    assert.deepEqual(types.slice(-2), [TYPE.DISCONNECT, TYPE.ACK_CLOSE]);
  }
  assert.deepEqual(
    server.log.filter(({ type }) => type === TYPE.ROOM_JOIN).map(({ body }) => body.readUInt32LE(0)),
    [7, 8],
  );
  const moves = server.log
    .filter(({ type, row }) => type === TYPE.OP && row === 1)
    .map(({ body }) => [body.readUInt16LE(0), body.readInt32LE(4), body.readInt32LE(8)]);
  assert.deepEqual(moves.slice(0, 3), [
    [2, 0, -5],
    [2, 1, -5],
    [2, 2, -5],
  ]);
});

test('each part of the way to a ready session is timed from where it begins', async () => {
  const run = await runVirtual(session(''), new VirtualReference(() => false, 700), { onLogin: loginAfter(5_000) });
  assert.equal(run.trend('auth_duration').min, 700);
  assert.equal(run.trend('auth_duration').max, 700);
  assert.equal(run.trend('login_duration').count, 2);
  // Asked for a second ahead, the credentials are there when the scenario starts: connect 100 + upgrade 200 + auth 700.
  assert.equal(run.trend('session_ready').min, 1_000);
  assert.equal(run.trend('session_ready').max, 1_000);
});

test('a critical operation carries the server time, a nonce of its own and a tag', async () => {
  const server = new VirtualReference();
  const steps = '- loop: { every: 100ms, steps: [ { op: { code: trade, item: 1, amount: 2, expect: { code: ok, within: 1s } } } ] }';
  const run = await runVirtual(session(steps, 1), server, { onLogin: loginAfter(1_000) });
  const trades = server.log.filter(({ type }) => type === TYPE.OP_SIGNED);
  assert.equal(run.counter('ledger_ok'), 9);
  assert.equal(new Set(trades.map(({ body }) => body.toString('hex', 12, 20))).size, 9);
  const helloUs = START_US + 300;
  for (const { body, atUs } of trades) {
    const unixMs = Number(body.readBigUInt64LE(4));
    assert.ok(Math.abs(unixMs - 1_800_000_000_000 - (atUs - helloUs) / 1_000) <= 1, `${unixMs}`);
  }
});

test('a server that cannot prove that it knows the session is left', async () => {
  const server: VirtualReference = new VirtualReference((peer, row, { type, seq }, state) => {
    if (type !== TYPE.AUTH) return false;
    peer.send(row, server.authOk(state, seq, Buffer.alloc(32)));
    return true;
  });
  const run = await runVirtual(session(''), server, { onLogin: loginAfter(1_000) });
  assert.deepEqual(run.errors(), { 'server.tag': 2 });
  assert.equal(run.counter('sessions_failed'), 2);
  assert.equal(run.counter('connections_lost'), 0);
});

test('a refusal of AUTH is counted by its code, and what the server sends after it adds nothing', async () => {
  const run = await runVirtual(
    session(''),
    new VirtualReference((peer, row, { type, seq }) => {
      if (type !== TYPE.AUTH) return false;
      peer.send(row, wire.packet(TYPE.AUTH_ERR, seq, wire.fields([2, 0x0201], [2, 0], [4, 0])));
      peer.close(row, 4201);
      peer.end(row, 0, 10);
      return true;
    }),
    { onLogin: loginAfter(1_000) },
  );
  assert.deepEqual(run.errors(), { 'auth.0201': 2 });
});

test('an AUTH without an answer times out', async () => {
  const run = await runVirtual(session(''), new VirtualReference((_peer, _row, { type }) => type === TYPE.AUTH), {
    onLogin: loginAfter(1_000),
  });
  assert.deepEqual(run.errors(), { 'timeout.auth': 2 });
});

/** What a server may do to a session that is ready, and what it is counted as. */
const FAULTS: readonly [name: string, bytes: (server: VirtualReference, row: number) => Buffer, code: string][] = [
  ['a message that ends inside a header', () => Buffer.alloc(5), 'server.length'],
  ['an empty message', () => Buffer.alloc(0), 'server.length'],
  ['a packet longer than its message', () => wire.packet(TYPE.LEFT, 1, Buffer.alloc(8)).subarray(0, 12), 'server.length'],
  ['a length that the type does not allow', () => wire.packet(TYPE.LEFT, 1, Buffer.alloc(9)), 'server.length'],
  ['a type that only clients send', () => wire.packet(TYPE.PING, 1, Buffer.alloc(32)), 'server.type'],
  ['an unknown type', () => wire.packet(0x7e, 1, Buffer.alloc(4)), 'server.type'],
  ['65 packets in one message', () => Buffer.concat(new Array(65).fill(wire.packet(TYPE.LEFT, 1, Buffer.alloc(8)))), 'server.bundle'],
  ['a second HELLO', () => wire.packet(TYPE.HELLO, 0, Buffer.alloc(40)), 'server.state'],
  ['a second AUTH_OK', (server, row) => server.authOk(server.sessions.get(row)!, 1), 'server.state'],
  [
    'a PONG that nobody asked for',
    (server, row) => server.pong(server.sessions.get(row)!, { type: 0x10, seq: 1, body: Buffer.alloc(32) }),
    'server.replay',
  ],
  [
    'a PONG with a wrong tag',
    (server, row) => server.pong(server.sessions.get(row)!, { type: 0x10, seq: 1, body: Buffer.alloc(32) }, 0, 1, Buffer.alloc(32)),
    'server.tag',
  ],
  ['an OP_ACK without an operation', (server) => server.opAck(1), 'server.replay'],
  ['an ACK_CLOSE without a DISCONNECT', () => wire.ackClose(1, 2, 0, 0, 0), 'server.state'],
  [
    'a ROOM_STATE that does not hold its rows',
    () => wire.packet(TYPE.ROOM_STATE, 1, wire.fields([4, 1], [4, 1], [4, 0], [2, 9], [2, 16], [8, 0])),
    'server.length',
  ],
  ['an ERROR packet', () => wire.packet(TYPE.ERROR, 3, wire.fields([2, 0x0105], [2, 0x20], [4, 3], [4, 0])), 'error.0105'],
];

for (const [name, bytes, code] of FAULTS) {
  test(`a session is lost once, as ${code}, when the server sends ${name}`, async () => {
    const server: VirtualReference = new VirtualReference((peer, row, { type }) => {
      if (type === TYPE.AUTH) peer.after(50_000, () => peer.send(row, bytes(server, row)));
      return false;
    });
    const run = await runVirtual(session('', 1), server, { onLogin: loginAfter(1_000) });
    assert.deepEqual(run.errors(), { [code]: 1 });
    assert.equal(run.counter('connections_lost'), 1);
    assert.equal(run.counter('sessions_ready'), 1);
  });
}

test('text where packets are spoken is a fault of the server', async () => {
  const server = new VirtualReference((peer, row, { type }) => {
    if (type === TYPE.AUTH) peer.after(50_000, () => peer.send(row, 'hello'));
    return false;
  });
  const run = await runVirtual(session('', 1), server, { onLogin: loginAfter(1_000) });
  assert.deepEqual(run.errors(), { 'server.text': 1 });
});

test('three heartbeats without an answer end the session, ten seconds after each', async () => {
  for (const [every, expectedS] of [
    ['10s', 30],
    ['25s', 60],
  ] as const) {
    const server = new VirtualReference((_peer, _row, { type }) => type === TYPE.PING);
    const run = await runVirtual(session(`- heartbeat: { every: ${every}, jitter: 0% }`, 1, '10m'), server, { onLogin: loginAfter(1_000) });
    assert.equal(run.counter('heartbeats_sent'), 3);
    assert.equal(run.counter('heartbeats_missed'), 3);
    assert.deepEqual(run.errors(), { 'timeout.heartbeat': 1 });
    assert.equal(run.counter('connections_lost'), 1);
    const firstUs = server.log.find(({ type }) => type === TYPE.PING)!.atUs;
    const tookS = (run.transport.nowUs() - firstUs) / 1e6;
    assert.ok(Math.abs(tookS - expectedS) < 0.01, `every ${every}: ${tookS}`);
  }
});

test('a late answer forgives the misses before it', async () => {
  let pings = 0;
  const server: VirtualReference = new VirtualReference((peer, row, packet, state) => {
    if (packet.type !== TYPE.PING) return false;
    // The answers to three PINGs come together, 25 s after the first of them: two misses, never a third.
    const lateUs = 25_000_000 - (pings++ % 3) * 10_000_000;
    peer.after(lateUs, () => peer.send(row, server.pong(state, packet)));
    return true;
  });
  const run = await runVirtual(session('- heartbeat: { every: 10s, jitter: 0% }', 1, '5m'), server, { onLogin: loginAfter(1_000) });
  assert.ok(run.counter('heartbeats_missed') > 10);
  assert.equal(run.counter('connections_lost'), 0);
});

test('a PONG that counts other operations than were acknowledged is a mismatch of the ledgers', async () => {
  const server: VirtualReference = new VirtualReference((peer, row, packet, state) => {
    if (packet.type !== TYPE.PING) return false;
    peer.send(row, server.pong(state, packet, state.ops + 1));
    return true;
  });
  const run = await runVirtual(session('- heartbeat: { every: 300ms }', 1), server, { onLogin: loginAfter(1_000) });
  assert.ok(run.counter('ledger_mismatches') >= 3);
  assert.equal(run.counter('connections_lost'), 0);
});

test('a server that counts other operations at the end is a mismatch of the ledgers', async () => {
  const server = new VirtualReference((peer, row, { type, seq }, state) => {
    if (type !== TYPE.DISCONNECT) return false;
    state.closing = true;
    peer.send(row, wire.ackClose(seq, 1, 0, 0, 0));
    peer.send(row, wire.ackClose(seq, 2, state.ops - 1, state.ops, seq), 100);
    return true;
  });
  const run = await runVirtual(session(moving, 1), server, { onLogin: loginAfter(1_000) });
  assert.equal(run.counter('ledger_mismatches'), 1);
  assert.deepEqual(run.errors(), { 'ledger.close': 1 });
});

test('a server that does not hear DISCONNECT is closed after five seconds', async () => {
  const server = new VirtualReference((_peer, _row, { type }) => type === TYPE.DISCONNECT);
  const run = await runVirtual(session('', 1), server, { onLogin: loginAfter(1_000) });
  assert.deepEqual(run.errors(), { 'timeout.disconnect': 1 });
  assert.equal(run.counter('connections_lost'), 0);
  assert.ok(Math.abs(run.nowUs - 6_000_000) < 2_000, `${run.nowUs}`);
});

test('a server that ends the session gets the exchange answered, with what it owed drained first', async () => {
  let begun = false;
  const server = new VirtualReference((peer, row, { type, seq, body }, state) => {
    if (type === TYPE.OP && !begun && state.ops === 2) {
      begun = true;
      peer.send(row, wire.disconnect(0));
      state.ops++;
      peer.after(20_000, () => peer.send(row, wire.packet(TYPE.OP_ACK, seq, wire.fields([2, 0x0502], [2, 0], [4, 1], [8, 0]))));
      return true;
    }
    if (type === TYPE.ACK_CLOSE && begun) {
      if (body[0] === 2) peer.send(row, wire.ackClose(0, 2, state.ops, state.ops, 0));
      return true;
    }
    return false;
  });
  const run = await runVirtual(session(moving, 1), server, { onLogin: loginAfter(1_000) });
  const closing = server.log
    .filter(({ type }) => type === TYPE.ACK_CLOSE)
    .map(({ body }) => [body[0], body.readUInt32LE(4), body.readUInt32LE(8)]);
  assert.deepEqual(closing, [
    [1, 0, 0],
    [2, 3, 3],
  ]);
  assert.equal(run.counter('connections_lost'), 1);
  assert.equal(run.counter('ledger_mismatches'), 0);
  assert.equal(run.ledgerGap(), 0);
  assert.deepEqual(run.errors(), { 'disconnect.0000': 1, 'op.0502': 1 });
});

test('an operation with another code than expected fails its check and is counted by the code', async () => {
  const server: VirtualReference = new VirtualReference((peer, row, { type, seq }, state) => {
    if (type !== TYPE.OP) return false;
    state.ops++;
    peer.send(row, server.opAck(seq, 0x0403));
    return true;
  });
  const run = await runVirtual(session(moving, 1), server, { onLogin: loginAfter(1_000) });
  assert.deepEqual(run.errors(), { 'op.0403': 9 });
  assert.equal(run.counter('ledger_fail'), 9);
  assert.equal(run.trend('ws_msg_rtt').count, 0);
});
