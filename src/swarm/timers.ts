import type { TimerVisitor, TimerWheel } from './timer-wheel.js';

/**
 * The timers of a client: what its flow or its connection waits for, its heartbeat, and one for each every step that its
 * flow may have. Those of the every steps stand behind all others, so that without such steps there are none.
 */
export class Timers {
  readonly #wheel: TimerWheel;
  readonly #rows: number;

  constructor(wheel: TimerWheel, rows: number) {
    this.#wheel = wheel;
    this.#rows = rows;
  }

  setFlow(row: number, dueUs: number): void {
    this.#wheel.set(row * 2, dueUs);
  }

  cancelFlow(row: number): void {
    this.#wheel.cancel(row * 2);
  }

  setHeartbeat(row: number, dueUs: number): void {
    this.#wheel.set(row * 2 + 1, dueUs);
  }

  /** When the heartbeat timer fires; Infinity when it is not set. */
  heartbeatDueUs(row: number): number {
    return this.#wheel.dueUs(row * 2 + 1);
  }

  cancelHeartbeat(row: number): void {
    this.#wheel.cancel(row * 2 + 1);
  }

  /** `index`: which every step of the flow. */
  setBeside(row: number, index: number, dueUs: number): void {
    this.#wheel.set(this.#rows * (2 + index) + row, dueUs);
  }

  isBesideSet(row: number, index: number): boolean {
    return this.#wheel.isSet(this.#rows * (2 + index) + row);
  }

  cancelBeside(row: number, index: number): void {
    this.#wheel.cancel(this.#rows * (2 + index) + row);
  }

  /** Which every step's timer this is; -1 for the timers that every client has. */
  besideOf(timer: number): number {
    return timer < this.#rows * 2 ? -1 : Math.floor(timer / this.#rows) - 2;
  }

  /** The row of an every step's timer. */
  besideRowOf(timer: number): number {
    return timer % this.#rows;
  }

  /** While timers fire: the moment that the one being fired was due, to one tick of the wheel. */
  get firingUs(): number {
    return this.#wheel.firingUs;
  }

  advance(nowUs: number, visitor: TimerVisitor): void {
    this.#wheel.advance(nowUs, visitor);
  }

  nextUs(untilUs: number): number {
    return this.#wheel.nextUs(untilUs);
  }
}

/** `everys`: every steps that a flow has at most. */
export const timersOf = (rows: number, everys: number): number => rows * (2 + everys);
export const rowOfTimer = (timer: number): number => timer >>> 1;
export const isHeartbeatTimer = (timer: number): boolean => (timer & 1) === 1;
