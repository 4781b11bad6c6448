import { histogramOf } from '../measure/histogram.js';
import { COUNTER_NAMES, GAUGE, GAUGE_NAMES, TREND, TREND_NAMES, type TrendName } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { Snapshot } from '../measure/snapshot.js';

/** One figure of a run while it goes on. Names and units are those of Prometheus: seconds, bytes, counters in `_total`. */
export interface LivePoint {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface LiveMetric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  /** Empty where there is no sample: then nothing is exported, never 0. */
  readonly points: readonly LivePoint[];
}

/** Codes of errors that are told apart; what a hostile target makes up beyond them is one more. */
const MOST_CODES = 100;
const STATS = ['p50', 'p90', 'p95', 'p99', 'max'] as const;
/** The peak of clients is no figure of this moment. */
const GAUGES = GAUGE_NAMES.filter((name) => name !== 'clients_peak_open');

/** What a run looks like at its latest second. Reading it costs some milliseconds of the main thread, and nothing when nobody reads. */
export class LiveMetrics {
  #scenario = '';
  #snapshot: Snapshot | undefined;
  #errors: readonly { readonly code: string; readonly count: number }[] = [];
  #recorders: readonly Recorder[] = [];
  #metrics: readonly LiveMetric[] | undefined;

  /** Once a second; `scenario` is what the run is called. */
  update(
    scenario: string,
    snapshot: Snapshot,
    errors: readonly { readonly code: string; readonly count: number }[],
    recorders: readonly Recorder[],
  ): void {
    this.#scenario = scenario;
    this.#snapshot = snapshot;
    this.#errors = errors;
    this.#recorders = recorders;
    this.#metrics = undefined;
  }

  /** Every metric there can be, in one order always; all without points before the first second. */
  read(): readonly LiveMetric[] {
    this.#metrics ??= this.#build();
    return this.#metrics;
  }

  #build(): LiveMetric[] {
    const at = this.#snapshot;
    const one = (value: number | undefined): LivePoint[] => (value === undefined || !at ? [] : [{ labels: {}, value }]);
    return [
      {
        name: 'gwrk_run_info',
        kind: 'gauge',
        help: 'The run that is going on.',
        points: at ? [{ labels: { scenario: this.#scenario }, value: 1 }] : [],
      },
      {
        name: 'gwrk_run_seconds',
        kind: 'gauge',
        help: 'Time since the common start of the clients.',
        points: one(at && at.elapsedMs / 1000),
      },
      ...GAUGES.map(
        (name): LiveMetric => ({
          name: `gwrk_${name}`,
          kind: 'gauge',
          help: `Clients: ${name.slice('clients_'.length)}.`,
          points: one(at?.gauges[GAUGE[name]]),
        }),
      ),
      ...COUNTER_NAMES.flatMap((name, id): LiveMetric[] =>
        name === 'errors'
          ? []
          : [{ name: counterName(name), kind: 'counter', help: `${name} of docs/measuring.md.`, points: one(at?.totals[id]) }],
      ),
      { name: 'gwrk_errors_total', kind: 'counter', help: 'Errors by the codes of docs/errors.md.', points: at ? this.#errorPoints() : [] },
      ...TREND_NAMES.flatMap((name) => this.#trend(name)),
    ];
  }

  #errorPoints(): LivePoint[] {
    const points = this.#errors.slice(0, MOST_CODES).map(({ code, count }) => ({ labels: { code }, value: count }));
    const rest = this.#errors.slice(MOST_CODES).reduce((sum, { count }) => sum + count, 0);
    return rest > 0 ? [...points, { labels: { code: 'other' }, value: rest }] : points;
  }

  /** Percentiles of the run so far, the last second's p99 beside them, and the count. */
  #trend(name: TrendName): LiveMetric[] {
    const base = `gwrk_${name}`;
    const histogram = this.#recorders.length > 0 ? histogramOf(this.#recorders, TREND[name]) : undefined;
    const count = histogram?.count ?? 0;
    const lastUs = this.#snapshot?.trends[TREND[name]]?.p99Us;
    const inSeconds = (us: number | undefined): LivePoint[] => (us === undefined || count === 0 ? [] : [{ labels: {}, value: us / 1e6 }]);
    return [
      ...STATS.map((stat): LiveMetric => {
        const us = stat === 'max' ? histogram?.maxUs : histogram?.percentileUs(Number(stat.slice(1)));
        return {
          name: `${base}_${stat}`,
          kind: 'gauge',
          help: `${stat} of ${name} since the start of the run, seconds.`,
          points: inSeconds(us),
        };
      }),
      { name: `${base}_second_p99`, kind: 'gauge', help: `p99 of ${name} within the last second, seconds.`, points: inSeconds(lastUs) },
      {
        name: `${base}_count_total`,
        kind: 'counter',
        help: `Samples of ${name}.`,
        points: count > 0 ? [{ labels: {}, value: count }] : [],
      },
    ];
  }
}

/** data_sent counts bytes; Prometheus wants that in the name. */
function counterName(name: string): string {
  return name.startsWith('data_') ? `gwrk_${name}_bytes_total` : `gwrk_${name}_total`;
}
