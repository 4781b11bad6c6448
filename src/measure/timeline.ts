import { COUNTER, type CounterName, GAUGE, type GaugeName, TREND_NAMES } from './metric-names.js';
import type { Snapshot } from './snapshot.js';

/** The run over time as it stands in a report: one list a column, all of one length, null where there was no sample. */
export interface TimelineRecord {
  /** Nominal length of a step; elapsedMs says when each one really ended. */
  readonly stepMs: number;
  readonly [column: string]: number | readonly (number | null)[];
}

/** How two steps become one. Percentiles cannot be added: of two the worse one is kept. */
type Merge = 'sum' | 'last' | 'worst';

const GAUGES: readonly GaugeName[] = ['clients_connecting', 'clients_open', 'clients_ready'];
const COUNTERS: readonly CounterName[] = [
  'connects_started',
  'connects_established',
  'sessions_ready',
  'sessions_failed',
  'connections_lost',
  'ws_msgs_sent',
  'ws_msgs_received',
  'data_sent',
  'data_received',
  'checks_failed',
  'timeouts',
  'heartbeats_missed',
  'messages_missed',
  'dropped_iterations',
];

interface Column {
  readonly merge: Merge;
  readonly values: (number | null)[];
}

/**
 * Steps of one second, at most `capacity` of them: when they are full, two become one and a step is twice as long. So a
 * run of hours needs no more memory than one of minutes.
 */
export class Timeline {
  readonly #capacity: number;
  readonly #columns = new Map<string, Column>();
  #length = 0;
  /** Seconds in a step, and in the last step so far. */
  #stepSeconds = 1;
  #lastSeconds = 0;
  #connectingMs = 0;

  /** `capacity` is even. */
  constructor(capacity = 1200) {
    this.#capacity = capacity;
  }

  /** From the start to the end of the last interval in which a client became ready or connected; 0 when none did. */
  get connectingMs(): number {
    return this.#connectingMs;
  }

  /** Adds one interval of a second. `beside` are readings of the machine (memory, CPU), by column name. */
  add(snapshot: Snapshot, beside: Readonly<Record<string, number>> = {}): void {
    if (snapshot.counters[COUNTER.connects_established]! > 0 || snapshot.counters[COUNTER.sessions_ready]! > 0) {
      this.#connectingMs = snapshot.elapsedMs;
    }
    const fresh = this.#length === 0 || this.#lastSeconds >= this.#stepSeconds;
    if (fresh) {
      if (this.#length === this.#capacity) this.#halve();
      this.#length++;
      this.#lastSeconds = 0;
      for (const column of this.#columns.values()) column.values.push(null);
    }
    this.#lastSeconds++;
    this.#put('elapsedMs', 'last', Math.round(snapshot.elapsedMs));
    for (const name of GAUGES) this.#put(name, 'last', snapshot.gauges[GAUGE[name]]!);
    for (const name of COUNTERS) this.#put(name, 'sum', snapshot.counters[COUNTER[name]]!);
    snapshot.trends.forEach((trend, id) => {
      if (!trend) return;
      const name = TREND_NAMES[id]!;
      this.#put(`${name}_count`, 'sum', trend.count);
      this.#put(`${name}_p50`, 'worst', trend.p50Us / 1000);
      this.#put(`${name}_p90`, 'worst', trend.p90Us / 1000);
      this.#put(`${name}_p99`, 'worst', trend.p99Us / 1000);
      this.#put(`${name}_max`, 'worst', trend.maxUs / 1000);
    });
    for (const [name, value] of Object.entries(beside)) this.#put(name, 'worst', value);
  }

  toRecord(): TimelineRecord {
    const record: { stepMs: number; [column: string]: number | readonly (number | null)[] } = { stepMs: this.#stepSeconds * 1000 };
    for (const [name, column] of this.#columns) record[name] = column.values.slice();
    return record;
  }

  /** Puts a value into the last step, where it meets what an earlier second of that step left. */
  #put(name: string, merge: Merge, value: number): void {
    let column = this.#columns.get(name);
    if (!column) {
      column = { merge, values: new Array<number | null>(this.#length).fill(null) };
      this.#columns.set(name, column);
    }
    column.values[this.#length - 1] = merged(merge, column.values[this.#length - 1] ?? null, value);
  }

  #halve(): void {
    for (const { merge, values } of this.#columns.values()) {
      const half = values.length / 2;
      for (let i = 0; i < half; i++) values[i] = merged(merge, values[2 * i]!, values[2 * i + 1]!);
      values.length = half;
    }
    this.#length /= 2;
    this.#stepSeconds *= 2;
  }
}

function merged(merge: Merge, earlier: number | null, later: number | null): number | null {
  if (earlier === null || later === null) return earlier ?? later;
  if (merge === 'sum') return earlier + later;
  return merge === 'last' ? later : Math.max(earlier, later);
}
