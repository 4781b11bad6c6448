import type { Clock } from '../../../src/core/clock.js';

/** Time that stands still until it is moved. */
export class ManualClock implements Clock {
  ms: number;

  constructor(ms = 1_790_000_000_000) {
    this.ms = ms;
  }

  nowUs(): number {
    return (this.ms - 1_789_000_000_000) * 1_000;
  }

  unixMs(): number {
    return this.ms;
  }
}
