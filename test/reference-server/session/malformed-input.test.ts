import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { assertFault, Bench, ECHO, type Peer, TRADE, types } from './bench.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

interface Row {
  readonly what: string;
  /** In which state of the connection the message comes; AUTH was seq 1. */
  readonly state: 'greeted' | 'ready';
  readonly message: (peer: Peer) => Uint8Array[];
  readonly code: number;
  /** refType, refSeq, detail of the ERROR. */
  readonly ref: readonly [number, number, number];
  /** Types of the answers that come in a message before the ERROR. */
  readonly before?: readonly number[];
}

const row = (
  what: string,
  state: Row['state'],
  message: Row['message'] | string,
  code: number,
  ref: Row['ref'],
  before: readonly number[] = [],
): Row => ({ what, state, message: typeof message === 'string' ? () => [hex(message)] : message, code, ref, before });

/** A header of a type with a body of zeroes, for types whose body is never looked at. */
const bare = (type: number, seq: number, length: number): Buffer => wire.packet(type, seq, Buffer.alloc(length));

const rows: readonly Row[] = [
  row('an empty message', 'ready', '', 0x0102, [0, 0, 0]),
  row('one byte', 'ready', '20', 0x0102, [0, 0, 0]),
  row('seven bytes', 'ready', '20 00 02 00 00 00 04', 0x0102, [0, 0, 0]),
  row('a body that ends before its length', 'ready', '2000 02000000 0500 01000000', 0x0102, [TYPE.OP, 2, 6]),
  row('a trailing byte behind a packet', 'ready', '2000 02000000 0400 01000000 ff', 0x0102, [0, 0, 12], [TYPE.OP_ACK]),
  row('seven trailing bytes', 'ready', '2000 02000000 0400 01000000 ffffffffffffff', 0x0102, [0, 0, 12], [TYPE.OP_ACK]),
  row('a length of 65,535', 'ready', '2000 02000000 ffff 01000000', 0x0102, [TYPE.OP, 2, 6]),
  row('type 0', 'ready', '0000 02000000 0000', 0x0103, [0, 2, 0]),
  row('an unknown type', 'ready', '5000 02000000 0000', 0x0103, [0x50, 2, 0]),
  row('a scenario type that is not registered', 'ready', '0080 02000000 0000', 0x0103, [0x8000, 2, 0]),
  row('an OP that is too short', 'ready', '2000 02000000 0300 010000', 0x0102, [TYPE.OP, 2, 6]),
  row('an OP_SIGNED without room for its tag', 'ready', () => [bare(TYPE.OP_SIGNED, 2, 39)], 0x0102, [TYPE.OP_SIGNED, 2, 6]),
  row('a PING that is too short', 'ready', () => [bare(TYPE.PING, 2, 31)], 0x0102, [TYPE.PING, 2, 6]),
  row('a PING that is too long', 'ready', () => [bare(TYPE.PING, 2, 33)], 0x0102, [TYPE.PING, 2, 6]),
  row('an AUTH without a token', 'greeted', () => [bare(TYPE.AUTH, 1, 88)], 0x0102, [TYPE.AUTH, 1, 6]),
  row('an AUTH with a token over 1,024 bytes', 'greeted', () => [bare(TYPE.AUTH, 1, 88 + 1_025)], 0x0102, [TYPE.AUTH, 1, 6]),
  row('a ROOM_JOIN with a wrong length', 'ready', () => [bare(TYPE.ROOM_JOIN, 2, 9)], 0x0102, [TYPE.ROOM_JOIN, 2, 6]),

  row('an OP before AUTH', 'greeted', '2000 01000000 0400 01000000', 0x0104, [TYPE.OP, 1, 0]),
  row('a PING before AUTH', 'greeted', () => [bare(TYPE.PING, 1, 32)], 0x0104, [TYPE.PING, 1, 0]),
  row('a DISCONNECT before AUTH', 'greeted', '4000 01000000 0400 00000000', 0x0104, [TYPE.DISCONNECT, 1, 0]),
  row('a ROOM_JOIN before AUTH', 'greeted', () => [wire.join(1, 0)], 0x0104, [TYPE.ROOM_JOIN, 1, 0]),
  row('a second AUTH', 'ready', (peer) => [peer.auth(peer.bench.login())], 0x0104, [TYPE.AUTH, 2, 0]),
  row('a REFRESH before AUTH', 'greeted', () => [bare(TYPE.REFRESH, 1, 84)], 0x0104, [TYPE.REFRESH, 1, 0]),
  row('a REFRESH that is not signed', 'ready', () => [bare(TYPE.REFRESH, 2, 84)], 0x0206, [TYPE.REFRESH, 2, 76]),
  row('an ACK_CLOSE out of the blue', 'ready', () => [wire.ackClose(2, 2, 0, 0, 0)], 0x0104, [TYPE.ACK_CLOSE, 2, 0]),
  row('a HELLO of a client', 'greeted', () => [bare(TYPE.HELLO, 1, 40)], 0x0104, [TYPE.HELLO, 1, 0]),
  row('a PONG of a client', 'ready', () => [bare(TYPE.PONG, 2, 40)], 0x0104, [TYPE.PONG, 2, 0]),
  row('a PONG of a client with a wrong length', 'ready', () => [bare(TYPE.PONG, 2, 41)], 0x0102, [TYPE.PONG, 2, 6]),
  row('an OP_ACK of a client', 'ready', () => [bare(TYPE.OP_ACK, 2, 16)], 0x0104, [TYPE.OP_ACK, 2, 0]),
  row('an ERROR of a client', 'ready', () => [bare(TYPE.ERROR, 2, 12)], 0x0104, [TYPE.ERROR, 2, 0]),
  row('a wrong state before a wrong seq', 'greeted', '2000 09000000 0400 01000000', 0x0104, [TYPE.OP, 9, 0]),

  row('a seq of 0', 'ready', '2000 00000000 0400 01000000', 0x0105, [TYPE.OP, 0, 2]),
  row('a seq that was used', 'ready', '2000 01000000 0400 01000000', 0x0105, [TYPE.OP, 1, 2]),
  row('a seq that skips one', 'ready', '2000 03000000 0400 01000000', 0x0105, [TYPE.OP, 3, 2]),
  row('a wrong seq before an unknown flag', 'ready', '2000 03000000 0400 01000100', 0x0105, [TYPE.OP, 3, 2]),
  row(
    'a wrong seq in the second packet',
    'ready',
    '2000 02000000 0400 01000000 2000 02000000 0400 01000000',
    0x0105,
    [TYPE.OP, 2, 14],
    [TYPE.OP_ACK],
  ),

  row('an unknown flag in OP', 'ready', '2000 02000000 0400 01000100', 0x0102, [TYPE.OP, 2, 10]),
  row('an unknown flag in OP_SIGNED', 'ready', (p) => [wire.opSigned(p.keys, 2, 1, 0, Buffer.alloc(8), Buffer.alloc(0), 2)], 0x0102, [
    TYPE.OP_SIGNED,
    2,
    10,
  ]),
  row('a reserved field in OP_SIGNED', 'ready', (p) => [wire.opSigned(p.keys, 2, 1, 0, Buffer.alloc(8), Buffer.alloc(0), 0, 1)], 0x0102, [
    TYPE.OP_SIGNED,
    2,
    28,
  ]),
  row('an unknown flag in ROOM_JOIN', 'ready', () => [wire.join(2, 0, 1)], 0x0102, [TYPE.ROOM_JOIN, 2, 12]),
  row('an unknown flag in DISCONNECT', 'ready', () => [wire.disconnect(2, 1)], 0x0102, [TYPE.DISCONNECT, 2, 10]),
  row('another version in AUTH', 'greeted', (p) => [p.auth(p.bench.login(), { version: 2 })], 0x0108, [TYPE.AUTH, 1, 8]),
  row('an unknown flag in AUTH', 'greeted', (p) => [p.auth(p.bench.login(), { flags: 2 })], 0x0102, [TYPE.AUTH, 1, 10]),
  row('a token length in AUTH that is too small', 'greeted', (p) => [p.auth(p.bench.login(), { tokenBytes: 5 })], 0x0102, [
    TYPE.AUTH,
    1,
    76,
  ]),
  row('a token length in AUTH that is too large', 'greeted', (p) => [p.auth(p.bench.login(), { tokenBytes: 1_024 })], 0x0102, [
    TYPE.AUTH,
    1,
    76,
  ]),
  row('a reserved field in AUTH', 'greeted', (p) => [p.auth(p.bench.login(), { reserved: 1 })], 0x0102, [TYPE.AUTH, 1, 78]),

  row(
    'a seventeenth packet',
    'ready',
    () => Array.from({ length: 17 }, (_, i) => wire.op(2 + i, ECHO, Buffer.alloc(0))),
    0x0109,
    [TYPE.OP, 18, 192],
    new Array(16).fill(TYPE.OP_ACK),
  ),
  row(
    'seven bytes where the seventeenth packet would begin',
    'ready',
    () => [...Array.from({ length: 16 }, (_, i) => wire.op(2 + i, ECHO, Buffer.alloc(0))), Buffer.alloc(7)],
    0x0102,
    [0, 0, 192],
    new Array(16).fill(TYPE.OP_ACK),
  ),
  row(
    'a bad tag in PING',
    'ready',
    (p) => {
      const ping = p.ping();
      ping[30]! ^= 1;
      return [ping];
    },
    0x0206,
    [TYPE.PING, 2, 24],
  ),
  row(
    'a bad tag in OP_SIGNED',
    'ready',
    (p) => {
      const signed = p.opSigned(ECHO, Buffer.from('x'));
      signed[48]! ^= 0x80;
      return [signed];
    },
    0x0206,
    [TYPE.OP_SIGNED, 2, 32],
  ),
  row('a heartbeat that is skipped', 'ready', (p) => [wire.ping(p.keys, 2, 2, 0)], 0x0207, [TYPE.PING, 2, 8]),
  row('a heartbeat with number 0', 'ready', (p) => [wire.ping(p.keys, 2, 0, 0)], 0x0207, [TYPE.PING, 2, 8]),
  row('a heartbeat that is repeated', 'ready', (p) => [p.ping(), wire.ping(p.keys, 3, 1, 0)], 0x0207, [TYPE.PING, 3, 48], [TYPE.PONG]),
  row('a ledger with too many operations', 'ready', (p) => [wire.ping(p.keys, 2, 1, 1)], 0x0207, [TYPE.PING, 2, 12]),
  row(
    'a ledger with too few operations',
    'ready',
    (p) => [p.op(ECHO), wire.ping(p.keys, 3, 1, 0)],
    0x0207,
    [TYPE.PING, 3, 24],
    [TYPE.OP_ACK],
  ),
  row(
    'a packet behind one of another kind of fault',
    'ready',
    () => [bare(0x50, 2, 0), wire.op(3, ECHO, Buffer.alloc(0))],
    0x0103,
    [0x50, 2, 0],
  ),
];

describe('malformed input', () => {
  for (const { what, state, message, code, ref, before } of rows) {
    it(`${code.toString(16).padStart(4, '0')} for ${what}, and the connection ends`, () => {
      const bench = new Bench();
      const peer = state === 'ready' ? bench.ready() : bench.connect();
      const bystander = bench.ready(bench.login('bystander'));
      const answers = peer.send(...message(peer));
      assert.deepEqual(types(answers).slice(0, -1), before!.length === 0 ? [] : [before]);
      assertFault(peer, answers, code, ...ref);
      // Whatever comes afterwards is not looked at, and nobody else is concerned.
      assert.deepEqual(peer.send(wire.op(3, ECHO, Buffer.alloc(0))), []);
      assert.deepEqual(types(bystander.send(bystander.ping())), [[TYPE.PONG]]);
    });
  }

  it('a text frame is closed 1003 without a packet', () => {
    const bench = new Bench();
    const peer = bench.ready();
    bench.machine.onText(peer.slot);
    assert.deepEqual(peer.take(), []);
    assert.equal(peer.closeCode, 1_003);
    assert.deepEqual(
      bench.audit.map(({ event, code }) => [event, code]),
      [['text', 0x0107]],
    );
  });

  it('refuses a signed packet when any one bit of it is flipped', () => {
    const bench = new Bench({ capacity: 1_024 });
    for (const make of [(p: Peer) => p.ping(), (p: Peer) => p.opSigned(TRADE, Buffer.alloc(8, 1))]) {
      const bits = make(bench.ready(bench.login('counting'))).length * 8;
      for (let bit = 0; bit < bits; bit++) {
        const peer = bench.ready(bench.login(`flip${bit % 8}`));
        peer.send(peer.join(0));
        const bytes = make(peer);
        bytes[bit >>> 3]! ^= 1 << (bit & 7);
        const answer = peer.send(bytes).at(-1)!.at(-1)!;
        // One bit makes an OP of an OP_SIGNED: a plain trade, which is not an operation.
        if (bytes[0] === TYPE.OP) assert.equal(wire.opAck(answer).code, 0x0404);
        else assert.equal(answer.type, TYPE.ERROR, `bit ${bit}`);
        assert.equal(wire.roomState(bench.fullState(0)).rows[0]!.val, 0);
        peer.end();
      }
    }
    assert.equal(bench.count('heartbeats'), 0);
  });

  it('audits a bad tag with session, address, type and seq, and never a key', () => {
    const bench = new Bench();
    const credential = bench.login();
    const peer = bench.ready(credential);
    const ping = peer.ping();
    ping[39]! ^= 4;
    peer.send(ping);
    const [event] = bench.audit;
    assert.deepEqual(event, {
      event: 'mac.bad',
      slot: peer.slot,
      code: 0x0206,
      detail: 'PING seq 2',
      peer: `192.0.2.1:${peer.slot}`,
      sid: credential.sid.toString('base64url'),
    });
  });
});
