import { Recorder } from './recorder.js';

/** Most scenarios of one file that are measured apart: each takes a recorder of its own in every worker. */
export const MAX_SCENARIOS = 64;

/** How many recorders a worker needs for so many scenarios: a single scenario is measured in the one that is there anyway. */
export function recorderSlots(scenarios: number): number {
  return Math.max(1, scenarios);
}

/** The recorders that a worker's memory holds, one a scenario, in their order. */
export function recordersIn(buffer: SharedArrayBuffer): Recorder[] {
  return Array.from({ length: Math.floor(buffer.byteLength / Recorder.byteLength) }, (_, slot) => new Recorder(buffer, slot));
}

/**
 * The recorder of a worker with several scenarios: one recorder a scenario, and what is recorded goes to the one that was
 * selected last. Whoever hands an event of a client to the swarm selects its scenario first, so nobody who records need
 * know of it. Gauges are of the whole worker and stay in the first.
 */
export class ScenarioRecorder extends Recorder {
  readonly #slots: readonly Recorder[];
  #selected = 0;

  constructor(buffer: SharedArrayBuffer) {
    super(buffer);
    this.#slots = recordersIn(buffer);
  }

  /** What is recorded from now on is of this scenario, counted from 0. */
  select(scenario: number): void {
    if (scenario === this.#selected) return;
    this.#selected = scenario;
    const slot = this.#slots[scenario]!;
    this.cells = slot.cells;
    this.counters = slot.counters;
    this.buckets = slot.buckets;
  }
}
