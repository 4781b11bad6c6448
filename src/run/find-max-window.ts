import { COUNTER, GAUGE_NAMES } from '../measure/metric-names.js';
import type { Measurements } from '../measure/metric-view.js';
import type { Recorder } from '../measure/recorder.js';
import { growthOf, RecorderMark } from '../measure/recorder-mark.js';
import type { Snapshot } from '../measure/snapshot.js';

/** A look may come this much before its second. */
const EARLY_MS = 25;

/** One moment of all workers. */
interface Moment {
  readonly elapsedMs: number;
  readonly marks: readonly RecorderMark[];
  /** As the snapshot has them: the workers go on while their buckets are copied, and rates are of its moment. */
  readonly totals: Float64Array;
  readonly errors: number;
}

/** The last look within the window comes at most this long before its end. */
const LAST_LOOKS_MS = 1500;

/** What was measured in the time in which a load was held, all metrics of it. */
export class ProbeWindow {
  readonly #fromMs: number;
  readonly #untilMs: number;
  readonly #clients: number;
  readonly #peaks = new Float64Array(GAUGE_NAMES.length);
  #from: Moment | undefined;
  #until: Moment | undefined;
  #whole: Measurements | undefined;

  /** `clients` connects must have begun before the window does. */
  constructor(fromMs: number, untilMs: number, clients: number) {
    this.#fromMs = fromMs;
    this.#untilMs = untilMs;
    this.#clients = clients;
  }

  /** To be called once a second, with what the snapshot was taken of. */
  look(recorders: readonly Recorder[], snapshot: Snapshot, errors: number): void {
    const { elapsedMs, totals, gauges } = snapshot;
    this.#whole = { recorders, elapsedMs, errors };
    if (elapsedMs > this.#untilMs + EARLY_MS) return;
    const hasBegun = elapsedMs >= this.#fromMs - EARLY_MS && totals[COUNTER.connects_started]! >= this.#clients;
    if (this.#from === undefined) {
      if (hasBegun) this.#from = momentOf(recorders, snapshot, errors);
      return;
    }
    // At the end of the hold clients leave already: of a gauge the most is kept.
    for (const [id, value] of gauges.entries()) this.#peaks[id] = Math.max(value, this.#peaks[id]!);
    if (elapsedMs > this.#untilMs - LAST_LOOKS_MS) this.#until = momentOf(recorders, snapshot, errors);
  }

  /** Undefined when the load was not whole for even a second. */
  get held(): Measurements | undefined {
    if (!this.#from || !this.#until) return undefined;
    const [from, until] = [this.#from, this.#until];
    const growth = growthOf(until.marks.map((mark, index) => ({ from: from.marks[index], until: mark })));
    for (let id = 0; id < growth.counters.length; id++) growth.counters[id] = until.totals[id]! - from.totals[id]!;
    growth.gauges.set(this.#peaks);
    return {
      recorders: [growth],
      // Nothing more is sent after the planned end.
      elapsedMs: Math.min(until.elapsedMs, this.#untilMs) - from.elapsedMs,
      errors: until.errors - from.errors,
    };
  }

  /** From the start to the end, when the run is over. */
  get whole(): Measurements | undefined {
    return this.#whole;
  }
}

function momentOf(recorders: readonly Recorder[], { elapsedMs, totals }: Snapshot, errors: number): Moment {
  return { elapsedMs, marks: recorders.map((recorder) => new RecorderMark(recorder)), totals, errors };
}
