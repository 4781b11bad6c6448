/** Numbers the ticks of rooms: tick 1 begins at `startUs`, each lasts `tickMs`. Several owners of rooms that began together agree. */
export class TickClock {
  readonly tickMs: number;
  /** Number of the tick that runs now. It is the seq of every ROOM_STATE. */
  tick = 1;
  readonly #tickUs: number;
  readonly #startUs: number;

  constructor(tickMs: number, startUs: number) {
    this.tickMs = tickMs;
    this.#tickUs = tickMs * 1_000;
    this.#startUs = startUs;
  }

  /** True when `nowUs` lies in a later tick than the last one; that is the tick from now on. */
  advance(nowUs: number): boolean {
    const tick = Math.floor((nowUs - this.#startUs) / this.#tickUs) + 1;
    if (tick <= this.tick) return false;
    this.tick = tick;
    return true;
  }

  /** When the next tick begins. */
  get nextUs(): number {
    return this.#startUs + this.tick * this.#tickUs;
  }
}
