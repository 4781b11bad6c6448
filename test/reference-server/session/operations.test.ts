import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { assertFault, Bench, ECHO, MOVE, type Peer, position, TRADE, types } from './bench.js';

const ack = (messages: wire.Packet[][]) => {
  const { code, flags, result } = wire.opAck(messages[0]![0]!);
  return { code, flags, result: result.toString() };
};
const trade = wire.fields([4, 9], [4, 5]);

describe('an operation', () => {
  it('echo answers its payload, at most 4,080 bytes of it', () => {
    const bench = new Bench();
    const peer = bench.ready();
    assert.deepEqual(ack(peer.send(peer.op(ECHO, Buffer.from('hello')))), { code: 0, flags: 0, result: 'hello' });
    const [[answer]] = peer.send(peer.op(ECHO, Buffer.alloc(4_092, 'z'))) as [[wire.Packet]];
    assert.equal(answer.body.length, 4_096);
    assert.ok(wire.opAck(answer).result.equals(Buffer.alloc(4_080, 'z')));
  });

  it('tells the time it took and the time of the server', () => {
    const bench = new Bench();
    const peer = bench.ready();
    const startUs = bench.clock.us;
    bench.clock.nowUs = () => startUs + 123;
    const message = peer.op(ECHO);
    bench.machine.onBinary(peer.slot, message, 0, message.length, startUs);
    const [[answer]] = peer.take() as [[wire.Packet]];
    assert.equal(answer.body.readUInt32LE(4), 123);
    assert.equal(answer.body.readBigUInt64LE(8), BigInt(bench.clock.wallMs));
  });

  const refused: [string, number, (peer: Peer) => Buffer][] = [
    ['an unknown opcode', 0x0404, (p) => p.op(999)],
    ['opcode 0', 0x0404, (p) => p.op(0)],
    ['a critical operation that is not signed', 0x0404, (p) => p.op(TRADE, trade)],
    ['a plain operation that is signed', 0x0404, (p) => p.opSigned(MOVE, position(1, 2))],
    ['a payload that is too short', 0x0404, (p) => p.op(MOVE, Buffer.alloc(7))],
    ['a payload that is too long', 0x0404, (p) => p.op(MOVE, Buffer.alloc(9))],
    ['a move outside of any room', 0x0403, (p) => p.op(MOVE, position(1, 2))],
    ['a trade outside of any room', 0x0403, (p) => p.opSigned(TRADE, trade)],
    ['a time 301 s in the past', 0x0208, (p) => p.opSigned(ECHO, trade, wire.fresh(8), -300_001)],
    ['a time 301 s in the future', 0x0208, (p) => p.opSigned(ECHO, trade, wire.fresh(8), 300_001)],
    ['a time far beyond 2^53', 0x0208, (p) => p.opSigned(ECHO, trade, wire.fresh(8), 2 ** 60)],
  ];
  for (const [what, code, make] of refused) {
    it(`${what} is answered ${code.toString(16).padStart(4, '0')}, counted, and the connection stays`, () => {
      const bench = new Bench();
      const peer = bench.ready();
      assert.deepEqual(ack(peer.send(make(peer))), { code, flags: 0, result: '' });
      assert.deepEqual(types(peer.send(peer.ping())), [[TYPE.PONG]]);
    });
  }

  it('runs at exactly 300 s of skew, both ways', () => {
    const bench = new Bench();
    const peer = bench.ready();
    assert.equal(ack(peer.send(peer.opSigned(ECHO, trade, wire.fresh(8), -300_000))).code, 0);
    assert.equal(ack(peer.send(peer.opSigned(ECHO, trade, wire.fresh(8), 300_000))).code, 0);
  });

  it('sent again with its nonce gets the first answer with DUP and an empty result, and runs once', () => {
    const bench = new Bench();
    const peer = bench.ready();
    const nonce = wire.fresh(8);
    peer.send(peer.join(1));
    assert.deepEqual(ack(peer.send(peer.opSigned(TRADE, trade, nonce))), { code: 0, flags: 0, result: '\x05\0\0\0' });
    for (let i = 0; i < 20; i++) assert.deepEqual(ack(peer.send(peer.opSigned(TRADE, trade, nonce))), { code: 0, flags: 1, result: '' });
    assert.deepEqual(types(peer.send(peer.ping())), [[TYPE.PONG]]);
    assert.equal(wire.roomState(bench.fullState(1)).rows[0]!.val, 5);
  });

  it('that failed when it ran is remembered with its code', () => {
    const bench = new Bench();
    const peer = bench.ready();
    const nonce = wire.fresh(8);
    assert.equal(ack(peer.send(peer.opSigned(TRADE, trade, nonce))).code, 0x0403);
    peer.send(peer.join(1));
    assert.deepEqual(ack(peer.send(peer.opSigned(TRADE, trade, nonce))), { code: 0x0403, flags: 1, result: '' });
  });

  it('that was refused before it ran may be tried again with the same nonce', () => {
    const bench = new Bench();
    const peer = bench.ready();
    const nonce = wire.fresh(8);
    assert.equal(ack(peer.send(peer.opSigned(ECHO, trade, nonce, -400_000))).code, 0x0208);
    for (let i = 0; i < 5; i++) peer.send(peer.opSigned(ECHO, trade));
    assert.equal(ack(peer.send(peer.opSigned(ECHO, trade, nonce))).code, 0x0302);
    bench.pass(10_000, 1_000);
    assert.deepEqual(ack(peer.send(peer.opSigned(ECHO, Buffer.from('late'), nonce))), { code: 0, flags: 0, result: 'late' });
  });

  it('is remembered over a reconnect of its session for 600 s', () => {
    const bench = new Bench();
    const credential = bench.desk.issue('player', bench.nowS + 3_600);
    const nonce = wire.fresh(8);
    const first = bench.ready(credential);
    assert.equal(ack(first.send(first.opSigned(ECHO, trade, nonce))).code, 0);
    first.end();
    bench.pass(599_000, 1_000);
    const second = bench.ready(credential);
    assert.deepEqual(ack(second.send(second.opSigned(ECHO, trade, nonce))), { code: 0, flags: 1, result: '' });
    second.end();
    assert.equal(bench.count('nonce_rings'), 1);
    bench.pass(602_000, 1_000);
    assert.equal(bench.count('nonce_rings'), 0);
    const third = bench.ready(credential);
    assert.deepEqual(ack(third.send(third.opSigned(ECHO, trade, nonce))).flags, 0);
  });

  it('is remembered when a newer connection takes the session over', () => {
    const bench = new Bench();
    const credential = bench.login();
    const nonce = wire.fresh(8);
    const old = bench.ready(credential);
    old.send(old.opSigned(ECHO, trade, nonce));
    const young = bench.ready(credential);
    old.end();
    assert.equal(ack(young.send(young.opSigned(ECHO, trade, nonce))).flags, 1);
    assert.equal(bench.count('nonce_rings'), 1);
  });

  it('older than the last answer that the client has seen is forgotten at AUTH', () => {
    const bench = new Bench();
    const credential = bench.login();
    const nonces = [wire.fresh(8), wire.fresh(8), wire.fresh(8)];
    const first = bench.ready(credential);
    for (const nonce of nonces) first.send(first.opSigned(ECHO, trade, nonce));
    first.end();
    bench.pass(11_000, 1_000);
    const second = bench.connect();
    second.send(second.auth(credential, { lastAckNonce: nonces[1]! }));
    const flags = nonces.map((nonce) => ack(second.send(second.opSigned(ECHO, trade, nonce))).flags);
    assert.deepEqual(flags, [0, 1, 1]);
  });

  it('of a session that is revoked is forgotten with it', () => {
    const bench = new Bench();
    const credential = bench.login();
    const peer = bench.ready(credential);
    peer.send(peer.opSigned(ECHO, trade));
    bench.machine.receive({ type: 'revoke', sids: new Uint8Array(credential.sid), code: 0x0204 }, bench.clock.us);
    peer.end();
    assert.equal(bench.count('nonce_rings'), 0);
  });

  it('that is critical passes five times in any ten seconds, per user and not per connection', () => {
    const bench = new Bench();
    const one = bench.ready(bench.login('rich'));
    const two = bench.ready(bench.login('rich'));
    const other = bench.ready(bench.login('other'));
    const codes: number[] = [];
    for (let i = 0; i < 6; i++) {
      const peer = i % 2 === 0 ? one : two;
      codes.push(ack(peer.send(peer.opSigned(ECHO, trade))).code);
      bench.advanceMs(1_000);
    }
    assert.deepEqual(codes, [0, 0, 0, 0, 0, 0x0302]);
    assert.equal(ack(other.send(other.opSigned(ECHO, trade))).code, 0);
    // The first was 6 s ago. At 10 s exactly it does not count any more.
    bench.advanceMs(3_999);
    assert.equal(ack(one.send(one.opSigned(ECHO, trade))).code, 0x0302);
    bench.advanceMs(1);
    assert.equal(ack(two.send(two.opSigned(ECHO, trade))).code, 0);
    assert.equal(ack(one.send(one.opSigned(ECHO, trade))).code, 0x0302);
  });

  it('window of a user does not begin anew with a new connection, and is freed when nothing counts in it', () => {
    const bench = new Bench();
    const credential = bench.login('rich');
    const first = bench.ready(credential);
    for (let i = 0; i < 5; i++) first.send(first.opSigned(ECHO, trade));
    first.end();
    const second = bench.ready(credential);
    assert.equal(ack(second.send(second.opSigned(ECHO, trade))).code, 0x0302);
    second.end();
    assert.equal(bench.count('op_windows'), 1);
    bench.pass(12_000, 1_000);
    assert.equal(bench.count('op_windows'), 0);
  });
});

describe('the rate of a connection', () => {
  it('is 200 packets at once and 200 a second: then operations are answered 0301, counted, and the connection stays', () => {
    const bench = new Bench();
    const peer = bench.ready();
    const codes = (): number[] => {
      const answers = peer.send(...Array.from({ length: 10 }, () => peer.op(ECHO)));
      return answers[0]!.map((packet) => wire.opAck(packet).code);
    };
    for (let i = 0; i < 20; i++) assert.deepEqual(codes(), new Array(10).fill(0), `batch ${i}`);
    assert.deepEqual(codes(), new Array(10).fill(0x0301));
    bench.advanceMs(25);
    assert.deepEqual(codes(), [0, 0, 0, 0, 0, 0x0301, 0x0301, 0x0301, 0x0301, 0x0301]);
    // A refused join says so; a leave and a heartbeat are never refused.
    const answers = peer.send(peer.join(1), peer.leave(1), peer.ping());
    assert.deepEqual(types(answers), [[TYPE.JOINED, TYPE.LEFT, TYPE.PONG]]);
    assert.equal(answers[0]![0]!.body.toString('hex'), '00000000ffff00000000000000000103');
  });

  it('is 64 KiB a second', () => {
    const bench = new Bench();
    const peer = bench.ready();
    let passed = 0;
    for (let i = 0; i < 20; i++) if (ack(peer.send(peer.op(ECHO, Buffer.alloc(4_084)))).code === 0) passed++;
    assert.equal(passed, 16);
  });

  it('refused for a signed operation leaves no trace of its nonce', () => {
    const bench = new Bench();
    const peer = bench.ready();
    for (let i = 0; i < 13; i++) peer.send(...Array.from({ length: 16 }, () => peer.op(ECHO)));
    const nonce = wire.fresh(8);
    assert.equal(ack(peer.send(peer.opSigned(ECHO, trade, nonce))).code, 0x0301);
    bench.advanceMs(1_000);
    assert.deepEqual(ack(peer.send(peer.opSigned(ECHO, trade, nonce))).flags, 0);
  });

  it('more than doubled for five seconds ends the connection 4301; four seconds do not', () => {
    for (const [seconds, isOver] of [
      [4, false],
      [5, true],
    ] as const) {
      const bench = new Bench();
      const peer = bench.ready();
      bench.clock.us = Math.ceil(bench.clock.us / 1e6) * 1e6;
      for (let i = 0; i < seconds * 10; i++) {
        for (let j = 0; j < 3; j++) peer.send(...Array.from({ length: 14 }, () => peer.op(ECHO)));
        bench.advanceMs(100);
      }
      const answers = peer.send(peer.op(ECHO));
      if (isOver) assertFault(peer, answers, 0x0301, TYPE.OP, peer.seq, 0);
      else assert.equal(peer.closeCode, 0);
    }
  });

  it('just at its double is no flood', () => {
    const bench = new Bench();
    const peer = bench.ready();
    bench.clock.us = Math.ceil(bench.clock.us / 1e6) * 1e6;
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 4; j++) peer.send(...Array.from({ length: 10 }, () => peer.op(ECHO)));
      bench.advanceMs(100);
    }
    assert.equal(peer.closeCode, 0);
  });
});
