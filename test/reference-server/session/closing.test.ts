import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { assertFault, Bench, ECHO, type Peer, types } from './bench.js';

const closing = ({ seq, body }: wire.Packet) => ({
  seq,
  phase: body[0],
  code: body.readUInt16LE(2),
  ops: body.readUInt32LE(4),
  acked: body.readUInt32LE(8),
  lastSeq: body.readUInt32LE(12),
});

describe('a client that disconnects', () => {
  it('hears both phases with the ledger, answers with its own, and the server closes 1000', () => {
    const bench = new Bench();
    const peer = bench.ready();
    peer.send(peer.op(ECHO), peer.op(ECHO));
    const [answers] = peer.send(peer.disconnect());
    assert.deepEqual(answers!.map(closing), [
      { seq: 4, phase: 1, code: 0, ops: 0, acked: 0, lastSeq: 0 },
      { seq: 4, phase: 2, code: 0, ops: 2, acked: 2, lastSeq: 4 },
    ]);
    assert.equal(peer.closeCode, 0);
    assert.deepEqual(peer.send(wire.ackClose(5, 2, 2, 2, 4)), []);
    assert.equal(peer.closeCode, 1_000);
    assert.deepEqual(bench.audit, []);
  });

  it('whose ledger differs is closed 1000 all the same, and the difference is audited', () => {
    const bench = new Bench();
    for (const [sent, acked] of [
      [2, 1],
      [1, 2],
    ] as const) {
      const peer = bench.ready();
      peer.send(peer.op(ECHO));
      peer.send(peer.disconnect(), wire.ackClose(4, 2, sent, acked, 3));
      assert.equal(peer.closeCode, 1_000);
    }
    assert.deepEqual(
      bench.audit.map(({ event }) => event),
      ['ledger.bad', 'ledger.bad'],
    );
    assert.equal(bench.count('ledger_faults'), 2);
  });

  it('may send nothing but ACK_CLOSE afterwards', () => {
    for (const make of [
      (p: Peer) => p.op(ECHO),
      (p: Peer) => p.ping(),
      (p: Peer) => p.disconnect(),
      (p: Peer) => p.join(1),
      (p: Peer) => p.leave(1),
    ]) {
      const peer = new Bench().ready();
      peer.send(peer.disconnect());
      const packet = make(peer);
      assertFault(peer, peer.send(packet), 0x0104, packet.readUInt16LE(0), 3, 0);
    }
  });

  it('and then says nothing is closed 1000 after five seconds', () => {
    const bench = new Bench();
    const peer = bench.ready();
    peer.send(peer.disconnect());
    bench.pass(4_900, 100);
    assert.equal(peer.closeCode, 0);
    bench.pass(200, 100);
    assert.equal(peer.closeCode, 1_000);
    assert.deepEqual(peer.take(), []);
  });

  const malformed: [string, Buffer, number][] = [
    ['phase 0', wire.ackClose(3, 0, 0, 0, 2), 8],
    ['phase 3', wire.ackClose(3, 3, 0, 0, 2), 8],
    ['a reserved byte', wire.ackClose(3, 2, 0, 0, 2, 1), 9],
  ];
  for (const [what, packet, detail] of malformed) {
    it(`with ${what} in its ACK_CLOSE is closed 0102`, () => {
      const peer = new Bench().ready();
      peer.send(peer.disconnect());
      assertFault(peer, peer.send(packet), 0x0102, TYPE.ACK_CLOSE, 3, detail);
    });
  }
});

describe('a server that drains', () => {
  const drained = (): { bench: Bench; peer: Peer } => {
    const bench = new Bench();
    const peer = bench.ready();
    peer.send(peer.op(ECHO));
    bench.machine.drain(bench.clock.us);
    const [[asked]] = peer.take() as [[wire.Packet]];
    assert.deepEqual([asked.type, asked.seq, asked.body.toString('hex')], [TYPE.DISCONNECT, 0, '02050000']);
    return { bench, peer };
  };

  it('answers operations 0502 until the client heard it, and counts them', () => {
    const { peer } = drained();
    const [answers] = peer.send(peer.op(ECHO), peer.opSigned(ECHO, Buffer.from('x')), peer.join(1), peer.ping());
    assert.deepEqual(
      answers!.map(({ type }) => type),
      [TYPE.OP_ACK, TYPE.OP_ACK, TYPE.JOINED, TYPE.PONG],
    );
    assert.equal(wire.opAck(answers![0]!).code, 0x0502);
    assert.equal(wire.opAck(answers![1]!).code, 0x0502);
    assert.equal(answers![2]!.body.readUInt16LE(14), 0x0502);
  });

  it('compares ledgers and leaves the close frame to the client', () => {
    const { bench, peer } = drained();
    assert.deepEqual(peer.send(wire.ackClose(++peer.seq, 1, 0, 0, 0)), []);
    const [[ours]] = peer.send(wire.ackClose(++peer.seq, 2, 1, 1, 2)) as [[wire.Packet]];
    assert.deepEqual(closing(ours), { seq: 0, phase: 2, code: 0, ops: 1, acked: 1, lastSeq: 4 });
    bench.pass(4_900, 100);
    assert.equal(peer.closeCode, 0);
    bench.pass(200, 100);
    assert.equal(peer.closeCode, 1_000);
    assert.deepEqual(bench.audit, []);
  });

  it('closes 4502 who does not hear it within five seconds', () => {
    const { bench, peer } = drained();
    bench.pass(4_900, 100);
    assert.equal(peer.closeCode, 0);
    bench.pass(200, 100);
    assertFault(peer, peer.take(), 0x0502, 0, 0, 0);
  });

  it('closes 4502 who does not drain within thirty seconds, heartbeats or not', () => {
    const { bench, peer } = drained();
    peer.send(wire.ackClose(++peer.seq, 1, 0, 0, 0));
    bench.pass(29_000, 100);
    assert.deepEqual(types(peer.send(peer.ping())), [[TYPE.PONG]]);
    bench.pass(900, 100);
    assert.equal(peer.closeCode, 0);
    bench.pass(200, 100);
    assertFault(peer, peer.take(), 0x0502, 0, 0, 0);
  });

  it('takes no operation from a client that said it heard', () => {
    const { peer } = drained();
    peer.send(wire.ackClose(++peer.seq, 1, 0, 0, 0));
    assertFault(peer, peer.send(peer.op(ECHO)), 0x0104, TYPE.OP, peer.seq, 0);
  });

  it('takes no phase 2 before phase 1', () => {
    const { peer } = drained();
    assertFault(peer, peer.send(wire.ackClose(++peer.seq, 2, 1, 1, 2)), 0x0104, TYPE.ACK_CLOSE, peer.seq, 8);
  });

  it('gets along with a client that disconnects at the same moment', () => {
    const { bench, peer } = drained();
    const [answers] = peer.send(peer.disconnect());
    assert.deepEqual(
      answers!.map((packet) => closing(packet).phase),
      [1, 2],
    );
    assert.deepEqual(peer.send(wire.ackClose(++peer.seq, 1, 0, 0, 0)), []);
    peer.send(wire.ackClose(++peer.seq, 2, 1, 1, 3));
    assert.equal(peer.closeCode, 1_000);
    assert.deepEqual(bench.audit, []);
  });

  it('closes who is not authenticated at once', () => {
    const bench = new Bench();
    const peer = bench.connect();
    bench.machine.drain(bench.clock.us);
    assertFault(peer, peer.take(), 0x0502, 0, 0, 0);
  });
});
