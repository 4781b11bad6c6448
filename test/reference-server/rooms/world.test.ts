import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_SEATS } from '../../../reference-server/rooms/room.js';
import { type StateSink, World } from '../../../reference-server/rooms/world.js';
import { Prng } from '../../../src/core/prng.js';
import * as wire from '../reference-wire.js';

const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);
const OK = 0;
const NO_ROOM = 0x0401;
const ROOM_FULL = 0x0402;
const NOT_MEMBER = 0x0403;

interface Told {
  readonly receivers: number[];
  readonly state: ReturnType<typeof wire.roomState>;
}

/** Keeps what members are told; `deaf` ones cannot take anything. */
class Ears implements StateSink {
  readonly told: Told[] = [];
  readonly deaf = new Set<number>();

  canTake(member: number): boolean {
    return !this.deaf.has(member);
  }

  onState(_room: unknown, receivers: Int32Array, count: number, bytes: Uint8Array, end: number): void {
    const [packet] = wire.parse(Buffer.from(bytes.slice(0, end)));
    this.told.push({ receivers: [...receivers.subarray(0, count)], state: wire.roomState(packet!) });
  }

  onFault(error: unknown): void {
    throw error;
  }
}

describe('the rules of rooms, without sockets, threads or a clock', () => {
  it('an operation answers a code and its effect', () => {
    const world = new World(10, 100);
    assert.equal(world.join(42, 10), NO_ROOM);
    assert.equal(world.move(42, 1, 1), NOT_MEMBER);
    assert.equal(world.trade(42, 1), NOT_MEMBER);
    assert.equal(world.leave(42, 3), NOT_MEMBER);
    assert.deepEqual([world.join(42, 3), world.seat, world.members], [OK, 0, 1]);
    assert.deepEqual([world.join(7, 3), world.seat, world.members], [OK, 1, 2]);
    assert.deepEqual([world.join(42, 3), world.seat, world.members], [OK, 0, 2]);
    assert.deepEqual([world.trade(7, 0xffffffff), world.value], [OK, 0xffffffff]);
    assert.deepEqual([world.trade(7, 3), world.value], [OK, 2]);
    assert.equal(world.leave(7, 4), NOT_MEMBER);
    assert.equal(world.leave(7, 3), OK);
    assert.equal(world.roomOf(7), -1);
    assert.equal(world.seatsTaken, 1);
  });

  it('a seat limit refuses joins, keeps who sits, and a refused join leaves no room', () => {
    const world = new World(10, 100);
    world.seatLimit = 2;
    assert.deepEqual([world.join(1, 0), world.join(2, 0), world.join(3, 0)], [OK, OK, ROOM_FULL]);
    world.seatLimit = 1;
    assert.deepEqual([world.join(2, 0), world.members, world.join(3, 0), world.join(3, 1)], [OK, 2, ROOM_FULL, OK]);
    assert.deepEqual([world.join(3, 0), world.roomOf(3)], [ROOM_FULL, 1]);
    assert.equal(MAX_SEATS, 4_094);
  });

  it('a hand-over keeps seat and row, frees the newer member’s own seat, and tells the newer one everything', () => {
    const world = new World(10, 100);
    const ears = new Ears();
    world.join(1, 0);
    world.move(1, 5, 6);
    world.join(2, 4);
    world.tick(2, 0, ears);
    ears.told.length = 0;
    assert.equal(world.handOver(1, 2), true);
    assert.equal(world.handOver(1, 3), false);
    assert.deepEqual([world.roomOf(1), world.roomOf(2), world.seatsTaken], [-1, 0, 1]);
    world.tick(3, 0, ears);
    assert.deepEqual(
      ears.told.map(({ receivers, state }) => [receivers, state.baseTick, state.rows]),
      [[[2], 0, [{ id: 0, flags: 0, x: 5, y: 6, val: 0 }]]],
    );
  });

  it('the same operations give the same bytes', () => {
    const run = (): string => {
      const random = new Prng(7);
      const world = new World(3, 20);
      const ears = new Ears();
      for (let i = 0; i < 500; i++) {
        const member = random.between(0, 19);
        if (i % 5 === 0) world.join(member, random.between(0, 2));
        else if (i % 7 === 0) world.gone(member);
        else world.move(member, i, -i);
        if (i % 10 === 0) world.tick(i, i * 1_000, ears);
      }
      return JSON.stringify(ears.told);
    };
    assert.equal(run(), run());
  });

  it(`whoever applies what it is told has the state of a plain model, however deaf it was in between (GWRK_SEED=${seed})`, () => {
    const random = new Prng(seed);
    const MEMBERS = 24;
    const world = new World(3, MEMBERS);
    const ears = new Ears();
    /** The model: by member its room and row. The followers: by member the rows that it knows, and their tick. */
    const model = new Map<number, { room: number; x: number; y: number; val: number }>();
    const known = new Map<number, { tick: number; rows: Map<number, string> }>();
    for (let step = 1; step <= 20_000; step++) {
      const member = random.between(0, MEMBERS - 1);
      const mine = model.get(member);
      switch (random.between(0, 9)) {
        case 0: {
          const room = random.between(0, 2);
          assert.equal(world.join(member, room), OK);
          if (mine?.room === room) break;
          model.set(member, { room, x: 0, y: 0, val: 0 });
          known.delete(member);
          break;
        }
        case 1:
          world.gone(member);
          model.delete(member);
          known.delete(member);
          break;
        case 2: {
          const other = random.between(0, MEMBERS - 1);
          assert.equal(world.handOver(member, other), mine !== undefined);
          if (mine === undefined || other === member) break;
          model.delete(member);
          model.set(other, mine);
          known.delete(member);
          known.delete(other);
          break;
        }
        case 3:
          if (!ears.deaf.delete(member)) ears.deaf.add(member);
          break;
        case 4:
          assert.equal(world.trade(member, step), mine === undefined ? NOT_MEMBER : OK);
          if (mine !== undefined) mine.val += step;
          break;
        case 5:
        case 6:
          world.tick(step, step, ears);
          for (const { receivers, state } of ears.told.splice(0)) for (const receiver of receivers) follow(receiver, state);
          if (step % 100 === 0) compare(step);
          break;
        default:
          assert.equal(world.move(member, step, -step), mine === undefined ? NOT_MEMBER : OK);
          if (mine !== undefined) Object.assign(mine, { x: step, y: -step });
      }
      assert.equal(world.seatsTaken, model.size);
    }

    function follow(receiver: number, state: Told['state']): void {
      const before = known.get(receiver);
      assert.ok(!ears.deaf.has(receiver));
      assert.equal(model.get(receiver)?.room, state.room, 'only members hear');
      if (state.baseTick !== 0) assert.equal(state.baseTick, before?.tick, `a change stands on what was told; seed ${seed}`);
      const rows = state.baseTick === 0 ? new Map<number, string>() : before!.rows;
      for (const { id, flags, x, y, val } of state.rows) {
        if (flags === 1) rows.delete(id);
        else rows.set(id, `${x} ${y} ${val}`);
      }
      known.set(receiver, { tick: state.tick, rows });
    }

    function compare(step: number): void {
      ears.deaf.clear();
      world.tick(step + 0.5, step, ears);
      for (const { receivers, state } of ears.told.splice(0)) for (const receiver of receivers) follow(receiver, state);
      for (const [member, { room }] of model) {
        const want = [...model.values()].filter((row) => row.room === room).map(({ x, y, val }) => `${x} ${y} ${val >>> 0}`);
        assert.deepEqual([...known.get(member)!.rows.values()].sort(), want.sort(), `member ${member}, step ${step}, seed ${seed}`);
      }
    }
  });
});
