import type { HoldWindow } from './hold.js';
import type { Measurements } from './metric-view.js';
import type { PhaseName } from './phases.js';
import type { Recorder } from './recorder.js';
import { recordersIn } from './scenario-recorder.js';
import { type Labels, type ScenarioLabels, selectedScenarios } from './selector.js';

/** The recorders of all workers, as a run looks at them from outside. */
export interface RunRecorders {
  /** One a worker and scenario: whoever wants the whole run adds them up. */
  readonly all: readonly Recorder[];
  /** By scenario: one a worker. */
  readonly ofScenario: readonly (readonly Recorder[])[];
  readonly scenarios: readonly ScenarioLabels[];
}

/** Lays recorders over the memory of the workers. */
export function runRecorders(buffers: readonly SharedArrayBuffer[], scenarios: readonly ScenarioLabels[]): RunRecorders {
  const ofWorker = buffers.map((buffer) => recordersIn(buffer));
  const isApart = ofWorker.every((slots) => slots.length >= scenarios.length);
  return {
    all: ofWorker.flat(),
    ofScenario: isApart ? scenarios.map((_, index) => ofWorker.map((slots) => slots[index]!)) : [],
    scenarios,
  };
}

/** What has been measured up to now, of the whole run and of any part of it. */
export function measurementsOf(
  { all, ofScenario, scenarios }: RunRecorders,
  window: HoldWindow,
  elapsedMs: number,
  errors: number,
): Measurements {
  return {
    recorders: all,
    elapsedMs,
    errors,
    select: (labels) => {
      const chosen = selectedScenarios(labels, scenarios);
      const recorders = chosen.length === scenarios.length ? all : chosen.flatMap((index) => ofScenario[index] ?? []);
      if (recorders.length === 0) return undefined;
      const phase = phaseOf(labels);
      if (phase === undefined) return { recorders, elapsedMs };
      const measured = window.measure(phase, recorders, elapsedMs * 1000);
      return measured && { recorders: [measured.growth], elapsedMs: measured.elapsedMs };
    },
  };
}

function phaseOf(labels: Labels): PhaseName | undefined {
  return labels.find(([key]) => key === 'phase')?.[1] as PhaseName | undefined;
}
