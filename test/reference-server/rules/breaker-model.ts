import { type BreakerRule, ERROR_COUNT, SLOW_RATIO } from '../../../reference-server/rules/rule.js';

export type State = 'closed' | 'open' | 'half-open';
export type Outcome = 'ok' | 'slow' | 'error';

interface Call {
  readonly beganMs: number;
  /** Which stay in a state it began in. */
  readonly stay: number;
  readonly hasCounted: boolean;
}

/**
 * What the breaker must do, written down with lists of times and nothing shared with it: every call that was ever counted is
 * kept with its time, and whenever time passes each moment at which something is due is looked at, one after the other.
 */
export class BreakerModel {
  readonly #rule: BreakerRule;
  nowMs: number;
  state: State = 'closed';
  /** "closed>open@17" */
  changes: readonly string[] = [];
  #stay = 0;
  #retryAtMs = 0;
  #results: readonly { readonly atMs: number; readonly isBad: boolean }[] = [];
  #inFlight: ReadonlyMap<number, Call> = new Map();
  #probesBegun = 0;
  #probesPassed = 0;
  #names = 0;

  constructor(rule: BreakerRule, nowMs: number) {
    this.#rule = rule;
    this.nowMs = nowMs;
  }

  clone(): BreakerModel {
    const copy = new BreakerModel(this.#rule, this.nowMs);
    copy.state = this.state;
    copy.changes = this.changes;
    copy.#stay = this.#stay;
    copy.#retryAtMs = this.#retryAtMs;
    copy.#results = this.#results;
    copy.#inFlight = this.#inFlight;
    copy.#probesBegun = this.#probesBegun;
    copy.#probesPassed = this.#probesPassed;
    copy.#names = this.#names;
    return copy;
  }

  /** Names of the calls that have not ended, oldest first. */
  get inFlight(): number[] {
    return [...this.#inFlight.keys()];
  }

  wait(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const dueMs = Math.min(...[...this.#inFlight.values()].map((call) => this.#dueMs(call)));
      if (dueMs > endMs) break;
      this.nowMs = dueMs;
      for (const [name, call] of this.#inFlight) if (this.#dueMs(call) === dueMs) this.#overdue(name, call);
    }
    this.nowMs = endMs;
  }

  /** The name of the call that was let through, or undefined. */
  pass(): number | undefined {
    if (this.state === 'open') {
      if (this.nowMs < this.#retryAtMs) return undefined;
      this.#change('half-open');
    }
    if (this.state === 'half-open') {
      if (this.#probesBegun === this.#probesNeeded) return undefined;
      this.#probesBegun += 1;
    }
    const name = this.#names++;
    this.#inFlight = new Map([...this.#inFlight, [name, { beganMs: this.nowMs, stay: this.#stay, hasCounted: false }]]);
    return name;
  }

  end(name: number, outcome: Outcome): void {
    const call = this.#inFlight.get(name)!;
    this.#inFlight = new Map([...this.#inFlight].filter(([other]) => other !== name));
    if (call.stay !== this.#stay || call.hasCounted) return;
    const isBad = outcome === (this.#rule.strategy === SLOW_RATIO ? 'slow' : 'error');
    if (this.state === 'closed') this.#count(isBad);
    else if (isBad) this.#trip();
    else if (++this.#probesPassed === this.#probesNeeded) {
      this.#results = [];
      this.#change('closed');
    }
  }

  get #probesNeeded(): number {
    return this.#rule.probeNum === 0 ? 1 : this.#rule.probeNum;
  }

  #dueMs(call: Call): number {
    if (call.stay !== this.#stay || call.hasCounted) return Number.POSITIVE_INFINITY;
    if (this.state === 'half-open') return call.beganMs + Math.max(1_000, this.#rule.maxAllowedRtMs) + 1;
    return this.#rule.strategy === SLOW_RATIO ? call.beganMs + this.#rule.maxAllowedRtMs + 1 : Number.POSITIVE_INFINITY;
  }

  #overdue(name: number, call: Call): void {
    this.#inFlight = new Map([...this.#inFlight].map(([other, its]) => [other, other === name ? { ...call, hasCounted: true } : its]));
    if (this.state === 'closed') this.#count(true);
    else this.#trip();
  }

  #count(isBad: boolean): void {
    const { statIntervalMs, statSlidingWindowBucketCount, minRequestAmount, threshold, strategy } = this.#rule;
    this.#results = [...this.#results, { atMs: this.nowMs, isBad }];
    const bucketMs = statIntervalMs / statSlidingWindowBucketCount;
    const thisBucket = Math.floor(this.nowMs / bucketMs);
    const counted = this.#results.filter(({ atMs }) => thisBucket - Math.floor(atMs / bucketMs) < statSlidingWindowBucketCount);
    const bad = counted.filter((result) => result.isBad).length;
    if (counted.length < minRequestAmount) return;
    if ((strategy === ERROR_COUNT ? bad : bad / counted.length) >= threshold) this.#trip();
  }

  #trip(): void {
    this.#retryAtMs = this.nowMs + this.#rule.retryTimeoutMs;
    this.#change('open');
  }

  #change(to: State): void {
    this.changes = [...this.changes, `${this.state}>${to}@${this.nowMs}`];
    this.state = to;
    this.#stay += 1;
    this.#probesBegun = 0;
    this.#probesPassed = 0;
  }
}
