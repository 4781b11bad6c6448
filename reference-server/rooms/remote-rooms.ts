import { readU32 } from '../../src/protocol/bytes.js';
import * as P from '../../src/protocol/packet.js';
import { SEATS } from '../counters.js';
import { RecordConsumer } from '../ring/record-ring.js';
import type { SessionCore } from '../session-core.js';
import { AnswerView } from './answer-view.js';
import type { LogicLink } from './logic-link.js';
import * as W from './logic-wire.js';
import type { RoomAnswers } from './room-answer.js';
import { LATER, type RoomHost, RoomTicket } from './room-host.js';
import type { LimitsReader } from './room-limits.js';
import { SharedSeats } from './shared-seats.js';
import { SkippedPeers } from './skipped-peers.js';
import type { StateDelivery } from './state-delivery.js';
import { TaskQueue } from './task-queue.js';
import { Sleeper } from './wake.js';

/**
 * The rooms of a gateway thread whose rooms live with logic workers. A connection has at most one operation with a worker, so answers
 * come in the order of the questions; workers are told what a connection did in the order in which it did it.
 */
export class RemoteRooms implements RoomHost {
  readonly ticket = new RoomTicket();
  readonly seat = 0;
  readonly members = 0;
  readonly tick = 0;
  readonly tickMs: number;
  readonly value = 0;
  readonly #core: SessionCore;
  readonly #delivery: StateDelivery;
  readonly #answers: RoomAnswers;
  readonly #tasks: readonly TaskQueue[];
  readonly #effects: readonly RecordConsumer[];
  readonly #answer: AnswerView;
  readonly #sleeper: Sleeper;
  readonly #seats: SharedSeats;
  readonly #skipped: SkippedPeers;
  readonly #limits: LimitsReader;
  readonly #memberBase: number;
  /** By slot: room plus 1 in which it sits; the one that it asked to join; which connection of the slot it is. */
  readonly #room: Uint32Array;
  readonly #asked: Uint32Array;
  readonly #life: Uint8Array;
  /** By slot: row of its session plus 1, and whether its seat is written down there. */
  readonly #row: Int32Array;
  readonly #isShared: Uint8Array;
  #receivers = new Int32Array(1_024);
  /** The gateway turns an event loop, in which a promise may wait. */
  readonly #hasLoop: boolean;
  #isListening = false;

  constructor(link: LogicLink, core: SessionCore, delivery: StateDelivery, answers: RoomAnswers, limits: LimitsReader) {
    const { gateway } = core;
    const slots = gateway.capacity;
    if (slots > link.slotsPerThread) throw new RangeError(`${slots} slots, workers know of ${link.slotsPerThread}`);
    this.#core = core;
    this.#delivery = delivery;
    this.#answers = answers;
    this.#limits = limits;
    this.tickMs = link.tickMs;
    this.#tasks = link.workers.map(({ tasks, wake }) => new TaskQueue(tasks, wake));
    this.#effects = link.workers.map(({ effects }) => new RecordConsumer(effects));
    this.#answer = new AnswerView();
    this.#sleeper = new Sleeper(link.wake);
    this.#seats = new SharedSeats(link.seats);
    this.#skipped = new SkippedPeers(core, delivery, slots, link.tickMs * 1_000);
    this.#memberBase = link.memberBase;
    this.#room = new Uint32Array(slots);
    this.#asked = new Uint32Array(slots);
    this.#life = new Uint8Array(slots);
    this.#row = new Int32Array(slots);
    this.#isShared = new Uint8Array(slots);
    this.#limitTasks();
    const descriptor = gateway.wakeDescriptor();
    this.#hasLoop = descriptor < 0;
    if (!this.#hasLoop) this.#sleeper.useDescriptor(descriptor);
  }

  enter(slot: number, sessionRow: number): void {
    this.#row[slot] = sessionRow + 1;
  }

  join(slot: number, room: number): number {
    const queue = this.#ownerOf(room);
    if (!queue.begin(W.TASK_JOIN, slot, this.#life[slot]!)) return P.CODE_FULL;
    this.#asked[slot] = room + 1;
    // Not to be had by another connection while it is not known where this one will sit.
    if (!this.#giveUp(slot)) this.#sit(slot, 0);
    return this.#send(queue, slot, W.TASK_JOIN, room, 0);
  }

  leave(slot: number, room: number): number {
    if (this.#room[slot] !== room + 1 || !this.#giveUp(slot)) return P.CODE_NOT_MEMBER;
    const queue = this.#ownerOf(room);
    this.#sit(slot, 0);
    queue.post(W.TASK_LEAVE, slot, this.#life[slot]!);
    return this.#send(queue, slot, W.TASK_LEAVE, room, 0);
  }

  move(slot: number, x: number, y: number): number {
    return this.#operate(slot, W.TASK_MOVE, x, y);
  }

  trade(slot: number, amount: number): number {
    return this.#operate(slot, W.TASK_TRADE, amount, 0);
  }

  isFull(slot: number): boolean {
    const room = this.#room[slot]!;
    if (room === 0) return false;
    const queue = this.#ownerOf(room - 1);
    if (!queue.isFull) return false;
    queue.refuse();
    return true;
  }

  gone(slot: number): void {
    const room = this.#room[slot]!;
    const asked = this.#asked[slot]!;
    if (room !== 0 && this.#giveUp(slot)) this.#post(this.#ownerOf(room - 1), W.TASK_GONE, slot, 0);
    if (asked !== 0) this.#post(this.#ownerOf(asked - 1), W.TASK_GONE, slot, 0);
    if (room !== 0) this.#sit(slot, 0);
    this.#asked[slot] = 0;
    this.#row[slot] = 0;
    this.#core.columns.waiting[slot] = 0;
    this.#skipped.forget(slot);
    this.#life[slot]!++;
  }

  handOver(older: number, newer: number): boolean {
    const room = this.#room[older]!;
    if (room === 0 || this.#asked[older] !== 0 || !this.#giveUp(older)) return false;
    this.#sit(older, 0);
    this.#takeSeat(newer, this.#memberBase + older, room);
    return true;
  }

  adopt(sessionRow: number, slot: number): boolean {
    const member = this.#seats.take(sessionRow);
    if (member < 0) return false;
    this.#takeSeat(slot, member, this.#seats.room + 1);
    return true;
  }

  turn(nowUs: number): number {
    this.#sleeper.retract();
    if (this.#limits.refresh()) this.#limitTasks();
    for (const ring of this.#effects) this.#read(ring, nowUs);
    const wantUs = this.#skipped.turn(nowUs, (slot) => {
      if (this.#room[slot] !== 0) this.#post(this.#ownerOf(this.#room[slot]! - 1), W.TASK_WANT_FULL, slot, 0);
    });
    let isAside = false;
    for (const queue of this.#tasks) {
      queue.flush();
      isAside ||= queue.asideCount > 0;
    }
    this.#sleeper.announce();
    if (this.#hasLoop) this.#listen();
    for (const ring of this.#effects) if (ring.next() >= 0) return nowUs;
    // Aside waits for the worker to make room: it wakes nobody when it does.
    return isAside ? nowUs + 1_000 : wantUs;
  }

  #limitTasks(): void {
    for (const queue of this.#tasks) queue.limit(this.#limits.current.queuedTasks);
  }

  #ownerOf(room: number): TaskQueue {
    return this.#tasks[room % this.#tasks.length]!;
  }

  #operate(slot: number, kind: number, a: number, b: number): number {
    const room = this.#room[slot]!;
    if (room === 0) return P.CODE_NOT_MEMBER;
    const queue = this.#ownerOf(room - 1);
    return queue.begin(kind, slot, this.#life[slot]!) ? this.#send(queue, slot, kind, a, b) : P.CODE_FULL;
  }

  /** Fills in the rest of a task that is to be answered. */
  #send(queue: TaskQueue, slot: number, kind: number, a: number, b: number): number {
    const { words, at } = queue;
    const { ticket } = this;
    words[at + W.SEQ] = ticket.seq;
    words[at + W.A] = a;
    words[at + W.B] = b;
    words[at + W.AT_US] = Math.floor(ticket.atUs) >>> 0;
    const isSigned = ticket.isSigned && kind === W.TASK_TRADE;
    words[at + W.IS_SIGNED] = isSigned ? 1 : 0;
    if (isSigned) {
      words[at + W.NONCE_LOW] = ticket.nonceLow;
      words[at + W.NONCE_HIGH] = ticket.nonceHigh;
      const { identity } = this.#core.columns;
      for (let i = 0; i < 4; i++) words[at + W.SID + i] = readU32(identity, slot * 16 + 4 * i);
    }
    queue.commit();
    this.#core.columns.waiting[slot] = kind;
    return LATER;
  }

  #post(queue: TaskQueue, kind: number, slot: number, a: number): void {
    queue.post(kind, slot, this.#life[slot]!);
    queue.words[queue.at + W.A] = a;
    queue.commit();
  }

  #takeSeat(slot: number, olderMember: number, room: number): void {
    this.#post(this.#ownerOf(room - 1), W.TASK_HAND_OVER, slot, olderMember);
    this.#sit(slot, room);
    this.#share(slot);
  }

  /** The slot sits in this room plus 1 from now on, 0 for none. */
  #sit(slot: number, room: number): void {
    const { values } = this.#core.counters;
    if (this.#room[slot] === 0 && room !== 0) values[SEATS]!++;
    if (this.#room[slot] !== 0 && room === 0) values[SEATS]!--;
    this.#room[slot] = room;
  }

  #share(slot: number): void {
    const row = this.#row[slot]! - 1;
    if (row >= 0 && this.#seats.sit(row, this.#memberBase + slot, this.#room[slot]! - 1)) this.#isShared[slot] = 1;
  }

  /** False when another connection of the session has the seat by now. */
  #giveUp(slot: number): boolean {
    if (this.#isShared[slot] === 0) return true;
    this.#isShared[slot] = 0;
    return this.#seats.giveUp(this.#row[slot]! - 1, this.#memberBase + slot);
  }

  #read(ring: RecordConsumer, nowUs: number): void {
    for (let at = ring.next(); at >= 0; at = ring.next()) {
      if (ring.words[at >> 2] === W.KIND_STATE) this.#deliver(ring, at, nowUs);
      else this.#take(ring.words, at >> 2, nowUs);
      ring.pass();
      ring.release();
    }
  }

  #take(words: Int32Array, at: number, nowUs: number): void {
    const answer = this.#answer;
    answer.read(words, at, nowUs);
    const { slot } = answer;
    const isGone = words[at + W.LIFE] !== this.#life[slot];
    if (!isGone) {
      this.#core.columns.waiting[slot] = 0;
      if (answer.kind === W.TASK_JOIN) this.#joined(slot, answer.code, answer.room);
    }
    this.#answers.onAnswer(answer, isGone, nowUs);
  }

  #joined(slot: number, code: number, room: number): void {
    this.#asked[slot] = 0;
    const older = this.#room[slot]!;
    if (code === P.CODE_OK && older !== room + 1) {
      const left = older === 0 ? undefined : this.#ownerOf(older - 1);
      // A worker moves a member between its own rooms by itself.
      if (left !== undefined && left !== this.#ownerOf(room)) this.#post(left, W.TASK_GONE, slot, 0);
      this.#sit(slot, room + 1);
      this.#skipped.forget(slot);
    }
    if (this.#room[slot] !== 0) this.#share(slot);
  }

  /** Sends a state to those of its receivers that are still in the room and read what they get. */
  #deliver(ring: RecordConsumer, recordAt: number, nowUs: number): void {
    const { words, bytes } = ring;
    const at = recordAt >> 2;
    const room = words[at + W.STATE_ROOM]! + 1;
    const listed = words[at + W.STATE_COUNT]!;
    const start = recordAt + (W.STATE_SLOTS + listed) * 4;
    const isFull = readU32(bytes, start + P.ROOM_STATE_BASE_TICK) === 0;
    if (listed > this.#receivers.length) this.#receivers = new Int32Array(listed * 2);
    let count = 0;
    for (let i = 0; i < listed; i++) {
      const slot = words[at + W.STATE_SLOTS + i]!;
      // A slot that has a new connection, or sits elsewhere by now, was told so in this order by the worker.
      if (this.#room[slot] === room && this.#skipped.canTake(slot, isFull, nowUs)) this.#receivers[count++] = slot;
    }
    if (count > 0) this.#delivery.send(this.#receivers, count, bytes, start, start + words[at + W.STATE_BYTES]!);
  }

  /** For a gateway with an event loop: a wake makes it tick. */
  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#sleeper.woken().then(() => {
      this.#isListening = false;
      this.#core.gateway.requestTick();
    });
  }
}
