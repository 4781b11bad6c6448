import { SEATS } from '../counters.js';
import type { SessionCore } from '../session-core.js';
import type { Room } from './room.js';
import { type RoomHost, RoomTicket } from './room-host.js';
import type { LimitsReader } from './room-limits.js';
import type { StateDelivery } from './state-delivery.js';
import { TickClock } from './tick-clock.js';
import { type StateSink, World } from './world.js';

/** The rooms of a server with one gateway thread and no logic workers: rules and sockets in one thread, every answer at once. */
export class LocalRooms implements RoomHost, StateSink {
  readonly ticket = new RoomTicket();
  readonly #core: SessionCore;
  readonly #delivery: StateDelivery;
  readonly #world: World;
  readonly #clock: TickClock;
  readonly #limits: LimitsReader;
  #nowUs: number;

  constructor(core: SessionCore, delivery: StateDelivery, roomCount: number, tickMs: number, startUs: number, limits: LimitsReader) {
    this.#core = core;
    this.#delivery = delivery;
    this.#world = new World(roomCount, core.columns.capacity);
    this.#clock = new TickClock(tickMs, startUs);
    this.#nowUs = startUs;
    this.#limits = limits;
    this.#world.seatLimit = limits.current.roomSeats;
  }

  get seat(): number {
    return this.#world.seat;
  }

  get members(): number {
    return this.#world.members;
  }

  get tick(): number {
    return this.#clock.tick;
  }

  get tickMs(): number {
    return this.#clock.tickMs;
  }

  get value(): number {
    return this.#world.value;
  }

  join(slot: number, room: number): number {
    const code = this.#world.join(slot, room);
    this.#count();
    return code;
  }

  leave(slot: number, room: number): number {
    const code = this.#world.leave(slot, room);
    this.#count();
    return code;
  }

  move(slot: number, x: number, y: number): number {
    return this.#world.move(slot, x, y);
  }

  trade(slot: number, amount: number): number {
    return this.#world.trade(slot, amount);
  }

  isFull(): boolean {
    return false;
  }

  gone(slot: number): void {
    this.#world.gone(slot);
    this.#count();
  }

  handOver(older: number, newer: number): boolean {
    return this.#world.handOver(older, newer);
  }

  /** Seats are not shared with any other thread. */
  enter(): void {}

  /** There is no other thread. */
  adopt(): boolean {
    return false;
  }

  turn(nowUs: number): number {
    if (this.#limits.refresh()) this.#world.seatLimit = this.#limits.current.roomSeats;
    if (this.#clock.advance(nowUs)) {
      this.#nowUs = nowUs;
      this.#world.tick(this.#clock.tick, nowUs, this);
    }
    return this.#world.listedCount === 0 ? Infinity : this.#clock.nextUs;
  }

  /** Called by the world. */
  canTake(slot: number): boolean {
    return this.#delivery.canTake(slot, this.#nowUs);
  }

  /** Called by the world. */
  onState(_room: Room, slots: Int32Array, count: number, bytes: Uint8Array, end: number): void {
    this.#delivery.send(slots, count, bytes, 0, end);
  }

  /** Called by the world. */
  onFault(error: unknown): void {
    this.#core.noteFault(-1, error);
  }

  #count(): void {
    this.#core.counters.values[SEATS] = this.#world.seatsTaken;
  }
}
