import type { Clock } from '../src/core/clock.js';

const CHECK_EVERY_US = 1_000_000;
const STEP_MS = 1_000;

/**
 * The server's wall clock: monotonic time on a base, so that a step of the machine's clock does not tear at sessions, tokens and
 * time stamps. Once a second check() compares it with the machine's; more than a second apart, the base moves and the step is
 * told (S18). Less than that is left: a clock that is slowly set right is no step.
 */
export class SessionClock implements Clock {
  readonly #clock: Clock;
  readonly #onStep: (stepMs: number) => void;
  #baseMs: number;
  #nextCheckUs: number;

  constructor(clock: Clock, onStep: (stepMs: number) => void) {
    this.#clock = clock;
    this.#onStep = onStep;
    const nowUs = clock.nowUs();
    this.#baseMs = clock.unixMs() - nowUs / 1_000;
    this.#nextCheckUs = nowUs + CHECK_EVERY_US;
  }

  nowUs(): number {
    return this.#clock.nowUs();
  }

  /** Unix milliseconds at this monotonic time, a whole number. */
  unixMs(nowUs = this.#clock.nowUs()): number {
    return Math.round(this.#baseMs + nowUs / 1_000);
  }

  /** The monotonic time at which this Unix second begins. */
  monotonicUs(unixS: number): number {
    return (unixS * 1_000 - this.#baseMs) * 1_000;
  }

  /** Looks at the machine's clock, if it is time to. */
  check(nowUs = this.#clock.nowUs()): void {
    if (nowUs < this.#nextCheckUs) return;
    this.#nextCheckUs = nowUs + CHECK_EVERY_US;
    const stepMs = this.#clock.unixMs() - this.unixMs(nowUs);
    if (Math.abs(stepMs) <= STEP_MS) return;
    this.#baseMs += stepMs;
    this.#onStep(stepMs);
  }
}
