import type { GateRules, MetricJudgement, Side } from './verdict.js';

/** What an inconclusive answer, which most often means too few runs, does to the exit code. */
export type Inconclusive = 'fail' | 'warn' | 'pass';

export type GateVerdict = 'pass' | 'improved' | 'fail' | 'inconclusive' | 'invalid' | 'interrupted';

/** The record of a series of runs, gate.json: what was run, what was compared, and the verdict. Fields are added, never renamed. */
export interface GateRecord {
  readonly schema: 'gwrk/gate/1';
  /** ab: interleaved pairs. baseline: against runs of another time. repeat: one side only. */
  readonly kind: 'ab' | 'baseline' | 'repeat';
  readonly scenario: string;
  /** Of the scenario, as in report.json. */
  readonly hash: string;
  readonly startedAt: string;
  readonly durationMs: number;
  /** "10 pairs, interleaved (ABBA)". */
  readonly design: string;
  readonly before?: SideRecord;
  readonly after: SideRecord;
  readonly rules: GateRules & { readonly inconclusive: Inconclusive };
  readonly verdict: GateVerdict;
  readonly exitCode: number;
  /** One sentence. */
  readonly reason: string;
  readonly findings: readonly string[];
  readonly metrics: readonly GatedMetric[];
  /** Figures of one side, or too few for a test: nothing is concluded from them. */
  readonly figures: readonly FigureRow[];
  readonly thresholds: readonly ThresholdOverRuns[];
  readonly runs: readonly RunRecord[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly seed: number;
}

export interface SideRecord {
  /** The command of its server, or the name of a baseline. */
  readonly label: string;
  readonly runs: number;
}

export type GatedMetric = MetricJudgement;

export interface FigureRow {
  readonly metric: string;
  readonly unit: 'ms' | 'MiB' | '/min' | 's';
  readonly before?: Side;
  readonly after?: Side;
  /** after / before of the medians. */
  readonly ratio?: number;
}

/** A threshold of the scenario: it fails when it failed in more than half of the runs of the newer side. */
export interface ThresholdOverRuns {
  readonly metric: string;
  readonly expression: string;
  readonly level: 'error' | 'warn';
  readonly failedIn: number;
  readonly runs: number;
  readonly verdict: 'pass' | 'fail' | 'no-data';
}

export interface RunRecord {
  readonly side: 'a' | 'b';
  readonly number: number;
  /** Beside gate.json, where the run stands in the same directory; else its path. */
  readonly directory: string;
  readonly isCounted: boolean;
  /** Why it is not counted, or what disturbed it. */
  readonly remark: string;
  /** In the order they were run, each metric's value in ms; null where the run has too few samples. */
  readonly values: Readonly<Record<string, number | null>>;
}
