import { Histogram, type Registry } from 'prom-client';
import { type Clock, systemClock } from '../../src/core/clock.js';

const EVERY_MS = 100;
const BUCKETS_S = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * gwrk_event_loop_lag_seconds: how late the main thread's timers are, ten looks a second. prom-client's own figures of the lag begin
 * anew with each reading, so that two readers take them from one another, and are no numbers between two looks.
 */
export class EventLoopLag {
  readonly #seconds: Histogram;
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  #lastUs: number;

  constructor(registry: Registry, clock: Clock = systemClock) {
    this.#clock = clock;
    this.#seconds = new Histogram({
      name: 'gwrk_event_loop_lag_seconds',
      help: 'How late the timers of the main thread are',
      buckets: BUCKETS_S,
      registers: [registry],
    });
    this.#lastUs = clock.nowUs();
    this.#timer = setInterval(() => this.look(), EVERY_MS);
    this.#timer.unref();
  }

  look(): void {
    const nowUs = this.#clock.nowUs();
    this.#seconds.observe(Math.max(0, nowUs - this.#lastUs - EVERY_MS * 1e3) / 1e6);
    this.#lastUs = nowUs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** prom-client's figures that EventLoopLag stands for. */
export const REPLACED_LAG_METRICS: readonly string[] = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
  (what) => `nodejs_eventloop_lag_${what}_seconds`,
);
