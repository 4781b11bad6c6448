import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOGIC_SEATS, LogicCounters } from '../../../reference-server/rooms/logic-counters.js';
import { DEFAULT_ROOM_LIMITS, replaceRoomLimits } from '../../../reference-server/rooms/room-limits.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { Bench, ECHO, MOVE, type Peer, position, TRADE, types } from '../session/bench.js';

function member(bench: Bench, name: string, room: number): Peer {
  const peer = bench.ready(bench.login(name));
  const [[answer]] = peer.send(peer.join(room)) as [[wire.Packet]];
  assert.equal(answer.body.readUInt16LE(14), 0);
  return peer;
}

const ack = (packet: wire.Packet) => wire.opAck(packet).code;
const trade = (amount: number): Buffer => wire.fields([4, 1], [4, amount]);
const seats = (bench: Bench): number =>
  bench.logicStarts.reduce((sum, { counters }) => sum + new LogicCounters(counters).values[LOGIC_SEATS]!, 0);

/** The logic workers run again. */
function release(bench: Bench): void {
  bench.areWorkersHeld = false;
  bench.tick();
}

describe('while a logic worker has an operation of a connection', () => {
  it('everything that the peer sends behind it waits, and is answered in order', () => {
    const bench = new Bench({ workers: 2 });
    const peer = member(bench, 'player', 3);
    bench.areWorkersHeld = true;
    assert.deepEqual(peer.send(peer.op(MOVE, position(1, 2)), peer.ping(), peer.op(ECHO, Buffer.from('a'))), []);
    assert.deepEqual(peer.send(peer.op(MOVE, position(3, 4))), []);
    assert.deepEqual(peer.send(peer.leave(3), peer.join(4), peer.ping()), []);
    release(bench);
    const answers = peer
      .take()
      .flat()
      .filter(({ type }) => type !== TYPE.ROOM_STATE);
    assert.deepEqual(
      answers.map(({ type, seq }) => [type, seq]),
      [TYPE.OP_ACK, TYPE.PONG, TYPE.OP_ACK, TYPE.OP_ACK, TYPE.LEFT, TYPE.JOINED, TYPE.PONG].map((type, i) => [type, i + 3]),
    );
    assert.equal(answers[1]!.body.readUInt32LE(4), 1, 'the ledger of the PONG counts what was answered before it');
    assert.equal(peer.closeCode, 0);
    assert.equal(bench.count('ledger_faults'), 0);
  });

  it('the socket is not read, and is read again when nothing waits', () => {
    const bench = new Bench({ workers: 1 });
    const peer = member(bench, 'player', 3);
    const calls: string[] = [];
    bench.gateway.pause = () => calls.push('pause');
    bench.gateway.resume = () => calls.push('resume');
    peer.send(peer.op(MOVE, position(1, 1)));
    assert.deepEqual(calls, [], 'one operation alone costs no pause');
    bench.areWorkersHeld = true;
    peer.send(peer.op(MOVE, position(1, 1)), peer.op(MOVE, position(2, 2)), peer.ping());
    peer.send(peer.ping());
    assert.deepEqual(calls, ['pause']);
    release(bench);
    assert.deepEqual(calls, ['pause', 'resume']);
  });

  it('a leave in order is answered when the operation is: its ledger counts it', () => {
    const bench = new Bench({ workers: 1 });
    const peer = member(bench, 'player', 3);
    bench.areWorkersHeld = true;
    assert.deepEqual(peer.send(peer.op(MOVE, position(1, 1)), peer.disconnect()), []);
    release(bench);
    const [[answer, heard, drained]] = peer.take() as [wire.Packet[]];
    assert.deepEqual([answer!.type, heard!.body[0], drained!.body[0]], [TYPE.OP_ACK, 1, 2]);
    assert.deepEqual([drained!.body.readUInt32LE(4), drained!.body.readUInt32LE(8)], [1, 1]);
  });

  it('a seventeenth packet is still one too many, and what comes behind a fault never runs', () => {
    const bench = new Bench({ workers: 1 });
    const peer = member(bench, 'player', 3);
    const answers = peer.send(...Array.from({ length: 17 }, (_, i) => peer.op(MOVE, position(i, i)))).flat();
    assert.deepEqual(answers.slice(0, 16).map(ack), new Array(16).fill(0));
    assert.deepEqual([answers[16]!.type, answers[16]!.body.readUInt16LE(0)], [TYPE.ERROR, 0x0109]);
    assert.equal(answers[16]!.body.readUInt32LE(8), 16 * 20, 'the offset is that of the whole message');
    assert.equal(peer.closeCode, 4_109);
  });

  it('the connection may end: its seat is freed, its slot is another one’s, and the answer goes nowhere', () => {
    const bench = new Bench({ workers: 2, capacity: 1 });
    for (const what of ['join', 'move', 'leave', 'other join'] as const) {
      const peer = what === 'join' ? bench.ready(bench.login('older')) : member(bench, 'older', 3);
      bench.areWorkersHeld = true;
      const packet =
        what === 'move' ? peer.op(MOVE, position(1, 1)) : what === 'leave' ? peer.leave(3) : peer.join(what === 'join' ? 3 : 4);
      assert.deepEqual(peer.send(packet), []);
      peer.end();
      const newer = bench.ready(bench.login('newer'));
      assert.equal(newer.slot, peer.slot);
      assert.deepEqual(newer.send(newer.join(3)), []);
      release(bench);
      assert.deepEqual(types(newer.take()), [[TYPE.JOINED]], what);
      assert.equal(seats(bench), 1, what);
      bench.pass(50);
      assert.equal(wire.roomState(newer.take().flat().at(-1)!).rows.length, 1, what);
      newer.end();
      bench.tick();
      assert.equal(seats(bench), 0, what);
      assert.equal(bench.count('seats'), 0, what);
    }
  });

  it('a signed one is remembered though its connection ended, and answered DUP on the next', () => {
    const bench = new Bench({ workers: 1 });
    const credential = bench.login('player');
    const peer = bench.ready(credential);
    peer.send(peer.join(3));
    const nonce = wire.fresh(8);
    bench.areWorkersHeld = true;
    peer.send(peer.opSigned(TRADE, trade(5), nonce));
    peer.end();
    const next = bench.ready(credential);
    // Not known yet what became of it: try again later, and nothing is run twice.
    assert.equal(ack(next.send(next.opSigned(TRADE, trade(5), nonce))[0]![0]!), 0x0301);
    release(bench);
    const again = wire.opAck(next.send(next.opSigned(TRADE, trade(5), nonce))[0]![0]!);
    assert.deepEqual([again.code, again.flags], [0, 1]);
  });

  it('a newer connection of its session takes the seat over, behind what the older one did', () => {
    const bench = new Bench({ workers: 2 });
    const credential = bench.login('player');
    const older = bench.ready(credential);
    older.send(older.join(3));
    older.send(older.op(MOVE, position(1, 1)));
    bench.areWorkersHeld = true;
    older.send(older.op(MOVE, position(7, 8)));
    const newer = bench.connect();
    const [[ok]] = newer.send(newer.auth(credential, { flags: 1 })) as [[wire.Packet]];
    assert.equal(ok.body.readUInt32LE(24), 1);
    release(bench);
    older.end();
    bench.pass(50);
    assert.deepEqual(wire.roomState(newer.take().flat().at(-1)!).rows, [{ id: 0, flags: 0, x: 7, y: 8, val: 0 }]);
    assert.equal(ack(newer.send(newer.op(MOVE, position(9, 9)))[0]![0]!), 0);
    assert.deepEqual([seats(bench), bench.count('seats')], [1, 1]);
  });
});

describe('a logic worker with a full queue', () => {
  const LIMIT = 4;

  /** Members of room 3, of whom the first LIMIT have an operation with the worker, which stands still. */
  function overloaded(): { bench: Bench; peers: Peer[] } {
    const bench = new Bench({ workers: 1 });
    replaceRoomLimits(bench.limits, { ...DEFAULT_ROOM_LIMITS, queuedTasks: LIMIT });
    bench.tick();
    const peers = Array.from({ length: LIMIT + 4 }, (_, i) => member(bench, `p${i}`, 3));
    bench.pass(100);
    for (const peer of peers) peer.take();
    bench.areWorkersHeld = true;
    for (const peer of peers.slice(0, LIMIT)) assert.deepEqual(peer.send(peer.op(MOVE, position(1, 1))), []);
    return { bench, peers };
  }

  it('refuses operations and joins with 0304, keeps the connection, counts it, and takes them again when there is room', () => {
    const { bench, peers } = overloaded();
    const late = peers[LIMIT]!;
    const stranger = bench.ready(bench.login('stranger'));
    assert.equal(ack(late.send(late.op(MOVE, position(2, 2)))[0]![0]!), 0x0304);
    const [[joined]] = stranger.send(stranger.join(5)) as [[wire.Packet]];
    assert.deepEqual([joined.body.readUInt16LE(14), joined.body.readUInt16LE(4)], [0x0304, 0xffff]);
    assert.equal(ack(late.send(late.op(ECHO, Buffer.from('x')))[0]![0]!), 0, 'what needs no worker goes on');
    assert.equal(late.send(late.ping())[0]![0]!.type, TYPE.PONG);
    assert.equal(bench.refusedTasks, 2);
    release(bench);
    for (const peer of peers.slice(0, LIMIT)) assert.equal(ack(peer.take()[0]![0]!), 0);
    assert.equal(ack(late.send(late.op(MOVE, position(2, 2)))[0]![0]!), 0);
    assert.equal(stranger.send(stranger.join(5))[0]![0]!.body.readUInt16LE(14), 0);
  });

  it('leaves no trace of a signed operation that it refused: the same nonce is run later, and only once', () => {
    const { bench, peers } = overloaded();
    const late = peers[LIMIT]!;
    const nonce = wire.fresh(8);
    for (let i = 0; i < 7; i++) assert.equal(ack(late.send(late.opSigned(TRADE, trade(5), nonce))[0]![0]!), 0x0304);
    release(bench);
    const first = wire.opAck(late.send(late.opSigned(TRADE, trade(5), nonce))[0]![0]!);
    assert.deepEqual([first.code, first.flags, first.result.readUInt32LE(0)], [0, 0, 5]);
    assert.equal(wire.opAck(late.send(late.opSigned(TRADE, trade(5), nonce))[0]![0]!).flags, 1);
  });

  it('loses no leave and no ended connection, whatever the queue is', () => {
    const bench = new Bench({ workers: 1, capacity: 1_300 });
    const peers = Array.from({ length: 1_200 }, (_, i) => member(bench, `p${i}`, 3));
    assert.equal(seats(bench), 1_200);
    bench.areWorkersHeld = true;
    // More than the ring can hold.
    for (const [i, peer] of peers.entries()) {
      if (i % 2 === 0) peer.end();
      else assert.deepEqual(peer.send(peer.leave(3)), []);
    }
    release(bench);
    bench.pass(50);
    assert.equal(seats(bench), 0);
    assert.equal(bench.count('seats'), 0);
    for (const [i, peer] of peers.entries()) if (i % 2 === 1) assert.deepEqual(types(peer.take()), [[TYPE.LEFT]], `peer ${i}`);
  });
});
