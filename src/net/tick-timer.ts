import type { Clock } from '../core/clock.js';

/** Node's timers count whole milliseconds and are late by one at most, so that much is left to polling. */
const TIMER_SLACK_US = 900;
/** Of all time, the part that may be spent on polling, and how much of it may be saved up. */
const POLL_SHARE = 0.2;
const POLL_SAVED_US = 10_000;
const LONGEST_WAIT_US = 100_000;

/**
 * Calls `tick` on Node's event loop: once after each batch of socket events, at the deadline that the last call
 * returned, and at least every 100 ms. A deadline is met within about 0.1 ms while polling is affordable, within about 1 ms else.
 */
export class TickTimer {
  readonly #clock: Clock;
  readonly #tick: (nowUs: number) => number;
  readonly #onImmediate = (): void => this.#immediate();
  readonly #onTimeout = (): void => this.#timeout();
  #timer: NodeJS.Timeout | undefined;
  #immediatePending = false;
  #eventsSeen = false;
  #running = false;
  #deadlineUs = Infinity;
  #polledUs = 0;
  #pollBudgetUs = POLL_SAVED_US;
  #lastGrantUs = 0;

  /** `tick` returns the next deadline in clock microseconds, or -1 to stop. */
  constructor(clock: Clock, tick: (nowUs: number) => number) {
    this.#clock = clock;
    this.#tick = tick;
  }

  start(): void {
    this.#running = true;
    this.#lastGrantUs = this.#clock.nowUs();
    this.wake();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Something happened on a socket: tick once all the sockets that are ready now have been read. */
  wake(): void {
    this.#eventsSeen = true;
    this.#armImmediate();
  }

  #armImmediate(): void {
    if (this.#immediatePending) return;
    this.#immediatePending = true;
    setImmediate(this.#onImmediate);
  }

  #timeout(): void {
    this.#timer = undefined;
    if (!this.#running) return;
    const nowUs = this.#clock.nowUs();
    if (nowUs >= this.#deadlineUs) this.#run(nowUs);
    else this.#wait(nowUs);
  }

  #immediate(): void {
    this.#immediatePending = false;
    if (!this.#running) return;
    const nowUs = this.#clock.nowUs();
    if (this.#polledUs > 0) {
      this.#pollBudgetUs -= nowUs - this.#polledUs;
      this.#polledUs = 0;
    }
    if (this.#eventsSeen || nowUs >= this.#deadlineUs) this.#run(nowUs);
    else this.#wait(nowUs);
  }

  #run(nowUs: number): void {
    this.#eventsSeen = false;
    const wantedUs = this.#tick(nowUs);
    if (!this.#running) return;
    if (wantedUs < 0) {
      this.stop();
      return;
    }
    this.#deadlineUs = Math.min(wantedUs, nowUs + LONGEST_WAIT_US);
    this.#wait(this.#clock.nowUs());
  }

  /** Sleeps until shortly before the deadline, polls from there, and gives a deadline that has passed to the next turn of the loop. */
  #wait(nowUs: number): void {
    this.#pollBudgetUs = Math.min(POLL_SAVED_US, this.#pollBudgetUs + (nowUs - this.#lastGrantUs) * POLL_SHARE);
    this.#lastGrantUs = nowUs;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const leftUs = this.#deadlineUs - nowUs;
    const sleepMs = Math.floor((leftUs - TIMER_SLACK_US) / 1000);
    if (leftUs <= 0) {
      this.#armImmediate();
    } else if (sleepMs < 1 && this.#pollBudgetUs > 0) {
      this.#polledUs = nowUs;
      this.#armImmediate();
    } else {
      this.#timer = setTimeout(this.#onTimeout, Math.max(1, sleepMs));
    }
  }
}
