import { addBuckets, percentileUsOf } from './histogram.js';
import { COUNTER, TREND } from './metric-names.js';
import { BUCKETS, type Recorder } from './recorder.js';

/** One trend within the hold, microseconds to 0.1 %. */
export interface HoldTrend {
  readonly count: number;
  /** Undefined where there is no sample. */
  percentileUs(percent: number): number | undefined;
}

/** What was measured between the end of the ramp and the planned end. Times count from the common start. */
export interface Hold {
  readonly fromMs: number;
  readonly untilMs: number;
  /** pacing_lag. */
  readonly lag: HoldTrend;
  /** ws_msg_rtt; http_req_duration or ws_ping where no message was answered. */
  readonly response: HoldTrend;
}

/** What the plan says of the hold. */
export interface HoldPlan {
  /** The last planned start of a client whose executor plans clients and not arrivals; 0 without such an executor. */
  readonly rampEndUs: number;
  /** How many clients such executors start: the ramp is not over before so many connects have begun. */
  readonly clients: number;
  /** The planned end of all scenarios. */
  readonly endUs: number;
}

const WATCHED = [TREND.pacing_lag, TREND.ws_msg_rtt, TREND.http_req_duration, TREND.ws_ping] as const;

/** Keeps what the recorders held when the ramp ended and when the plan did: the difference is the hold. */
export class HoldWindow {
  readonly #recorders: readonly Recorder[];
  readonly #plan: HoldPlan;
  #from: { readonly elapsedUs: number; readonly buckets: readonly Float64Array[] } | undefined;
  #hold: Hold | undefined;
  #isClosed = false;

  constructor(recorders: readonly Recorder[], plan: HoldPlan) {
    this.#recorders = recorders;
    this.#plan = plan;
    if (plan.clients === 0) this.look(0);
  }

  /** To be called about once a second, `elapsedUs` after the common start. */
  look(elapsedUs: number): void {
    if (this.#isClosed) return;
    const { rampEndUs, clients, endUs } = this.#plan;
    if (elapsedUs >= endUs) {
      this.close(elapsedUs);
    } else if (this.#from === undefined && elapsedUs >= rampEndUs && this.#started() >= clients) {
      this.#from = { elapsedUs, buckets: WATCHED.map((trend) => this.#buckets(trend)) };
    }
  }

  /** The hold, if there was one; it ends now if it has not yet. */
  close(elapsedUs: number): Hold | undefined {
    if (this.#isClosed) return this.#hold;
    this.#isClosed = true;
    const from = this.#from;
    if (from === undefined) return undefined;
    const [lag, rtt, http, ping] = WATCHED.map((trend, index) => difference(from.buckets[index]!, this.#buckets(trend)));
    this.#hold = {
      fromMs: from.elapsedUs / 1000,
      untilMs: elapsedUs / 1000,
      lag: lag!,
      response: [rtt!, http!].find(({ count }) => count > 0) ?? ping!,
    };
    return this.#hold;
  }

  #started(): number {
    return this.#recorders.reduce((sum, { counters }) => sum + counters[COUNTER.connects_started]!, 0);
  }

  #buckets(trend: number): Float64Array {
    const buckets = new Float64Array(BUCKETS);
    addBuckets(this.#recorders, trend, buckets);
    return buckets;
  }
}

function difference(before: Float64Array, after: Float64Array): HoldTrend {
  const counts = after.map((value, bucket) => value - before[bucket]!);
  const count = counts.reduce((sum, value) => sum + value, 0);
  return { count, percentileUs: (percent) => (count > 0 ? percentileUsOf(counts, count, percent) : undefined) };
}
