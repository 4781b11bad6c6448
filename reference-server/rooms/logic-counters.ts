const names: string[] = [];
const counter = (name: string): number => names.push(name) - 1;

/** Gauge: members that have a seat in this worker's rooms. */
export const LOGIC_SEATS = counter('seats');
export const LOGIC_TASKS = counter('tasks');
export const LOGIC_TICKS = counter('ticks');
/** States that were encoded, and receivers that were to get one and found no room in the ring: they get a full one later. */
export const LOGIC_STATES = counter('states');
export const LOGIC_STATES_DEFERRED = counter('states_deferred');
/** Times at which a gateway thread had no room for answers, so that its tasks waited. */
export const LOGIC_STALLS = counter('stalls');
export const LOGIC_FAULTS = counter('faults');

/** What a logic worker counts, by number. */
export const LOGIC_COUNTER_NAMES: readonly string[] = names;

/** One worker's counters in shared memory; the worker is the only writer. */
export class LogicCounters {
  readonly values: Float64Array;

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(LOGIC_COUNTER_NAMES.length * 8);
  }

  constructor(buffer: SharedArrayBuffer) {
    this.values = new Float64Array(buffer);
  }
}
