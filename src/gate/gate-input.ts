import type { GateMetric } from './gate-metric.js';
import type { GateRecord, Inconclusive } from './gate-record.js';
import type { SeriesRun } from './series.js';
import type { GateRules } from './verdict.js';

/** A series of runs with what it is to be judged by. */
export interface GateInput {
  readonly kind: GateRecord['kind'];
  readonly design: string;
  /** Absent: there is nothing to compare with. */
  readonly beforeLabel?: string;
  readonly afterLabel: string;
  readonly runs: readonly SeriesRun[];
  readonly metrics: readonly GateMetric[];
  readonly rules: GateRules;
  readonly inconclusive: Inconclusive;
  readonly end: 'complete' | 'stopped' | 'invalid' | 'failed';
  /** Of the run that could not be run, where the series ended by it. */
  readonly failure?: { readonly exitCode: number; readonly reason: string };
  readonly startedAt: string;
  readonly durationMs: number;
  readonly seed: number;
}
