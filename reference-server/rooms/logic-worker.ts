import { CODE_INTERNAL, CODE_OK } from '../../src/protocol/packet.js';
import { RecordProducer } from '../ring/record-ring.js';
import { SlotConsumer } from '../ring/slot-ring.js';
import {
  LOGIC_FAULTS,
  LOGIC_SEATS,
  LOGIC_STALLS,
  LOGIC_STATES,
  LOGIC_STATES_DEFERRED,
  LOGIC_TASKS,
  LOGIC_TICKS,
  LogicCounters,
} from './logic-counters.js';
import type { LogicWorkerStart } from './logic-link.js';
import * as W from './logic-wire.js';
import type { Room } from './room.js';
import { LimitsReader } from './room-limits.js';
import { TickClock } from './tick-clock.js';
import { Waker } from './wake.js';
import { type StateSink, World } from './world.js';

/** Tasks of one thread in a row: then the others have their turn. */
const TASKS_PER_TURN = 256;
const ANSWER_BYTES = W.TASK_INTS * 4;

interface Peer {
  readonly tasks: SlotConsumer;
  readonly effects: RecordProducer;
  readonly waker: Waker;
  /** Receivers of the state that is being told, by slot. */
  slots: Int32Array;
  count: number;
}

/** Runs the rooms that one worker owns: takes the tasks of all gateway threads, answers them, and tells each thread what its members hear. */
export class LogicWorker implements StateSink {
  readonly #world: World;
  readonly #clock: TickClock;
  readonly #peers: readonly Peer[];
  readonly #slotsPerThread: number;
  readonly #values: Float64Array;
  readonly #limits: LimitsReader;
  readonly #onFault: (error: unknown) => void;

  constructor(start: LogicWorkerStart, onFault: (error: unknown) => void) {
    this.#world = new World(start.rooms, start.threads.length * start.slotsPerThread);
    this.#clock = new TickClock(start.tickMs, start.startUs);
    this.#slotsPerThread = start.slotsPerThread;
    this.#values = new LogicCounters(start.counters).values;
    this.#limits = new LimitsReader(start.limits);
    this.#world.seatLimit = this.#limits.current.roomSeats;
    this.#onFault = onFault;
    this.#peers = start.threads.map(({ tasks, effects, wake }) => ({
      tasks: new SlotConsumer(tasks),
      effects: new RecordProducer(effects),
      waker: new Waker(wake),
      slots: new Int32Array(256),
      count: 0,
    }));
  }

  /** True when a task waits that could be run. */
  get hasWork(): boolean {
    for (const { tasks, effects } of this.#peers) if (tasks.next() >= 0 && effects.claim(ANSWER_BYTES) >= 0) return true;
    return false;
  }

  /** Runs what waits and what is due at `nowUs`. Returns when it wants to be called next, or Infinity. */
  turn(nowUs: number): number {
    if (this.#limits.refresh()) this.#world.seatLimit = this.#limits.current.roomSeats;
    for (let thread = 0; thread < this.#peers.length; thread++) this.#serve(this.#peers[thread]!, thread * this.#slotsPerThread);
    if (this.#clock.advance(nowUs)) {
      this.#values[LOGIC_TICKS]!++;
      this.#world.tick(this.#clock.tick, nowUs, this);
    }
    this.#values[LOGIC_SEATS] = this.#world.seatsTaken;
    for (const { effects, waker } of this.#peers) if (effects.publish()) waker.wake();
    return this.#world.listedCount === 0 ? Infinity : this.#clock.nextUs;
  }

  /** Called by the world: members that do not read are known to their gateway thread alone. */
  canTake(): boolean {
    return true;
  }

  /** Called by the world: one state, encoded once, goes to each thread that has receivers. */
  onState(room: Room, receivers: Int32Array, count: number, bytes: Uint8Array, end: number): void {
    this.#values[LOGIC_STATES]!++;
    for (let i = 0; i < count; i++) {
      const thread = Math.floor(receivers[i]! / this.#slotsPerThread);
      const peer = this.#peers[thread]!;
      if (peer.count === peer.slots.length) peer.slots = widened(peer.slots);
      peer.slots[peer.count++] = receivers[i]! - thread * this.#slotsPerThread;
    }
    for (let thread = 0; thread < this.#peers.length; thread++) {
      const peer = this.#peers[thread]!;
      if (peer.count > 0) this.#hand(peer, thread * this.#slotsPerThread, room, bytes, end);
      peer.count = 0;
    }
  }

  /** Called by the world. */
  onFault(error: unknown): void {
    this.#values[LOGIC_FAULTS]!++;
    this.#onFault(error);
  }

  #serve(peer: Peer, base: number): void {
    const { tasks, effects } = peer;
    const { words } = tasks;
    for (let left = TASKS_PER_TURN; left > 0; left--) {
      const at = tasks.next();
      if (at < 0) break;
      // An answer never finds its ring full: a task is not begun before there is room for it.
      const answerAt = effects.claim(ANSWER_BYTES);
      if (answerAt < 0) {
        this.#values[LOGIC_STALLS]!++;
        break;
      }
      this.#values[LOGIC_TASKS]!++;
      const kind = words[at + W.KIND]!;
      if (kind < W.TASK_GONE) {
        const to = answerAt >> 2;
        for (let i = 0; i < W.TASK_INTS; i++) effects.words[to + i] = words[at + i]!;
        effects.words[to + W.CODE] = this.#answer(kind, base + words[at + W.SLOT]!, words, at, effects.words, to);
        effects.commit();
      } else this.#obey(kind, base + words[at + W.SLOT]!, words[at + W.A]!);
      tasks.pass();
    }
    tasks.release();
  }

  /** A fault of our own is the answer to the task at which it happened, and nothing else (S17). */
  #answer(kind: number, member: number, words: Int32Array, at: number, answer: Int32Array, to: number): number {
    try {
      return this.#run(kind, member, words, at, answer, to);
    } catch (error) {
      this.onFault(error);
      return CODE_INTERNAL;
    }
  }

  #run(kind: number, member: number, words: Int32Array, at: number, answer: Int32Array, to: number): number {
    const world = this.#world;
    switch (kind) {
      case W.TASK_JOIN: {
        const code = world.join(member, words[at + W.A]! >>> 0);
        if (code === CODE_OK) answer[to + W.RESULT] = world.seat | (world.members << 16);
        answer[to + W.TICK] = this.#clock.tick;
        return code;
      }
      case W.TASK_LEAVE:
        return world.leave(member, words[at + W.A]! >>> 0);
      case W.TASK_MOVE:
        return world.move(member, words[at + W.A]!, words[at + W.B]!);
      default: {
        const code = world.trade(member, words[at + W.A]! >>> 0);
        answer[to + W.RESULT] = world.value;
        return code;
      }
    }
  }

  #obey(kind: number, member: number, a: number): void {
    try {
      if (kind === W.TASK_GONE) this.#world.gone(member);
      else if (kind === W.TASK_HAND_OVER) this.#world.handOver(a, member);
      else this.#world.wantFull(member);
    } catch (error) {
      this.onFault(error);
    }
  }

  #hand(peer: Peer, base: number, room: Room, bytes: Uint8Array, end: number): void {
    const { effects, slots, count } = peer;
    const recordAt = effects.claim(W.stateRecordBytes(count, end));
    if (recordAt < 0) {
      this.#values[LOGIC_STATES_DEFERRED]! += count;
      for (let i = 0; i < count; i++) this.#world.wantFull(base + slots[i]!);
      return;
    }
    const at = recordAt >> 2;
    effects.words[at + W.KIND] = W.KIND_STATE;
    effects.words[at + W.STATE_ROOM] = room.id;
    effects.words[at + W.STATE_COUNT] = count;
    effects.words[at + W.STATE_BYTES] = end;
    for (let i = 0; i < count; i++) effects.words[at + W.STATE_SLOTS + i] = slots[i]!;
    effects.bytes.set(bytes.subarray(0, end), recordAt + (W.STATE_SLOTS + count) * 4);
    effects.commit();
  }
}

function widened(slots: Int32Array): Int32Array {
  const wider = new Int32Array(slots.length * 2);
  wider.set(slots);
  return wider;
}
