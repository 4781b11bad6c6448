import type { TimerVisitor, TimerWheel } from './timer-wheel.js';

/** The two timers of a client: what its flow or its connection waits for, and its heartbeat. */
export class Timers {
  readonly #wheel: TimerWheel;

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
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

export const timersOf = (rows: number): number => rows * 2;
export const rowOfTimer = (timer: number): number => timer >>> 1;
export const isHeartbeatTimer = (timer: number): boolean => (timer & 1) === 1;
