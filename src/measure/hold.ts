import { histogramOf } from './histogram.js';
import { COUNTER, TREND } from './metric-names.js';
import type { PhaseName } from './phases.js';
import type { Recorder } from './recorder.js';
import { growthOf, RecorderMark } from './recorder-mark.js';

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
  /** ws_msg_service: what of the response was not lag. Absent where no message was answered. */
  readonly service?: HoldTrend;
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

/** What was measured within a part of the run. */
export interface PhaseMeasure {
  /** Length of the part. */
  readonly elapsedMs: number;
  readonly growth: Recorder;
}

/** What all recorders held at the moment at which a part of the run ended. */
interface Boundary {
  readonly elapsedUs: number;
  /** One a recorder; undefined at the common start, when there was nothing. */
  readonly marks: readonly RecorderMark[] | undefined;
}

const START: Boundary = { elapsedUs: 0, marks: undefined };

/** Keeps what the recorders held when the ramp ended and when the plan did: what came between is the hold. */
export class HoldWindow {
  readonly #recorders: readonly Recorder[];
  readonly #plan: HoldPlan;
  #from: Boundary | undefined;
  #until: Boundary | undefined;
  #hold: Hold | undefined;

  constructor(recorders: readonly Recorder[], plan: HoldPlan) {
    this.#recorders = recorders;
    this.#plan = plan;
    if (plan.clients === 0 && plan.endUs > 0) this.#from = START;
  }

  /** When it must be looked again at the latest, from the common start, so that no part is longer than planned; else Infinity. */
  nextUs(elapsedUs: number): number {
    if (this.#until !== undefined) return Number.POSITIVE_INFINITY;
    const { rampEndUs, endUs } = this.#plan;
    return this.#from === undefined && elapsedUs < rampEndUs ? Math.min(rampEndUs, endUs) : endUs;
  }

  /** The ramp is over and the planned end has not come. */
  get isOpen(): boolean {
    return this.#from !== undefined && this.#until === undefined;
  }

  /** To be called about once a second, `elapsedUs` after the common start. */
  look(elapsedUs: number): void {
    if (this.#until !== undefined) return;
    const { rampEndUs, clients, endUs } = this.#plan;
    if (elapsedUs >= endUs) {
      this.close(elapsedUs);
    } else if (this.#from === undefined && elapsedUs >= rampEndUs && this.#started() >= clients) {
      this.#from = this.#boundary(elapsedUs);
    }
  }

  /** The hold, if there was one; it ends now if it has not yet. */
  close(elapsedUs: number): Hold | undefined {
    if (this.#until !== undefined) return this.#hold;
    this.#until = this.#boundary(elapsedUs);
    const measured = this.measure('hold', this.#recorders, elapsedUs);
    if (this.#from === undefined || measured === undefined) return undefined;
    const [lag, rtt, http, ping] = [TREND.pacing_lag, TREND.ws_msg_rtt, TREND.http_req_duration, TREND.ws_ping].map((trend) =>
      histogramOf([measured.growth], trend),
    );
    this.#hold = {
      fromMs: this.#from.elapsedUs / 1000,
      untilMs: elapsedUs / 1000,
      lag: lag!,
      response: [rtt!, http!].find(({ count }) => count > 0) ?? ping!,
      ...(rtt!.count > 0 && { service: histogramOf([measured.growth], TREND.ws_msg_service) }),
    };
    return this.#hold;
  }

  /**
   * What some of the recorders took in within a part of the run, up to now if it is not over; undefined when it has not
   * begun, or has no length.
   */
  measure(phase: PhaseName, of: readonly Recorder[], elapsedUs: number): PhaseMeasure | undefined {
    const [from, until] = this.#span(phase);
    if (from === undefined) return undefined;
    const untilUs = until?.elapsedUs ?? elapsedUs;
    if (untilUs <= from.elapsedUs) return undefined;
    const growths = of.map((recorder) => {
      const index = this.#recorders.indexOf(recorder);
      return { from: from.marks?.[index], until: until?.marks?.[index] ?? new RecorderMark(recorder) };
    });
    return { elapsedMs: (untilUs - from.elapsedUs) / 1000, growth: growthOf(growths) };
  }

  /** Where a part begins and ends; an end that has not come is undefined, as is the beginning of a part that has not begun. */
  #span(phase: PhaseName): readonly [Boundary | undefined, Boundary | undefined] {
    if (phase === 'ramp') return [START, this.#from ?? this.#until];
    return phase === 'hold' ? [this.#from, this.#until] : [this.#until, undefined];
  }

  #boundary(elapsedUs: number): Boundary {
    return { elapsedUs, marks: this.#recorders.map((recorder) => new RecorderMark(recorder)) };
  }

  #started(): number {
    return this.#recorders.reduce((sum, { counters }) => sum + counters[COUNTER.connects_started]!, 0);
  }
}
