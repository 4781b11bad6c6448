import type { FlowRule } from './rule.js';
import { Window } from './window.js';

/** Length of a bucket in Sentinel's default statistic, and the span up to which it is used. */
const BUCKET_MS = 500;
const MAX_BUCKETED_MS = 10_000;

/** A flow rule at work: so many calls in a sliding window and no more. A pure function of its calls; none allocates. */
export class FlowLimit {
  readonly rule: FlowRule;
  readonly #window: Window;

  /** With `statisticOf`, a limit over the same interval, the calls that one counted count here too. */
  constructor(rule: FlowRule, statisticOf?: FlowLimit) {
    this.rule = rule;
    if (statisticOf !== undefined) {
      this.#window = statisticOf.#window;
      return;
    }
    const { statIntervalMs } = rule;
    const isBucketed = statIntervalMs % BUCKET_MS === 0 && statIntervalMs <= MAX_BUCKETED_MS;
    const bucketCount = isBucketed ? statIntervalMs / BUCKET_MS : 1;
    this.#window = new Window(new Float64Array(Window.words(bucketCount)), 0, statIntervalMs, bucketCount);
  }

  /** True when one more call is within the limit; pass() then counts it. */
  wouldPass(nowMs: number): boolean {
    this.#window.advance(nowMs);
    return this.#window.total + 1 <= this.rule.threshold;
  }

  pass(nowMs: number): void {
    this.#window.advance(nowMs);
    this.#window.add(false);
  }
}
