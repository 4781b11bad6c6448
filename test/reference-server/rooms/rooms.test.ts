import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_SEATS, Room } from '../../../reference-server/rooms/room.js';
import { Prng } from '../../../src/core/prng.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { assertFault, Bench, MOVE, type Peer, position } from '../session/bench.js';

const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);

const joined = ({ seq, body }: wire.Packet) => ({
  seq,
  room: body.readUInt32LE(0),
  slot: body.readUInt16LE(4),
  members: body.readUInt16LE(6),
  tick: body.readUInt32LE(8),
  tickMs: body.readUInt16LE(12),
  code: body.readUInt16LE(14),
});

const states = (peer: Peer) =>
  peer
    .take()
    .flat()
    .filter(({ type }) => type === TYPE.ROOM_STATE)
    .map(wire.roomState);

function member(bench: Bench, name: string, room: number): Peer {
  const peer = bench.ready(bench.login(name));
  peer.send(peer.join(room));
  return peer;
}

for (const workers of [0, 1, 3]) testRooms(workers, workers === 0 ? 'in the gateway thread' : `with ${workers} logic workers`);

function testRooms(workers: number, where: string): void {
  describe(`joining a room ${where}`, () => {
    it('answers seat, members, tick and its length', () => {
      const bench = new Bench({ workers });
      member(bench, 'first', 3);
      const peer = bench.ready(bench.login('second'));
      bench.pass(200);
      const [[answer]] = peer.send(peer.join(3)) as [[wire.Packet]];
      assert.deepEqual(joined(answer), { seq: 2, room: 3, slot: 1, members: 2, tick: 5, tickMs: 50, code: 0 });
    });

    it('of a room that does not exist is answered 0401 with slot 0xffff and zeroes', () => {
      const bench = new Bench({ rooms: 10, workers });
      const peer = bench.ready();
      for (const room of [10, 0xffffffff]) {
        const [[answer]] = peer.send(peer.join(room)) as [[wire.Packet]];
        assert.deepEqual(joined(answer), { seq: peer.seq, room: 0, slot: 0xffff, members: 0, tick: 0, tickMs: 0, code: 0x0401 });
      }
      assert.equal(joined(peer.send(peer.join(9))[0]![0]!).code, 0);
    });

    it('of the own room again answers the same seat', () => {
      const bench = new Bench({ workers });
      member(bench, 'first', 3);
      const peer = member(bench, 'second', 3);
      assert.equal(joined(peer.send(peer.join(3))[0]![0]!).slot, 1);
      assert.equal(bench.count('seats'), 2);
    });

    it('of another room leaves the first one, and a refused join does not', () => {
      const bench = new Bench({ workers });
      const peer = member(bench, 'player', 3);
      peer.send(peer.join(99));
      assert.equal(wire.opAck(peer.send(peer.op(MOVE, position(1, 1)))[0]![0]!).code, 0);
      peer.send(peer.join(4));
      assert.equal(bench.count('seats'), 1);
      const [[left]] = peer.send(peer.leave(3)) as [[wire.Packet]];
      assert.deepEqual(left.body, wire.fields([4, 3], [2, 0x0403], [2, 0]));
      const [[again]] = peer.send(peer.leave(4)) as [[wire.Packet]];
      assert.deepEqual(again.body, wire.fields([4, 4], [2, 0], [2, 0]));
      assert.equal(bench.count('seats'), 0);
    });

    it('is refused when every seat of the largest state is taken, and the lowest free seat is given first', () => {
      const room = new Room(0);
      for (let slot = 0; slot < MAX_SEATS; slot++) assert.equal(room.join(slot), slot);
      assert.equal(room.join(5_000), -1);
      room.leave(4_000);
      room.leave(17);
      assert.equal(room.join(5_000), 17);
      assert.equal(room.join(5_001), 4_000);
      assert.equal(room.join(5_002), -1);
    });
  });

  describe(`the state of a room ${where}`, () => {
    it('comes full to a joiner in the tick after its join, and as a change to the others', () => {
      const bench = new Bench({ workers });
      const first = member(bench, 'first', 3);
      bench.pass(50);
      const [initial] = states(first);
      assert.deepEqual([initial!.baseTick, initial!.count, initial!.seq], [0, 1, initial!.tick]);
      bench.pass(100);
      first.send(first.op(MOVE, position(-7, 8)));
      bench.pass(50);
      const second = bench.ready(bench.login('second'));
      const joinTick = joined(second.send(second.join(3))[0]![0]!).tick;
      bench.pass(50);
      const [full] = states(second);
      assert.deepEqual(
        [full!.room, full!.baseTick, full!.rows],
        [
          3,
          0,
          [
            { id: 0, flags: 0, x: -7, y: 8, val: 0 },
            { id: 1, flags: 0, x: 0, y: 0, val: 0 },
          ],
        ],
      );
      assert.ok(full!.tick > joinTick);
      const [moved, change] = states(first);
      assert.deepEqual([moved!.baseTick, moved!.rows], [initial!.tick, [{ id: 0, flags: 0, x: -7, y: 8, val: 0 }]]);
      assert.deepEqual([change!.baseTick, change!.tick, change!.rows.map(({ id }) => id)], [moved!.tick, full!.tick, [1]]);
    });

    it('comes once a tick however much changed, and not at all when nothing did', () => {
      const bench = new Bench({ workers });
      const peer = member(bench, 'first', 3);
      bench.pass(50);
      states(peer);
      for (let i = 0; i < 10; i++) peer.send(peer.op(MOVE, position(i, i)));
      bench.pass(50);
      assert.deepEqual(
        states(peer).map(({ rows }) => rows),
        [[{ id: 0, flags: 0, x: 9, y: 9, val: 0 }]],
      );
      bench.pass(1_000);
      assert.deepEqual(peer.take(), []);
      assert.ok(bench.machine.onTick(bench.clock.us) > bench.clock.us + 50_000, 'an idle room wants no tick');
    });

    it('tells who left', () => {
      const bench = new Bench({ workers });
      const first = member(bench, 'first', 3);
      const second = member(bench, 'second', 3);
      bench.pass(50);
      states(first);
      second.end();
      bench.pass(50);
      assert.deepEqual(
        states(first).map(({ rows }) => rows),
        [[{ id: 1, flags: 1, x: 0, y: 0, val: 0 }]],
      );
    });

    it('is written once for all members, byte for byte the same', () => {
      const bench = new Bench({ workers });
      const peers = ['a', 'b', 'c'].map((name) => member(bench, name, 3));
      bench.pass(50);
      const messages = peers.map((peer) => bench.gateway.sent[peer.slot]!.splice(0).at(-1)!);
      assert.ok(messages[0]!.equals(messages[1]!) && messages[1]!.equals(messages[2]!));
    });

    it('stays away from a peer with more than 256 KiB waiting, which gets a full one when it reads again', () => {
      const bench = new Bench({ workers });
      const slow = member(bench, 'slow', 3);
      const quick = member(bench, 'quick', 3);
      bench.pass(50);
      states(slow);
      states(quick);
      bench.gateway.buffered[slow.slot] = 262_145;
      for (let i = 1; i <= 3; i++) {
        quick.send(quick.op(MOVE, position(i, i)));
        bench.pass(50);
      }
      assert.deepEqual(states(slow), []);
      assert.equal(bench.count('room_states_skipped') >= 3, true);
      bench.gateway.buffered[slow.slot] = 262_144;
      bench.pass(50);
      const [full] = states(slow);
      assert.deepEqual([full!.baseTick, full!.rows.map(({ x }) => x)], [0, [0, 3]]);
      // The next change stands on that full state.
      quick.send(quick.op(MOVE, position(9, 9)));
      bench.pass(50);
      assert.equal(states(slow)[0]!.baseTick, full!.tick);
    });

    it('ends a peer with more than 1 MiB waiting, or slow for ten seconds, with 4303', () => {
      for (const [waiting, ms] of [
        [1_048_577, 50],
        [300_000, 10_050],
      ] as const) {
        const bench = new Bench({ workers });
        const slow = member(bench, 'slow', 3);
        const quick = member(bench, 'quick', 3);
        bench.pass(50);
        states(slow);
        bench.gateway.buffered[slow.slot] = waiting;
        for (let passed = 0; passed < ms; passed += 50) {
          assert.equal(slow.closeCode, 0, `after ${passed} ms`);
          if (passed % 1_000 === 0) quick.send(quick.op(MOVE, position(passed, 0)));
          bench.pass(50);
        }
        assertFault(slow, slow.take(), 0x0303, 0, 0, 0);
        assert.equal(quick.closeCode, 0);
      }
    });

    it(`followed by a client that applies every message is the same for all members (GWRK_SEED=${seed})`, () => {
      const random = new Prng(seed);
      const bench = new Bench({ capacity: 32, rooms: 2, workers });
      interface Follower {
        readonly peer: Peer;
        readonly rows: Map<number, string>;
        tick: number;
        room: number;
      }
      let followers: Follower[] = [];
      const truth = [new Map<string, string>(), new Map<string, string>()];
      for (let step = 0; step < 4_000; step++) {
        const action = random.between(0, 9);
        const one = followers[random.between(0, followers.length - 1)];
        if (action < 2 && followers.length < 20) {
          const room = random.between(0, 1);
          followers.push({ peer: member(bench, `p${step}`, room), rows: new Map(), tick: 0, room });
          truth[room]!.set(`p${followers.at(-1)!.peer.slot}`, '0,0');
        } else if (action === 2 && one !== undefined) {
          truth[one.room]!.delete(`p${one.peer.slot}`);
          one.peer.end();
          followers = followers.filter((other) => other !== one);
        } else if (action === 3 && one !== undefined) {
          bench.gateway.buffered[one.peer.slot] = random.between(0, 1) * 300_000;
        } else if (action < 7 && one !== undefined) {
          one.peer.send(one.peer.op(MOVE, position(step, -step)), one.peer.ping());
          truth[one.room]!.set(`p${one.peer.slot}`, `${step},${-step}`);
        } else {
          bench.pass(50);
        }
        if (step % 50 === 49) {
          for (const { peer } of followers) bench.gateway.buffered[peer.slot] = 0;
          bench.pass(100);
        }
        for (const follower of followers) {
          for (const state of states(follower.peer)) apply(follower, state);
          if (step % 50 !== 49) continue;
          const seen = [...follower.rows.values()].sort();
          assert.deepEqual(seen, [...truth[follower.room]!.values()].sort(), `step ${step}, seed ${seed}`);
        }
      }

      function apply(follower: Follower, state: ReturnType<typeof wire.roomState>): void {
        if (state.baseTick === 0) follower.rows.clear();
        else assert.equal(state.baseTick, follower.tick, `a change stands on a state that this member has; seed ${seed}`);
        for (const { id, flags, x, y } of state.rows) {
          if ((flags & 1) === 1) follower.rows.delete(id);
          else follower.rows.set(id, `${x},${y}`);
        }
        follower.tick = state.tick;
      }
    });
  });
}
